//! The monitoring itself, its alerts, and the logs.

use crate::panel::Kind::{Count, Lines, Logs, Stat, States, Table};
use crate::panel::{Panel, panel, query};

pub(super) const ERRORS: &[Panel] = &[panel(
    Lines,
    "Errors in logs",
    "short",
    "loki-logs",
    &[query(
        "sum by (service) (count_over_time({level=\"error\"}[5m]))",
        "{{service}}",
    )],
)];

pub(super) const PROMETHEUS: &[Panel] = &[
    panel(
        Stat,
        "Series",
        "short",
        "prometheus",
        &[query("sum(prometheus_tsdb_head_series)", "series")],
    ),
    panel(
        Count,
        "Configurations not loaded",
        "short",
        "prometheus",
        &[query(
            "count(prometheus_config_last_reload_successful == 0) or vector(0)",
            "not loaded",
        )],
    ),
    panel(
        Lines,
        "Samples taken in",
        "ops",
        "prometheus",
        &[query(
            "sum by (instance) (rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))",
            "{{instance}}",
        )],
    ),
    panel(
        Lines,
        "Rules that fail",
        "ops",
        "prometheus",
        &[query(
            "sum by (rule_group) (rate(prometheus_rule_evaluation_failures_total[$__rate_interval]))",
            "{{rule_group}}",
        )],
    ),
    panel(
        Lines,
        "Slowest scrapes",
        "s",
        "",
        &[query(
            "topk(10, scrape_duration_seconds)",
            "{{job}} {{instance}}",
        )],
    ),
    panel(
        Lines,
        "Disk of the samples",
        "bytes",
        "prometheus",
        &[query(
            "sum by (instance) (prometheus_tsdb_storage_blocks_bytes)",
            "{{instance}}",
        )],
    ),
];

pub(super) const ALERTMANAGER: &[Panel] = &[
    panel(
        Lines,
        "Notifications",
        "ops",
        "alertmanager",
        &[
            query(
                "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval]))",
                "{{integration}}",
            ),
            query(
                "sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
                "{{integration}} failed",
            ),
        ],
    ),
    panel(
        Lines,
        "Alerts held",
        "short",
        "alertmanager",
        &[query("sum by (state) (alertmanager_alerts)", "{{state}}")],
    ),
];

pub(super) const LOKI: &[Panel] = &[
    panel(
        Lines,
        "Log lines taken in",
        "ops",
        "loki",
        &[query(
            "sum(rate(loki_distributor_lines_received_total[$__rate_interval]))",
            "lines",
        )],
    ),
    panel(
        Lines,
        "Log lines refused",
        "ops",
        "loki",
        &[query(
            "sum by (reason) (rate(loki_discarded_samples_total[$__rate_interval]))",
            "{{reason}}",
        )],
    ),
];

pub(super) const OTHERS: &[Panel] = &[
    panel(
        Table,
        "Pushed to the gateway: age",
        "s",
        "pushgateway",
        &[query(
            "sort_desc(time() - max by (job) (push_time_seconds))",
            "",
        )],
    ),
    panel(
        Lines,
        "StatsD events",
        "ops",
        "statsd-exporter",
        &[query(
            "sum by (type) (rate(statsd_exporter_events_total[$__rate_interval]))",
            "{{type}}",
        )],
    ),
];

pub(super) const ALERTS: &[Panel] = &[
    panel(
        Table,
        "Firing and pending",
        "short",
        "",
        &[query("ALERTS{alertname!=\"Watchdog\"}", "")],
    ),
    panel(
        States,
        "Firing",
        "short",
        "",
        &[query(
            "max by (alertname, service, severity) (ALERTS{alertstate=\"firing\", alertname!=\"Watchdog\"}) * 0",
            "{{alertname}} {{service}} ({{severity}})",
        )],
    ),
    panel(
        Lines,
        "Alerts that began, by hour",
        "short",
        "",
        &[query(
            "sum by (alertname) (changes(ALERTS_FOR_STATE{alertname!=\"Watchdog\"}[1h]))",
            "{{alertname}}",
        )],
    ),
    panel(
        Lines,
        "Notifications that failed",
        "ops",
        "alertmanager",
        &[query(
            "sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
            "{{integration}}",
        )],
    ),
];

pub(super) const LOGS: &[Panel] = &[
    panel(
        Lines,
        "Lines by service",
        "short",
        "loki-logs",
        &[query(
            "sum by (service) (count_over_time({service=~\"$service\"}[$__auto]))",
            "{{service}}",
        )],
    ),
    panel(
        Lines,
        "Errors by service",
        "short",
        "loki-logs",
        &[query(
            "sum by (service) (count_over_time({service=~\"$service\", level=\"error\"}[$__auto]))",
            "{{service}}",
        )],
    ),
    panel(
        Logs,
        "Lines",
        "short",
        "loki-logs",
        &[query("{service=~\"$service\"} | level=~\"$level|\"", "")],
    ),
];
