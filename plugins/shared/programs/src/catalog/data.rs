//! Databases, caches, queues and object stores.

use super::served;
use crate::{Class, Exporter, Metrics, Program, Switch};

pub(super) const POSTGRES: &[&str] = &[
    "pg_up",
    "pg_database_size_bytes",
    "pg_exporter_last_scrape_error",
    "pg_locks_count",
    "pg_postmaster_start_time_seconds",
    "pg_replication_lag_seconds",
    "pg_settings_max_connections",
    "pg_settings_superuser_reserved_connections",
    "pg_stat_activity_count",
    "pg_stat_activity_max_tx_duration",
    "pg_stat_database_blks_hit",
    "pg_stat_database_blks_read",
    "pg_stat_database_conflicts",
    "pg_stat_database_deadlocks",
    "pg_stat_database_numbackends",
    "pg_stat_database_tup_deleted",
    "pg_stat_database_tup_fetched",
    "pg_stat_database_tup_inserted",
    "pg_stat_database_tup_returned",
    "pg_stat_database_tup_updated",
    "pg_stat_database_xact_commit",
    "pg_stat_database_xact_rollback",
];

pub(super) const MYSQL: &[&str] = &[
    "mysql_up",
    "mysql_exporter_last_scrape_error",
    "mysql_global_status_aborted_connects",
    "mysql_global_status_innodb_buffer_pool_read_requests",
    "mysql_global_status_innodb_buffer_pool_reads",
    "mysql_global_status_max_used_connections",
    "mysql_global_status_queries",
    "mysql_global_status_questions",
    "mysql_global_status_slow_queries",
    "mysql_global_status_threads_connected",
    "mysql_global_status_threads_running",
    "mysql_global_status_uptime",
    "mysql_global_variables_max_connections",
    "mysql_slave_status_seconds_behind_master",
];

pub(super) const REDIS: &[&str] = &[
    "redis_up",
    "redis_blocked_clients",
    "redis_commands_processed_total",
    "redis_connected_clients",
    "redis_config_maxclients",
    "redis_db_keys",
    "redis_evicted_keys_total",
    "redis_exporter_last_scrape_error",
    "redis_keyspace_hits_total",
    "redis_keyspace_misses_total",
    "redis_master_link_up",
    "redis_memory_max_bytes",
    "redis_memory_used_bytes",
    "redis_rdb_last_bgsave_status",
    "redis_rejected_connections_total",
    "redis_uptime_in_seconds",
];

pub(super) const MONGODB: &[&str] = &["mongodb_up"];

pub(super) const ELASTICSEARCH: &[&str] = &[
    "elasticsearch_cluster_health_status",
    "elasticsearch_cluster_health_up",
    "elasticsearch_filesystem_data_available_bytes",
    "elasticsearch_filesystem_data_size_bytes",
    "elasticsearch_jvm_memory_max_bytes",
    "elasticsearch_jvm_memory_used_bytes",
];

const REDIS_EXPORTER: Metrics = Metrics::Through(Exporter {
    program: "redis-exporter",
    image: "oliver006/redis_exporter:v1.67.0",
    environment: &["REDIS_ADDR=redis://{service}:6379"],
    command: &[],
});

const MYSQL_EXPORTER: Metrics = Metrics::Through(Exporter {
    program: "mysqld-exporter",
    image: "prom/mysqld-exporter:v0.16.0",
    environment: &["MYSQLD_EXPORTER_PASSWORD=${MYSQL_MONITORING_PASSWORD}"],
    command: &[
        "--mysqld.address={service}:3306",
        "--mysqld.username=monitoring",
    ],
});

const ELASTICSEARCH_EXPORTER: Metrics = Metrics::Through(Exporter {
    program: "elasticsearch-exporter",
    image: "quay.io/prometheuscommunity/elasticsearch-exporter:v1.8.0",
    environment: &[],
    command: &["--es.uri=http://{service}:9200"],
});

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "postgres",
        title: "PostgreSQL",
        class: Class::Database,
        images: &[
            "postgres",
            "postgresql",
            "postgis",
            "timescaledb",
            "pgvector",
        ],
        port: 5432,
        metrics: Metrics::Through(Exporter {
            program: "postgres-exporter",
            image: "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
            environment: &[
                "DATA_SOURCE_URI={service}:5432/postgres?sslmode=disable",
                "DATA_SOURCE_USER=${POSTGRES_USER}",
                "DATA_SOURCE_PASS=${POSTGRES_PASSWORD}",
            ],
            command: &[],
        }),
        names: &[],
        prefixes: &[],
    },
    database(
        "mysql",
        "MySQL",
        &["mysql", "mysql-server", "percona-server"],
        3306,
        MYSQL_EXPORTER,
    ),
    database("mariadb", "MariaDB", &["mariadb"], 3306, MYSQL_EXPORTER),
    database(
        "mongodb",
        "MongoDB",
        &["mongo", "mongodb", "mongodb-community-server"],
        27017,
        Metrics::Through(Exporter {
            program: "mongodb-exporter",
            image: "percona/mongodb_exporter:0.43.1",
            environment: &["MONGODB_URI=mongodb://{service}:27017"],
            command: &["--collect-all"],
        }),
    ),
    database(
        "elasticsearch",
        "Elasticsearch",
        &["elasticsearch"],
        9200,
        ELASTICSEARCH_EXPORTER,
    ),
    database(
        "opensearch",
        "OpenSearch",
        &["opensearch"],
        9200,
        ELASTICSEARCH_EXPORTER,
    ),
    Program {
        prefixes: &["collections_", "rest_responses_", "app_", "cluster_"],
        ..database("qdrant", "Qdrant", &["qdrant"], 6333, served(6333))
    },
    Program {
        prefixes: &["etcd_", "grpc_", "go_", "process_"],
        ..database("etcd", "etcd", &["etcd"], 2379, served(2379))
    },
    cache(
        "redis",
        "Redis",
        &["redis", "redis-stack", "redis-stack-server"],
        6379,
        REDIS_EXPORTER,
    ),
    cache("valkey", "Valkey", &["valkey"], 6379, REDIS_EXPORTER),
    cache("keydb", "KeyDB", &["keydb"], 6379, REDIS_EXPORTER),
    cache("dragonfly", "Dragonfly", &["dragonfly"], 6379, served(6379)),
    cache(
        "memcached",
        "Memcached",
        &["memcached"],
        11211,
        Metrics::Through(Exporter {
            program: "memcached-exporter",
            image: "quay.io/prometheus/memcached-exporter:v0.15.0",
            environment: &[],
            command: &["--memcached.address={service}:11211"],
        }),
    ),
    Program {
        name: "rabbitmq",
        title: "RabbitMQ",
        class: Class::Queue,
        images: &["rabbitmq"],
        port: 5672,
        // The official image enables the plugin.
        metrics: served(15692),
        names: &[
            "rabbitmq_build_info",
            "rabbitmq_connections",
            "rabbitmq_disk_space_available_bytes",
            "rabbitmq_disk_space_available_limit_bytes",
            "rabbitmq_process_open_fds",
            "rabbitmq_process_max_fds",
            "rabbitmq_process_resident_memory_bytes",
            "rabbitmq_queue_messages_ready",
            "rabbitmq_queue_messages_unacked",
            "rabbitmq_queues",
            "rabbitmq_resident_memory_limit_bytes",
        ],
        prefixes: &["rabbitmq_", "erlang_"],
    },
    Program {
        name: "kafka",
        title: "Kafka",
        class: Class::Queue,
        images: &["kafka", "cp-kafka"],
        port: 9092,
        metrics: Metrics::Through(Exporter {
            program: "kafka-exporter",
            image: "danielqsj/kafka-exporter:v1.9.0",
            environment: &[],
            command: &["--kafka.server={service}:9092"],
        }),
        names: &[],
        prefixes: &[],
    },
    Program {
        name: "nats",
        title: "NATS",
        class: Class::Queue,
        images: &["nats"],
        port: 4222,
        metrics: Metrics::Through(Exporter {
            program: "nats-exporter",
            image: "natsio/prometheus-nats-exporter:0.15.0",
            environment: &[],
            command: &["-varz", "http://{service}:8222"],
        }),
        names: &[],
        prefixes: &[],
    },
    Program {
        name: "minio",
        title: "MinIO",
        class: Class::Storage,
        images: &["minio"],
        port: 9000,
        metrics: Metrics::Switched {
            port: 9000,
            path: "/minio/v2/metrics/cluster",
            switches: &[Switch::Environment("MINIO_PROMETHEUS_AUTH_TYPE", "public")],
            hint: "set `MINIO_PROMETHEUS_AUTH_TYPE: public` in its environment",
        },
        names: &[
            "minio_cluster_health_status",
            "minio_cluster_capacity_usable_free_bytes",
        ],
        prefixes: &["minio_"],
    },
];

const fn database(
    name: &'static str,
    title: &'static str,
    images: &'static [&'static str],
    port: u16,
    metrics: Metrics,
) -> Program {
    Program {
        name,
        title,
        class: Class::Database,
        images,
        port,
        metrics,
        names: &[],
        prefixes: &[],
    }
}

const fn cache(
    name: &'static str,
    title: &'static str,
    images: &'static [&'static str],
    port: u16,
    metrics: Metrics,
) -> Program {
    Program {
        class: Class::Cache,
        ..database(name, title, images, port, metrics)
    }
}
