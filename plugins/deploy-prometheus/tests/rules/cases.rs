//! For each rule a story that fires it, and one close to it that does not.
//!
//! Samples are a minute apart, in promtool's notation: `0+6x40` counts up by 6
//! forty times.

/// Samples of a series.
pub(crate) type Series = (&'static str, &'static str);

/// Two unit tests of a rule.
#[derive(Debug)]
pub(crate) struct Case {
    /// The rule.
    pub(crate) rule: &'static str,
    /// Further matchers, for rules that are written once for each service.
    pub(crate) matchers: &'static str,
    /// When it is looked at, in minutes.
    pub(crate) at: u32,
    pub(crate) fires: &'static [Series],
    pub(crate) quiet: &'static [Series],
}

const fn case(
    rule: &'static str,
    at: u32,
    fires: &'static [Series],
    quiet: &'static [Series],
) -> Case {
    Case {
        rule,
        matchers: "",
        at,
        fires,
        quiet,
    }
}

const fn about(matchers: &'static str, case: Case) -> Case {
    Case { matchers, ..case }
}

macro_rules! container {
    ($metric:literal) => {
        concat!(
            $metric,
            "{instance=\"c:8080\",service=\"app\",name=\"shop-app-1\"}"
        )
    };
}

macro_rules! disk {
    ($metric:literal) => {
        concat!($metric, "{instance=\"n:9100\",service=\"node\",device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"}")
    };
}

macro_rules! of {
    ($metric:literal) => {
        concat!($metric, "{instance=\"i:1\",service=\"s\"}")
    };
}

const UP: &str = r#"up{instance="app:8000",job="app",service="app",class="application"}"#;
const IDLE: &str =
    r#"node_cpu_seconds_total{instance="n:9100",service="node",cpu="0",mode="idle"}"#;
const IDLE_2: &str =
    r#"node_cpu_seconds_total{instance="n:9100",service="node",cpu="1",mode="idle"}"#;
const FAILED: &str = r#"http_requests_total{service="app",instance="app:8000",code="500"}"#;
const SERVED: &str = r#"http_requests_total{service="app",instance="app:8000",code="200"}"#;
const WITHIN_1: &str = r#"http_request_duration_seconds_bucket{service="app",le="1"}"#;
const WITHIN_5: &str = r#"http_request_duration_seconds_bucket{service="app",le="5"}"#;
const WITHIN_10: &str = r#"http_request_duration_seconds_bucket{service="app",le="10"}"#;
const ALL: &str = r#"http_request_duration_seconds_bucket{service="app",le="+Inf"}"#;

pub(crate) const CASES: &[Case] = &[
    // It always fires; that it disturbs nobody is what its other test asks.
    about("severity=~\"none|info\"", case("Watchdog", 1, &[], &[])),
    case(
        "ServiceDown",
        5,
        &[(UP, "1 1 0x10")],
        &[
            (UP, "1x10"),
            (r#"up{job="blackbox-http",service="app"}"#, "0x10"),
        ],
    ),
    case(
        "ServiceFlapping",
        10,
        &[(UP, "0 1 0 1 0 1 0 1 0 1 1")],
        &[(UP, "0 1 0 1 0 1 1 1 1 1 1")],
    ),
    case(
        "JobDown",
        3,
        &[
            (r#"up{job="app",instance="a"}"#, "0x5"),
            (r#"up{job="app",instance="b"}"#, "0x5"),
        ],
        &[
            (r#"up{job="app",instance="a"}"#, "0x5"),
            (r#"up{job="app",instance="b"}"#, "1x5"),
        ],
    ),
    case(
        "ScrapeSlow",
        16,
        &[(
            r#"scrape_duration_seconds{job="app",service="app"}"#,
            "6x20",
        )],
        &[
            (
                r#"scrape_duration_seconds{job="app",service="app"}"#,
                "1x20",
            ),
            (r#"scrape_duration_seconds{job="blackbox-http"}"#, "9x20"),
        ],
    ),
    about(
        "service=\"app\"",
        case("ServiceAbsent", 7, &[], &[(UP, "0x10")]),
    ),
    about(
        "service=\"worker\"",
        case(
            "ContainerAbsent",
            7,
            &[(container!("container_last_seen"), "1x10")],
            &[(r#"container_last_seen{name="worker"}"#, "1x10")],
        ),
    ),
    case(
        "ProbeFailed",
        4,
        &[(of!("probe_success"), "0x5")],
        &[(of!("probe_success"), "0 0 1x5")],
    ),
    case(
        "ProbeSlow",
        11,
        &[(of!("probe_duration_seconds"), "2x20")],
        &[(of!("probe_duration_seconds"), "0.9x20")],
    ),
    case(
        "ProbeUnresponsive",
        11,
        &[(of!("probe_duration_seconds"), "5x20")],
        &[(of!("probe_duration_seconds"), "2x20")],
    ),
    case(
        "ProbeServerError",
        3,
        &[(of!("probe_http_status_code"), "502x5")],
        &[(of!("probe_http_status_code"), "404x5")],
    ),
    case(
        "TlsCertificateExpires",
        70,
        &[(of!("probe_ssl_earliest_cert_expiry"), "864000x90")],
        &[(of!("probe_ssl_earliest_cert_expiry"), "2592000x90")],
    ),
    case(
        "TlsCertificateExpiresNow",
        15,
        &[(of!("probe_ssl_earliest_cert_expiry"), "86400x20")],
        &[(of!("probe_ssl_earliest_cert_expiry"), "864000x20")],
    ),
    case(
        "ContainerUnhealthy",
        6,
        &[(container!("container_health_state"), "0x10")],
        &[(container!("container_health_state"), "-1x10")],
    ),
    case(
        "ContainerGone",
        15,
        &[(container!("container_last_seen"), "1x5")],
        &[(container!("container_last_seen"), "1x20")],
    ),
    case(
        "ContainerRestarting",
        15,
        &[(
            container!("container_start_time_seconds"),
            "1x3 2x3 3x3 4x6",
        )],
        &[(container!("container_start_time_seconds"), "1x3 2x3 3x10")],
    ),
    case(
        "ContainerCrashLooping",
        28,
        &[(
            container!("container_start_time_seconds"),
            "1x3 2x3 3x3 4x3 5x3 6x3 7x8",
        )],
        &[(
            container!("container_start_time_seconds"),
            "1x3 2x3 3x3 4x30",
        )],
    ),
    case(
        "ContainerOomKilled",
        6,
        &[(container!("container_oom_events_total"), "0x3 1x10")],
        &[(container!("container_oom_events_total"), "1x13")],
    ),
    case(
        "ContainerCpuHigh",
        20,
        &[
            (container!("container_cpu_usage_seconds_total"), "0+54x30"),
            (container!("container_spec_cpu_quota"), "100000x30"),
            (container!("container_spec_cpu_period"), "100000x30"),
        ],
        &[
            (container!("container_cpu_usage_seconds_total"), "0+54x30"),
            (container!("container_spec_cpu_quota"), "200000x30"),
            (container!("container_spec_cpu_period"), "100000x30"),
        ],
    ),
    case(
        "ContainerCpuCritical",
        15,
        &[
            (container!("container_cpu_usage_seconds_total"), "0+59x30"),
            (container!("container_spec_cpu_quota"), "100000x30"),
            (container!("container_spec_cpu_period"), "100000x30"),
        ],
        &[
            (container!("container_cpu_usage_seconds_total"), "0+54x30"),
            (container!("container_spec_cpu_quota"), "100000x30"),
            (container!("container_spec_cpu_period"), "100000x30"),
        ],
    ),
    case(
        "ContainerCpuThrottled",
        25,
        &[
            (
                container!("container_cpu_cfs_throttled_periods_total"),
                "0+50x40",
            ),
            (container!("container_cpu_cfs_periods_total"), "0+100x40"),
        ],
        &[
            (
                container!("container_cpu_cfs_throttled_periods_total"),
                "0+20x40",
            ),
            (container!("container_cpu_cfs_periods_total"), "0+100x40"),
        ],
    ),
    case(
        "ContainerMemoryHigh",
        15,
        &[
            (container!("container_memory_working_set_bytes"), "90x20"),
            (container!("container_spec_memory_limit_bytes"), "100x20"),
        ],
        // No limit.
        &[
            (container!("container_memory_working_set_bytes"), "90x20"),
            (container!("container_spec_memory_limit_bytes"), "0x20"),
        ],
    ),
    case(
        "ContainerMemoryCritical",
        10,
        &[
            (container!("container_memory_working_set_bytes"), "97x20"),
            (container!("container_spec_memory_limit_bytes"), "100x20"),
        ],
        &[
            (container!("container_memory_working_set_bytes"), "90x20"),
            (container!("container_spec_memory_limit_bytes"), "100x20"),
        ],
    ),
    case(
        "ContainerNetworkErrors",
        20,
        &[
            (
                container!("container_network_receive_errors_total"),
                "0+10x30",
            ),
            (
                container!("container_network_transmit_errors_total"),
                "0x30",
            ),
            (
                container!("container_network_receive_packets_total"),
                "0+100x30",
            ),
            (
                container!("container_network_transmit_packets_total"),
                "0+100x30",
            ),
        ],
        &[
            (
                container!("container_network_receive_errors_total"),
                "0+1x30",
            ),
            (
                container!("container_network_transmit_errors_total"),
                "0x30",
            ),
            (
                container!("container_network_receive_packets_total"),
                "0+100x30",
            ),
            (
                container!("container_network_transmit_packets_total"),
                "0+100x30",
            ),
        ],
    ),
    case(
        "CadvisorScrapeFailing",
        6,
        &[(of!("container_scrape_error"), "1x10")],
        &[(of!("container_scrape_error"), "1 1 0x10")],
    ),
    case(
        "EngineHealthChecksFailing",
        25,
        &[
            (of!("engine_daemon_health_checks_failed_total"), "0+5x30"),
            (of!("engine_daemon_health_checks_total"), "0+10x30"),
        ],
        &[
            (of!("engine_daemon_health_checks_failed_total"), "0+1x30"),
            (of!("engine_daemon_health_checks_total"), "0+10x30"),
        ],
    ),
    case(
        "EngineContainersStopped",
        15,
        &[(
            r#"engine_daemon_container_states_containers{state="stopped"}"#,
            "1x5 4x30",
        )],
        &[
            (
                r#"engine_daemon_container_states_containers{state="stopped"}"#,
                "4x30",
            ),
            (
                r#"engine_daemon_container_states_containers{state="running"}"#,
                "1x5 4x30",
            ),
        ],
    ),
    case(
        "HostDown",
        3,
        &[(
            r#"up{job="node-exporter",service="node",instance="n:9100"}"#,
            "0x5",
        )],
        &[
            (
                r#"up{job="node-exporter",service="node",instance="n:9100"}"#,
                "1x5",
            ),
            (UP, "0x5"),
        ],
    ),
    case(
        "HostRebooted",
        3,
        &[
            (of!("node_time_seconds"), "100+60x10"),
            (of!("node_boot_time_seconds"), "50x10"),
        ],
        &[
            (of!("node_time_seconds"), "5000+60x10"),
            (of!("node_boot_time_seconds"), "50x10"),
        ],
    ),
    case("HostCpuHigh", 25, &[(IDLE, "0+6x40")], &[(IDLE, "0+30x40")]),
    case(
        "HostCpuCritical",
        12,
        &[(IDLE, "0+1x40")],
        &[(IDLE, "0+6x40")],
    ),
    case(
        "HostMemoryHigh",
        15,
        &[
            (of!("node_memory_MemAvailable_bytes"), "10x20"),
            (of!("node_memory_MemTotal_bytes"), "100x20"),
        ],
        &[
            (of!("node_memory_MemAvailable_bytes"), "30x20"),
            (of!("node_memory_MemTotal_bytes"), "100x20"),
        ],
    ),
    case(
        "HostMemoryCritical",
        8,
        &[
            (of!("node_memory_MemAvailable_bytes"), "3x20"),
            (of!("node_memory_MemTotal_bytes"), "100x20"),
        ],
        &[
            (of!("node_memory_MemAvailable_bytes"), "10x20"),
            (of!("node_memory_MemTotal_bytes"), "100x20"),
        ],
    ),
    case(
        "HostDiskHigh",
        20,
        &[
            (disk!("node_filesystem_avail_bytes"), "15x30"),
            (disk!("node_filesystem_size_bytes"), "100x30"),
            (disk!("node_filesystem_readonly"), "0x30"),
        ],
        // What nobody can write to does not fill up.
        &[
            (disk!("node_filesystem_avail_bytes"), "0x30"),
            (disk!("node_filesystem_size_bytes"), "100x30"),
            (disk!("node_filesystem_readonly"), "1x30"),
        ],
    ),
    case(
        "HostDiskCritical",
        8,
        &[
            (disk!("node_filesystem_avail_bytes"), "5x30"),
            (disk!("node_filesystem_size_bytes"), "100x30"),
            (disk!("node_filesystem_readonly"), "0x30"),
        ],
        &[
            (disk!("node_filesystem_avail_bytes"), "15x30"),
            (disk!("node_filesystem_size_bytes"), "100x30"),
            (disk!("node_filesystem_readonly"), "0x30"),
        ],
    ),
    case(
        "HostDiskFullSoon",
        75,
        &[
            (disk!("node_filesystem_avail_bytes"), "39-0.03x80"),
            (disk!("node_filesystem_size_bytes"), "100x80"),
            (disk!("node_filesystem_readonly"), "0x80"),
        ],
        &[
            (disk!("node_filesystem_avail_bytes"), "39-0.01x80"),
            (disk!("node_filesystem_size_bytes"), "100x80"),
            (disk!("node_filesystem_readonly"), "0x80"),
        ],
    ),
    case(
        "HostInodesCritical",
        20,
        &[
            (disk!("node_filesystem_files_free"), "3x30"),
            (disk!("node_filesystem_files"), "100x30"),
        ],
        // btrfs counts none.
        &[
            (disk!("node_filesystem_files_free"), "0x30"),
            (disk!("node_filesystem_files"), "0x30"),
        ],
    ),
    case(
        "HostOomKill",
        6,
        &[(of!("node_vmstat_oom_kill"), "0x3 1x20")],
        &[(of!("node_vmstat_oom_kill"), "7x20")],
    ),
    case(
        "HostNetworkErrors",
        25,
        &[
            (of!("node_network_receive_errs_total"), "0+10x40"),
            (of!("node_network_transmit_errs_total"), "0x40"),
            (of!("node_network_receive_packets_total"), "0+100x40"),
            (of!("node_network_transmit_packets_total"), "0+100x40"),
        ],
        &[
            (of!("node_network_receive_errs_total"), "0+1x40"),
            (of!("node_network_transmit_errs_total"), "0x40"),
            (of!("node_network_receive_packets_total"), "0+100x40"),
            (of!("node_network_transmit_packets_total"), "0+100x40"),
        ],
    ),
    case(
        "HostLoadHigh",
        20,
        &[
            (r#"node_load5{instance="n:9100",service="node"}"#, "3x30"),
            (IDLE, "0+60x30"),
        ],
        &[
            (r#"node_load5{instance="n:9100",service="node"}"#, "3x30"),
            (IDLE, "0+60x30"),
            (IDLE_2, "0+60x30"),
        ],
    ),
    case(
        "HostClockSkew",
        12,
        &[(of!("node_timex_offset_seconds"), "-0.2x20")],
        &[(of!("node_timex_offset_seconds"), "0.01x20")],
    ),
    case(
        "PostgresDown",
        3,
        &[(of!("pg_up"), "0x5")],
        &[(of!("pg_up"), "0 0 1x5")],
    ),
    case(
        "PostgresConnectionsHigh",
        8,
        &[
            (
                r#"pg_stat_activity_count{instance="i:1",service="s",datname="a"}"#,
                "45x10",
            ),
            (
                r#"pg_stat_activity_count{instance="i:1",service="s",datname="b"}"#,
                "40x10",
            ),
            (of!("pg_settings_max_connections"), "103x10"),
            (of!("pg_settings_superuser_reserved_connections"), "3x10"),
        ],
        &[
            (
                r#"pg_stat_activity_count{instance="i:1",service="s",datname="a"}"#,
                "45x10",
            ),
            (of!("pg_settings_max_connections"), "103x10"),
            (of!("pg_settings_superuser_reserved_connections"), "3x10"),
        ],
    ),
    case(
        "PostgresConnectionsExhausted",
        3,
        &[
            (of!("pg_stat_activity_count"), "98x10"),
            (of!("pg_settings_max_connections"), "103x10"),
            (of!("pg_settings_superuser_reserved_connections"), "3x10"),
        ],
        &[
            (of!("pg_stat_activity_count"), "90x10"),
            (of!("pg_settings_max_connections"), "103x10"),
            (of!("pg_settings_superuser_reserved_connections"), "3x10"),
        ],
    ),
    case(
        "PostgresDeadlocks",
        15,
        &[(r#"pg_stat_database_deadlocks{datname="shop"}"#, "0+1x20")],
        &[(
            r#"pg_stat_database_deadlocks{datname="template1"}"#,
            "0+1x20",
        )],
    ),
    case(
        "PostgresReplicationLag",
        8,
        &[(of!("pg_replication_lag_seconds"), "60x10")],
        &[(of!("pg_replication_lag_seconds"), "5x10")],
    ),
    case(
        "MysqlDown",
        3,
        &[(of!("mysql_up"), "0x5")],
        &[(of!("mysql_up"), "1x5")],
    ),
    case(
        "MysqlConnectionsHigh",
        8,
        &[
            (of!("mysql_global_status_threads_connected"), "85x10"),
            (of!("mysql_global_variables_max_connections"), "100x10"),
        ],
        &[
            (of!("mysql_global_status_threads_connected"), "85x10"),
            (of!("mysql_global_variables_max_connections"), "151x10"),
        ],
    ),
    case(
        "MysqlConnectionsExhausted",
        3,
        &[
            (of!("mysql_global_status_threads_connected"), "97x10"),
            (of!("mysql_global_variables_max_connections"), "100x10"),
        ],
        &[
            (of!("mysql_global_status_threads_connected"), "85x10"),
            (of!("mysql_global_variables_max_connections"), "100x10"),
        ],
    ),
    case(
        "MongodbDown",
        3,
        &[(of!("mongodb_up"), "0x5")],
        &[(of!("mongodb_up"), "1x5")],
    ),
    case(
        "ElasticsearchRed",
        4,
        &[(
            r#"elasticsearch_cluster_health_status{cluster="c",color="red"}"#,
            "1x5",
        )],
        &[
            (
                r#"elasticsearch_cluster_health_status{cluster="c",color="red"}"#,
                "0x5",
            ),
            (
                r#"elasticsearch_cluster_health_status{cluster="c",color="yellow"}"#,
                "1x5",
            ),
        ],
    ),
    case(
        "RedisDown",
        3,
        &[(of!("redis_up"), "0x5")],
        &[(of!("redis_up"), "1x5")],
    ),
    case(
        "RedisMemoryHigh",
        8,
        &[
            (of!("redis_memory_used_bytes"), "95x10"),
            (of!("redis_memory_max_bytes"), "100x10"),
        ],
        &[
            (of!("redis_memory_used_bytes"), "95x10"),
            (of!("redis_memory_max_bytes"), "0x10"),
        ],
    ),
    case(
        "RedisConnectionsHigh",
        8,
        &[
            (of!("redis_connected_clients"), "90x10"),
            (of!("redis_config_maxclients"), "100x10"),
        ],
        &[
            (of!("redis_connected_clients"), "90x10"),
            (of!("redis_config_maxclients"), "10000x10"),
        ],
    ),
    case(
        "RedisRejectingConnections",
        6,
        &[(of!("redis_rejected_connections_total"), "0x3 5x10")],
        &[(of!("redis_rejected_connections_total"), "5x13")],
    ),
    case(
        "MemcachedDown",
        3,
        &[(of!("memcached_up"), "0x5")],
        &[(of!("memcached_up"), "1x5")],
    ),
    case(
        "RabbitmqMemoryHigh",
        8,
        &[
            (of!("rabbitmq_process_resident_memory_bytes"), "95x10"),
            (of!("rabbitmq_resident_memory_limit_bytes"), "100x10"),
        ],
        &[
            (of!("rabbitmq_process_resident_memory_bytes"), "80x10"),
            (of!("rabbitmq_resident_memory_limit_bytes"), "100x10"),
        ],
    ),
    case(
        "NginxDown",
        3,
        &[(of!("nginx_up"), "0x5")],
        &[(of!("nginx_up"), "1x5")],
    ),
    case(
        "TraefikServerDown",
        3,
        &[(
            r#"traefik_service_server_up{service="web@docker",url="http://a"}"#,
            "0x5",
        )],
        &[(
            r#"traefik_service_server_up{service="web@docker",url="http://a"}"#,
            "1x5",
        )],
    ),
    case(
        "HttpErrorRateHigh",
        12,
        &[(FAILED, "0+10x20"), (SERVED, "0+90x20")],
        &[(FAILED, "0+1x20"), (SERVED, "0+90x20")],
    ),
    case(
        "HttpErrorBudgetBurn",
        75,
        &[(FAILED, "0+20x90"), (SERVED, "0+80x90")],
        // It is over.
        &[(FAILED, "0+50x60 3000x30"), (SERVED, "0+50x90")],
    ),
    case(
        "HttpLatencyHigh",
        20,
        &[
            (WITHIN_1, "0+10x40"),
            (WITHIN_5, "0+100x40"),
            (ALL, "0+100x40"),
        ],
        &[
            (WITHIN_1, "0+100x40"),
            (WITHIN_5, "0+100x40"),
            (ALL, "0+100x40"),
        ],
    ),
    case(
        "HttpLatencyCritical",
        12,
        &[
            (WITHIN_5, "0+10x40"),
            (WITHIN_10, "0+100x40"),
            (ALL, "0+100x40"),
        ],
        &[
            (WITHIN_1, "0+10x40"),
            (WITHIN_5, "0+100x40"),
            (ALL, "0+100x40"),
        ],
    ),
    case(
        "ApplicationMetricsMissing",
        70,
        &[(UP, "1x90")],
        &[(UP, "1x90"), (SERVED, "0+1x90")],
    ),
    case(
        "PrometheusConfigReloadFailed",
        7,
        &[(of!("prometheus_config_last_reload_successful"), "0x10")],
        &[(
            of!("prometheus_config_last_reload_successful"),
            "0 0 0 1x10",
        )],
    ),
    case(
        "PrometheusRuleFailures",
        12,
        &[(of!("prometheus_rule_evaluation_failures_total"), "0+1x20")],
        &[(of!("prometheus_rule_evaluation_failures_total"), "3x20")],
    ),
    case(
        "PrometheusNoAlertmanager",
        7,
        &[(
            of!("prometheus_notifications_alertmanagers_discovered"),
            "0x10",
        )],
        &[(
            of!("prometheus_notifications_alertmanagers_discovered"),
            "1x10",
        )],
    ),
    case(
        "PrometheusNotificationsDropped",
        15,
        &[(of!("prometheus_notifications_dropped_total"), "0+1x30")],
        &[(of!("prometheus_notifications_dropped_total"), "4x30")],
    ),
    case(
        "PrometheusStorageFailing",
        20,
        &[(of!("prometheus_tsdb_compactions_failed_total"), "0x5 1x60")],
        &[(of!("prometheus_tsdb_compactions_failed_total"), "1x60")],
    ),
    case(
        "AlertmanagerConfigReloadFailed",
        7,
        &[(of!("alertmanager_config_last_reload_successful"), "0x10")],
        &[(of!("alertmanager_config_last_reload_successful"), "1x10")],
    ),
    case(
        "AlertmanagerNotificationsFailing",
        12,
        &[
            (
                r#"alertmanager_notifications_failed_total{integration="slack"}"#,
                "0+1x30",
            ),
            (
                r#"alertmanager_notifications_total{integration="slack"}"#,
                "0+10x30",
            ),
        ],
        &[
            (
                r#"alertmanager_notifications_failed_total{integration="slack"}"#,
                "3x30",
            ),
            (
                r#"alertmanager_notifications_total{integration="slack"}"#,
                "0+10x30",
            ),
        ],
    ),
    case(
        "BlackboxConfigReloadFailed",
        7,
        &[(
            of!("blackbox_exporter_config_last_reload_successful"),
            "0x10",
        )],
        &[(
            of!("blackbox_exporter_config_last_reload_successful"),
            "1x10",
        )],
    ),
    case(
        "PushedMetricsStale",
        15,
        &[(r#"push_time_seconds{job="backup"}"#, "-100000x20")],
        &[(r#"push_time_seconds{job="backup"}"#, "-80000x20")],
    ),
    case(
        "DeployInProgress",
        2,
        &[(of!("sinops_deploy_in_progress"), "1x5")],
        &[(of!("sinops_deploy_in_progress"), "1 0x5")],
    ),
    case(
        "LogShipperDropping",
        12,
        &[(of!("loki_write_dropped_entries_total"), "0+6x20")],
        &[(of!("loki_write_dropped_entries_total"), "6x20")],
    ),
    case(
        "PromtailDropping",
        12,
        &[(of!("promtail_dropped_entries_total"), "0+6x20")],
        &[(of!("promtail_dropped_entries_total"), "6x20")],
    ),
    case(
        "LokiDiscarding",
        17,
        &[(
            r#"loki_discarded_samples_total{reason="rate_limited"}"#,
            "0+6x30",
        )],
        &[(
            r#"loki_discarded_samples_total{reason="rate_limited"}"#,
            "6x30",
        )],
    ),
];
