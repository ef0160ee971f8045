//! Containers, as cAdvisor and the engine tell of them.
//!
//! Standalone cAdvisor calls a container `name`; labels like `container` and
//! `pod` exist on Kubernetes only.

use super::table::{Rule, Subject, rule};
use sinops_programs::Version;

/// Fires for a declared service whose container does not exist.
pub(crate) const CONTAINER_ABSENT: &str = "ContainerAbsent";

const fn container(
    name: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Container, "cadvisor", metrics, expression)
}

const fn engine(
    name: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(
        name,
        Subject::Container,
        "docker-engine",
        metrics,
        expression,
    )
}

const CPU: &[&str] = &[
    "container_cpu_usage_seconds_total",
    "container_spec_cpu_quota",
    "container_spec_cpu_period",
];
const CPU_USE: &str = "sum by (instance, service, name) (rate(container_cpu_usage_seconds_total{name!=\"\"}[5m])) / max by (instance, service, name) ((container_spec_cpu_quota{name!=\"\"} > 0) / container_spec_cpu_period{name!=\"\"}) > {threshold}";
const MEMORY: &[&str] = &[
    "container_memory_working_set_bytes",
    "container_spec_memory_limit_bytes",
];
const MEMORY_USE: &str = "container_memory_working_set_bytes{name!=\"\"} / (container_spec_memory_limit_bytes{name!=\"\"} > 0) > {threshold}";

pub(crate) const RULES: &[Rule] = &[
    rule(
        CONTAINER_ABSENT,
        Subject::Container,
        "cadvisor",
        &["container_last_seen"],
        "absent(container_last_seen{name={name}})",
    )
    .for_("5m")
    .says(
        "{service} does not run",
        "It is declared, and there is no container {name}.",
    ),
    container(
        "ContainerUnhealthy",
        &["container_health_state"],
        "container_health_state{name!=\"\"} == 0",
    )
    .since(Version::new(0, 54))
    .for_("5m")
    .says(
        "{{ $labels.name }} is unhealthy",
        "Its health check has failed, or it has been starting, for five minutes.",
    ),
    container(
        "ContainerGone",
        &["container_last_seen"],
        "count by (instance, service, name) (container_last_seen{name!=\"\"} offset 10m) unless count by (instance, service, name) (container_last_seen{name!=\"\"})",
    )
    .for_("2m")
    .says(
        "{{ $labels.name }} is gone",
        "The container was there ten minutes ago.",
    ),
    container(
        "ContainerRestarting",
        &["container_start_time_seconds"],
        "changes(container_start_time_seconds{name!=\"\"}[15m]) >= {threshold}",
    )
    .since(Version::new(0, 57))
    .over(3.0)
    .warning()
    .says(
        "{{ $labels.name }} keeps restarting",
        "It has started {{ $value }} times within 15 minutes.",
    ),
    container(
        "ContainerCrashLooping",
        &["container_start_time_seconds"],
        "changes(container_start_time_seconds{name!=\"\"}[30m]) >= {threshold}",
    )
    .since(Version::new(0, 57))
    .over(6.0)
    .says(
        "{{ $labels.name }} does not stay up",
        "It has started {{ $value }} times within 30 minutes.",
    ),
    container(
        "ContainerOomKilled",
        &["container_oom_events_total"],
        "increase(container_oom_events_total{name!=\"\"}[10m]) > {threshold}",
    )
    .since(Version::new(0, 40))
    .over(0.0)
    .says(
        "{{ $labels.name }} ran out of memory",
        "The kernel has killed a process of it at its memory limit.",
    ),
    container("ContainerCpuHigh", CPU, CPU_USE).over(0.8).for_("10m").warning().says(
        "{{ $labels.name }} uses most of its CPU limit",
        "{{ $value | humanizePercentage }} of the limit is in use.",
    ),
    container("ContainerCpuCritical", CPU, CPU_USE).over(0.95).for_("5m").says(
        "{{ $labels.name }} is at its CPU limit",
        "{{ $value | humanizePercentage }} of the limit is in use.",
    ),
    container(
        "ContainerCpuThrottled",
        &[
            "container_cpu_cfs_throttled_periods_total",
            "container_cpu_cfs_periods_total",
        ],
        "rate(container_cpu_cfs_throttled_periods_total{name!=\"\"}[5m]) / (rate(container_cpu_cfs_periods_total{name!=\"\"}[5m]) > 0) > {threshold}",
    )
    .over(0.25)
    .for_("15m")
    .warning()
    .says(
        "{{ $labels.name }} is slowed down by its CPU limit",
        "It was made to wait in {{ $value | humanizePercentage }} of the scheduler's periods.",
    ),
    container("ContainerMemoryHigh", MEMORY, MEMORY_USE).over(0.8).for_("10m").warning().says(
        "{{ $labels.name }} uses most of its memory limit",
        "{{ $value | humanizePercentage }} of the limit is in use.",
    ),
    container("ContainerMemoryCritical", MEMORY, MEMORY_USE).over(0.95).for_("5m").says(
        "{{ $labels.name }} is at its memory limit",
        "{{ $value | humanizePercentage }} of the limit is in use; at 100% the kernel kills it.",
    ),
    container(
        "ContainerNetworkErrors",
        &[
            "container_network_receive_errors_total",
            "container_network_transmit_errors_total",
            "container_network_receive_packets_total",
            "container_network_transmit_packets_total",
        ],
        "(rate(container_network_receive_errors_total{name!=\"\"}[5m]) + rate(container_network_transmit_errors_total{name!=\"\"}[5m])) / (rate(container_network_receive_packets_total{name!=\"\"}[5m]) + rate(container_network_transmit_packets_total{name!=\"\"}[5m]) > 0) > {threshold}",
    )
    .over(0.01)
    .for_("10m")
    .warning()
    .says(
        "{{ $labels.name }} loses packets",
        "{{ $value | humanizePercentage }} of the packets on {{ $labels.interface }} are errors.",
    ),
    container(
        "CadvisorScrapeFailing",
        &["container_scrape_error"],
        "container_scrape_error == 1",
    )
    .for_("5m")
    .warning()
    .says(
        "cAdvisor cannot read containers",
        "{{ $labels.instance }} reports an error: metrics of containers are missing.",
    ),
    engine(
        "EngineHealthChecksFailing",
        &["engine_daemon_health_checks_failed_total", "engine_daemon_health_checks_total"],
        "rate(engine_daemon_health_checks_failed_total[10m]) / (rate(engine_daemon_health_checks_total[10m]) > 0) > {threshold}",
    )
    .over(0.2)
    .for_("10m")
    .warning()
    .says(
        "Many health checks fail",
        "{{ $value | humanizePercentage }} of the health checks on {{ $labels.instance }} fail.",
    ),
    engine(
        "EngineContainersStopped",
        &["engine_daemon_container_states_containers"],
        "delta(engine_daemon_container_states_containers{state=\"stopped\"}[15m]) > {threshold}",
    )
    .over(0.0)
    .for_("5m")
    .severity("info")
    .says(
        "Containers have stopped on {{ $labels.instance }}",
        "{{ $value }} more containers are stopped than 15 minutes ago.",
    ),
];
