//! Services: whether they are up, how they answer, what their processes take.

use crate::panel::Kind::{Count, Lines, Stat, States};
use crate::panel::{Panel, panel, query};

pub(super) const SUMS: &[Panel] = &[
    panel(
        Stat,
        "Targets up",
        "short",
        "",
        &[query("count(up == 1) or vector(0)", "up")],
    ),
    panel(
        Count,
        "Targets down",
        "short",
        "",
        &[query("count(up == 0) or vector(0)", "down")],
    ),
    panel(
        Count,
        "Critical alerts",
        "short",
        "",
        &[query(
            "count(ALERTS{alertstate=\"firing\", severity=\"critical\"}) or vector(0)",
            "critical",
        )],
    ),
    panel(
        Count,
        "Warnings",
        "short",
        "",
        &[query(
            "count(ALERTS{alertstate=\"firing\", severity=\"warning\"}) or vector(0)",
            "warning",
        )],
    ),
];

pub(super) const STATES: &[Panel] = &[
    panel(
        States,
        "Services",
        "short",
        "",
        &[query("min by (service) (up)", "{{service}}")],
    ),
    panel(
        States,
        "Probes",
        "short",
        "blackbox-exporter",
        &[query(
            "min by (job, instance) (probe_success)",
            "{{instance}} ({{job}})",
        )],
    ),
];

pub(super) const PROBES: &[Panel] = &[
    panel(
        States,
        "Up",
        "short",
        "",
        &[query(
            "min by (service, instance) (up{service=~\"$service\"})",
            "{{service}} {{instance}}",
        )],
    ),
    panel(
        States,
        "Answers to probes",
        "short",
        "blackbox-exporter",
        &[query(
            "min by (job, instance) (probe_success)",
            "{{instance}} ({{job}})",
        )],
    ),
    panel(
        Lines,
        "Time to answer a probe",
        "s",
        "blackbox-exporter",
        &[query(
            "max by (instance) (probe_duration_seconds)",
            "{{instance}}",
        )],
    ),
    panel(
        Lines,
        "Status of HTTP probes",
        "short",
        "blackbox-exporter",
        &[query(
            "max by (instance) (probe_http_status_code)",
            "{{instance}}",
        )],
    ),
    panel(
        Lines,
        "Certificates: time left",
        "s",
        "blackbox-exporter",
        &[query(
            "min by (instance) (probe_ssl_earliest_cert_expiry) - time()",
            "{{instance}}",
        )],
    ),
];

pub(super) const PROCESSES: &[Panel] = &[
    panel(
        Lines,
        "CPU of the process",
        "percentunit",
        "prometheus",
        &[query(
            "sum by (service) (rate(process_cpu_seconds_total{service=~\"$service\"}[$__rate_interval]))",
            "{{service}}",
        )],
    ),
    panel(
        Lines,
        "Memory of the process",
        "bytes",
        "prometheus",
        &[query(
            "sum by (service) (process_resident_memory_bytes{service=~\"$service\"})",
            "{{service}}",
        )],
    ),
    panel(
        Lines,
        "Open files of those allowed",
        "percentunit",
        "prometheus",
        &[query(
            "max by (service) (process_open_fds{service=~\"$service\"} / process_max_fds{service=~\"$service\"})",
            "{{service}}",
        )],
    ),
    panel(
        Lines,
        "Time to answer a scrape",
        "s",
        "",
        &[query(
            "max by (service) (scrape_duration_seconds{service=~\"$service\"})",
            "{{service}}",
        )],
    ),
];
