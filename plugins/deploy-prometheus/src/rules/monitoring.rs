//! The monitoring itself, and the path of logs.

use super::table::{Rule, Subject, rule};

const fn monitoring(
    name: &'static str,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Monitoring, exporter, metrics, expression)
}

const fn logs(
    name: &'static str,
    exporter: &'static str,
    metrics: &'static [&'static str],
    expression: &'static str,
) -> Rule {
    rule(name, Subject::Logs, exporter, metrics, expression)
}

pub(crate) const RULES: &[Rule] = &[
    monitoring(
        "PrometheusConfigReloadFailed",
        "prometheus",
        &["prometheus_config_last_reload_successful"],
        "prometheus_config_last_reload_successful == 0",
    )
    .for_("5m")
    .says(
        "Prometheus runs with an old configuration",
        "The last reload of {{ $labels.instance }} failed; its log says why.",
    ),
    monitoring(
        "PrometheusRuleFailures",
        "prometheus",
        &["prometheus_rule_evaluation_failures_total"],
        "increase(prometheus_rule_evaluation_failures_total[5m]) > {threshold}",
    )
    .over(0.0)
    .for_("5m")
    .says(
        "Prometheus cannot evaluate rules",
        "Rules of group {{ $labels.rule_group }} fail: alerts may be missing.",
    ),
    monitoring(
        "PrometheusNoAlertmanager",
        "alertmanager",
        &["prometheus_notifications_alertmanagers_discovered"],
        "prometheus_notifications_alertmanagers_discovered < 1",
    )
    .for_("5m")
    .says(
        "Prometheus knows no Alertmanager",
        "Alerts of {{ $labels.instance }} reach nobody.",
    ),
    monitoring(
        "PrometheusNotificationsDropped",
        "prometheus",
        &["prometheus_notifications_dropped_total"],
        "increase(prometheus_notifications_dropped_total[10m]) > {threshold}",
    )
    .over(0.0)
    .for_("5m")
    .says(
        "Prometheus cannot hand over alerts",
        "{{ $value }} alerts were dropped within ten minutes: the Alertmanager refuses them or is away.",
    ),
    monitoring(
        "PrometheusStorageFailing",
        "prometheus",
        &["prometheus_tsdb_compactions_failed_total"],
        "increase(prometheus_tsdb_compactions_failed_total[3h]) > {threshold}",
    )
    .over(0.0)
    .warning()
    .says(
        "Prometheus cannot tidy its storage",
        "{{ $value }} compactions failed within three hours: mostly its disk is full.",
    ),
    monitoring(
        "AlertmanagerConfigReloadFailed",
        "alertmanager",
        &["alertmanager_config_last_reload_successful"],
        "alertmanager_config_last_reload_successful == 0",
    )
    .for_("5m")
    .says(
        "Alertmanager runs with an old configuration",
        "The last reload of {{ $labels.instance }} failed; its log says why.",
    ),
    monitoring(
        "AlertmanagerNotificationsFailing",
        "alertmanager",
        &["alertmanager_notifications_failed_total", "alertmanager_notifications_total"],
        "sum by (instance, service, integration) (rate(alertmanager_notifications_failed_total[5m])) / (sum by (instance, service, integration) (rate(alertmanager_notifications_total[5m])) > 0) > {threshold}",
    )
    .over(0.01)
    .for_("5m")
    .says(
        "Alertmanager cannot notify over {{ $labels.integration }}",
        "{{ $value | humanizePercentage }} of the notifications fail.",
    ),
    monitoring(
        "BlackboxConfigReloadFailed",
        "blackbox-exporter",
        &["blackbox_exporter_config_last_reload_successful"],
        "blackbox_exporter_config_last_reload_successful == 0",
    )
    .for_("5m")
    .warning()
    .says(
        "The blackbox exporter runs with an old configuration",
        "The last reload of {{ $labels.instance }} failed; its log says why.",
    ),
    monitoring(
        "PushedMetricsStale",
        "pushgateway",
        &["push_time_seconds"],
        "time() - push_time_seconds > {threshold} * 3600",
    )
    .over(26.0)
    .for_("10m")
    .warning()
    .says(
        "Job {{ $labels.job }} has not pushed for a day",
        "Its last push was {{ $value | humanizeDuration }} ago, and its old values are still shown.",
    ),
    monitoring(
        "DeployInProgress",
        "sinops",
        &["sinops_deploy_in_progress"],
        "sinops_deploy_in_progress > 0",
    )
    .severity("info")
    .says(
        "A deploy is in progress",
        "Restarts of its containers are meant to happen; Alertmanager mutes them.",
    ),
    logs(
        "LogShipperDropping",
        "alloy",
        &["loki_write_dropped_entries_total"],
        "sum by (instance, service) (rate(loki_write_dropped_entries_total[5m])) > {threshold}",
    )
    .over(0.0)
    .for_("5m")
    .warning()
    .says(
        "{{ $labels.service }} loses log lines",
        "{{ $value }} lines a second are dropped on their way to Loki.",
    ),
    logs(
        "PromtailDropping",
        "promtail",
        &["promtail_dropped_entries_total"],
        "sum by (instance, service) (rate(promtail_dropped_entries_total[5m])) > {threshold}",
    )
    .over(0.0)
    .for_("5m")
    .warning()
    .says(
        "{{ $labels.service }} loses log lines",
        "{{ $value }} lines a second are dropped on their way to Loki.",
    ),
    logs(
        "LokiDiscarding",
        "loki",
        &["loki_discarded_samples_total"],
        "sum by (service, reason) (rate(loki_discarded_samples_total[5m])) > {threshold}",
    )
    .over(0.0)
    .for_("10m")
    .warning()
    .says(
        "Loki refuses log lines",
        "{{ $value }} lines a second are refused: {{ $labels.reason }}.",
    ),
];
