//! Databases, caches, queues and proxies.

use super::table::{Rule, Subject, rule};

const fn database(
    name: &'static str,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Database, exporter, metrics, expression)
}

const fn cache(
    name: &'static str,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Cache, exporter, metrics, expression)
}

const fn middleware(
    name: &'static str,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Middleware, exporter, metrics, expression)
}

const POSTGRES: &str = "postgres-exporter";
const POSTGRES_CONNECTIONS: &[&str] = &[
    "pg_stat_activity_count",
    "pg_settings_max_connections",
    "pg_settings_superuser_reserved_connections",
];
const POSTGRES_CONNECTION_USE: &str = "sum by (instance, service) (pg_stat_activity_count) / (min by (instance, service) (pg_settings_max_connections) - min by (instance, service) (pg_settings_superuser_reserved_connections)) > {threshold}";
const MYSQL: &str = "mysqld-exporter";
const MYSQL_CONNECTIONS: &[&str] = &[
    "mysql_global_status_threads_connected",
    "mysql_global_variables_max_connections",
];
const MYSQL_CONNECTION_USE: &str = "max_over_time(mysql_global_status_threads_connected[5m]) / mysql_global_variables_max_connections > {threshold}";
const REDIS: &str = "redis-exporter";

pub(crate) const RULES: &[Rule] = &[
    database("PostgresDown", POSTGRES, &["pg_up"], "pg_up == 0").for_("1m").says(
        "PostgreSQL behind {{ $labels.service }} is down",
        "The exporter {{ $labels.instance }} runs and cannot ask the server.",
    ),
    database("PostgresConnectionsHigh", POSTGRES, POSTGRES_CONNECTIONS, POSTGRES_CONNECTION_USE)
        .over(0.8)
        .for_("5m")
        .warning()
        .says(
            "PostgreSQL behind {{ $labels.service }} runs out of connections",
            "{{ $value | humanizePercentage }} of its connections are in use.",
        ),
    database("PostgresConnectionsExhausted", POSTGRES, POSTGRES_CONNECTIONS, POSTGRES_CONNECTION_USE)
        .over(0.95)
        .for_("1m")
        .says(
            "PostgreSQL behind {{ $labels.service }} has no connections left",
            "{{ $value | humanizePercentage }} of its connections are in use: applications are about to be refused.",
        ),
    database(
        "PostgresDeadlocks",
        POSTGRES,
        &["pg_stat_database_deadlocks"],
        "increase(pg_stat_database_deadlocks{datname!~\"template.*\"}[10m]) > {threshold}",
    )
    .over(5.0)
    .warning()
    .says(
        "Transactions of {{ $labels.datname }} block each other",
        "{{ $value }} deadlocks within ten minutes.",
    ),
    database(
        "PostgresReplicationLag",
        POSTGRES,
        &["pg_replication_lag_seconds"],
        "pg_replication_lag_seconds > {threshold}",
    )
    .over(30.0)
    .for_("5m")
    .warning()
    .says(
        "A replica of PostgreSQL is behind",
        "{{ $labels.instance }} is {{ $value | humanizeDuration }} behind its primary.",
    ),
    database("MysqlDown", MYSQL, &["mysql_up"], "mysql_up == 0").for_("1m").says(
        "MySQL behind {{ $labels.service }} is down",
        "The exporter {{ $labels.instance }} runs and cannot ask the server.",
    ),
    database("MysqlConnectionsHigh", MYSQL, MYSQL_CONNECTIONS, MYSQL_CONNECTION_USE)
        .over(0.8)
        .for_("5m")
        .warning()
        .says(
            "MySQL behind {{ $labels.service }} runs out of connections",
            "{{ $value | humanizePercentage }} of its connections are in use.",
        ),
    database("MysqlConnectionsExhausted", MYSQL, MYSQL_CONNECTIONS, MYSQL_CONNECTION_USE)
        .over(0.95)
        .for_("1m")
        .says(
            "MySQL behind {{ $labels.service }} has no connections left",
            "{{ $value | humanizePercentage }} of its connections are in use: applications are about to be refused.",
        ),
    database("MongodbDown", "mongodb-exporter", &["mongodb_up"], "mongodb_up == 0").for_("1m").says(
        "MongoDB behind {{ $labels.service }} is down",
        "The exporter {{ $labels.instance }} runs and cannot ask the server.",
    ),
    database(
        "ElasticsearchRed",
        "elasticsearch-exporter",
        &["elasticsearch_cluster_health_status"],
        "elasticsearch_cluster_health_status{color=\"red\"} == 1",
    )
    .for_("2m")
    .says(
        "The cluster {{ $labels.cluster }} is red",
        "At least one primary shard is not there: searches miss data, writes are refused.",
    ),
    cache("RedisDown", REDIS, &["redis_up"], "redis_up == 0").for_("1m").says(
        "Redis behind {{ $labels.service }} is down",
        "The exporter {{ $labels.instance }} runs and cannot ask the server.",
    ),
    cache(
        "RedisMemoryHigh",
        REDIS,
        &["redis_memory_used_bytes", "redis_memory_max_bytes"],
        "redis_memory_used_bytes / (redis_memory_max_bytes > 0) > {threshold}",
    )
    .over(0.9)
    .for_("5m")
    .warning()
    .says(
        "Redis behind {{ $labels.service }} is almost full",
        "{{ $value | humanizePercentage }} of maxmemory is in use.",
    ),
    cache(
        "RedisConnectionsHigh",
        REDIS,
        &["redis_connected_clients", "redis_config_maxclients"],
        "redis_connected_clients / redis_config_maxclients > {threshold}",
    )
    .over(0.8)
    .for_("5m")
    .warning()
    .says(
        "Redis behind {{ $labels.service }} runs out of connections",
        "{{ $value | humanizePercentage }} of maxclients are connected.",
    ),
    cache(
        "RedisRejectingConnections",
        REDIS,
        &["redis_rejected_connections_total"],
        "increase(redis_rejected_connections_total[5m]) > {threshold}",
    )
    .over(0.0)
    .says(
        "Redis behind {{ $labels.service }} refuses connections",
        "{{ $value }} connections were refused within five minutes: maxclients is reached.",
    ),
    cache("MemcachedDown", "memcached-exporter", &["memcached_up"], "memcached_up == 0")
        .for_("1m")
        .says(
            "Memcached behind {{ $labels.service }} is down",
            "The exporter {{ $labels.instance }} runs and cannot ask the server.",
        ),
    middleware(
        "RabbitmqMemoryHigh",
        "rabbitmq",
        &["rabbitmq_process_resident_memory_bytes", "rabbitmq_resident_memory_limit_bytes"],
        "rabbitmq_process_resident_memory_bytes / rabbitmq_resident_memory_limit_bytes > {threshold}",
    )
    .over(0.9)
    .for_("5m")
    .warning()
    .says(
        "RabbitMQ {{ $labels.service }} is short of memory",
        "{{ $value | humanizePercentage }} of its memory limit is in use; at 100% publishers are blocked.",
    ),
    middleware("NginxDown", "nginx-exporter", &["nginx_up"], "nginx_up == 0").for_("1m").says(
        "NGINX behind {{ $labels.service }} is down",
        "The exporter {{ $labels.instance }} runs and cannot ask the server.",
    ),
    middleware(
        "TraefikServerDown",
        "traefik",
        &["traefik_service_server_up"],
        "traefik_service_server_up == 0",
    )
    .for_("1m")
    .warning()
    .says(
        "A server of {{ $labels.service }} gets no requests",
        "Traefik's health check of {{ $labels.url }} fails.",
    ),
];
