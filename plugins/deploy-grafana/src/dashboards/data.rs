//! Databases, caches and queues, through their exporters.

use crate::panel::Kind::{Gauge, Lines, States};
use crate::panel::{Panel, panel, query};

pub(super) const POSTGRES: &[Panel] = &[
    panel(
        Gauge,
        "PostgreSQL connections",
        "percentunit",
        "postgres-exporter",
        &[query(
            "max(sum by (instance) (pg_stat_activity_count) / sum by (instance) (pg_settings_max_connections))",
            "used",
        )],
    ),
    panel(
        States,
        "PostgreSQL",
        "short",
        "postgres-exporter",
        &[query("min by (instance) (pg_up)", "{{instance}}")],
    ),
    panel(
        Lines,
        "PostgreSQL transactions",
        "ops",
        "postgres-exporter",
        &[
            query(
                "sum by (datname) (rate(pg_stat_database_xact_commit[$__rate_interval]))",
                "{{datname}} done",
            ),
            query(
                "sum by (datname) (rate(pg_stat_database_xact_rollback[$__rate_interval]))",
                "{{datname}} rolled back",
            ),
        ],
    ),
    panel(
        Lines,
        "PostgreSQL connections by state",
        "short",
        "postgres-exporter",
        &[query(
            "sum by (state) (pg_stat_activity_count)",
            "{{state}}",
        )],
    ),
    panel(
        Lines,
        "PostgreSQL reads from memory",
        "percentunit",
        "postgres-exporter",
        &[query(
            "sum by (datname) (rate(pg_stat_database_blks_hit[$__rate_interval])) / (sum by (datname) (rate(pg_stat_database_blks_hit[$__rate_interval])) + sum by (datname) (rate(pg_stat_database_blks_read[$__rate_interval])) > 0)",
            "{{datname}}",
        )],
    ),
    panel(
        Lines,
        "PostgreSQL size",
        "bytes",
        "postgres-exporter",
        &[query(
            "sum by (datname) (pg_database_size_bytes)",
            "{{datname}}",
        )],
    ),
    panel(
        Lines,
        "PostgreSQL deadlocks",
        "ops",
        "postgres-exporter",
        &[query(
            "sum by (datname) (rate(pg_stat_database_deadlocks[$__rate_interval]))",
            "{{datname}}",
        )],
    ),
    panel(
        Lines,
        "PostgreSQL longest transaction",
        "s",
        "postgres-exporter",
        &[query(
            "max by (datname) (pg_stat_activity_max_tx_duration)",
            "{{datname}}",
        )],
    ),
];

pub(super) const MYSQL: &[Panel] = &[
    panel(
        States,
        "MySQL",
        "short",
        "mysqld-exporter",
        &[query("min by (instance) (mysql_up)", "{{instance}}")],
    ),
    panel(
        Lines,
        "MySQL queries",
        "ops",
        "mysqld-exporter",
        &[
            query(
                "sum by (instance) (rate(mysql_global_status_questions[$__rate_interval]))",
                "{{instance}}",
            ),
            query(
                "sum by (instance) (rate(mysql_global_status_slow_queries[$__rate_interval]))",
                "{{instance}} slow",
            ),
        ],
    ),
    panel(
        Lines,
        "MySQL connections of those allowed",
        "percentunit",
        "mysqld-exporter",
        &[query(
            "mysql_global_status_threads_connected / mysql_global_variables_max_connections",
            "{{instance}}",
        )],
    ),
];

pub(super) const ELASTICSEARCH: &[Panel] = &[
    panel(
        Lines,
        "Elasticsearch memory",
        "percentunit",
        "elasticsearch-exporter",
        &[query(
            "max by (name) (elasticsearch_jvm_memory_used_bytes{area=\"heap\"} / elasticsearch_jvm_memory_max_bytes{area=\"heap\"})",
            "{{name}}",
        )],
    ),
    panel(
        Lines,
        "Elasticsearch disk",
        "percentunit",
        "elasticsearch-exporter",
        &[query(
            "1 - min by (name) (elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes)",
            "{{name}}",
        )],
    ),
];

pub(super) const MONGODB: &[Panel] = &[panel(
    States,
    "MongoDB",
    "short",
    "mongodb-exporter",
    &[query("min by (instance) (mongodb_up)", "{{instance}}")],
)];

pub(super) const REDIS: &[Panel] = &[
    panel(
        States,
        "Redis",
        "short",
        "redis-exporter",
        &[query("min by (instance) (redis_up)", "{{instance}}")],
    ),
    panel(
        Lines,
        "Redis commands",
        "ops",
        "redis-exporter",
        &[query(
            "sum by (instance) (rate(redis_commands_processed_total[$__rate_interval]))",
            "{{instance}}",
        )],
    ),
    panel(
        Lines,
        "Redis hits",
        "percentunit",
        "redis-exporter",
        &[query(
            "sum by (instance) (rate(redis_keyspace_hits_total[$__rate_interval])) / (sum by (instance) (rate(redis_keyspace_hits_total[$__rate_interval])) + sum by (instance) (rate(redis_keyspace_misses_total[$__rate_interval])) > 0)",
            "{{instance}}",
        )],
    ),
    panel(
        Lines,
        "Redis memory",
        "bytes",
        "redis-exporter",
        &[
            query("redis_memory_used_bytes", "{{instance}} used"),
            query("redis_memory_max_bytes > 0", "{{instance}} allowed"),
        ],
    ),
    panel(
        Lines,
        "Redis clients",
        "short",
        "redis-exporter",
        &[
            query("redis_connected_clients", "{{instance}}"),
            query("redis_blocked_clients", "{{instance}} blocked"),
        ],
    ),
    panel(
        Lines,
        "Redis evictions",
        "ops",
        "redis-exporter",
        &[query(
            "sum by (instance) (rate(redis_evicted_keys_total[$__rate_interval]))",
            "{{instance}}",
        )],
    ),
];

pub(super) const MEMCACHED: &[Panel] = &[panel(
    Lines,
    "Memcached connections",
    "short",
    "memcached-exporter",
    &[query("memcached_current_connections", "{{instance}}")],
)];

pub(super) const RABBITMQ: &[Panel] = &[
    panel(
        Lines,
        "RabbitMQ messages",
        "short",
        "rabbitmq",
        &[
            query(
                "sum by (instance) (rabbitmq_queue_messages_ready)",
                "{{instance}} ready",
            ),
            query(
                "sum by (instance) (rabbitmq_queue_messages_unacked)",
                "{{instance}} not acknowledged",
            ),
        ],
    ),
    panel(
        Lines,
        "RabbitMQ memory of the limit",
        "percentunit",
        "rabbitmq",
        &[query(
            "rabbitmq_process_resident_memory_bytes / rabbitmq_resident_memory_limit_bytes",
            "{{instance}}",
        )],
    ),
];
