//! Recording rules: what dashboards ask again and again.

use super::{Scene, hosts};
use serde_json::json;

/// Exporter, name, expression.
const RULES: [(&str, &str, &str); 9] = [
    (
        "",
        "service:up:avg_over_time_1d",
        "avg by (service) (avg_over_time(up[1d]))",
    ),
    (
        "blackbox-exporter",
        "service:probe_success:avg_over_time_1d",
        "avg by (service) (avg_over_time(probe_success[1d]))",
    ),
    (
        "node-exporter",
        "instance:node_cpu_use:ratio_rate5m",
        "1 - sum by (instance) (rate(node_cpu_seconds_total{mode=~\"idle|iowait\"}[5m])) / count by (instance) (node_cpu_seconds_total{mode=\"idle\"})",
    ),
    (
        "node-exporter",
        "instance:node_memory_use:ratio",
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    ),
    (
        "node-exporter",
        "instance_mountpoint:node_filesystem_use:ratio",
        "1 - node_filesystem_avail_bytes$ / node_filesystem_size_bytes$",
    ),
    (
        "cadvisor",
        "service:container_cpu_usage_seconds:rate5m",
        "sum by (service) (rate(container_cpu_usage_seconds_total{name!=\"\"}[5m]))",
    ),
    (
        "cadvisor",
        "service:container_memory_working_set_bytes:sum",
        "sum by (service) (container_memory_working_set_bytes{name!=\"\"})",
    ),
    (
        "application",
        "service:http_requests:rate5m",
        "sum by (service) (rate({requests}[5m]))",
    ),
    (
        "application",
        "service:http_errors:ratio_rate5m",
        "sum by (service) (rate({requests}{{status}=~\"5..\"}[5m])) / (sum by (service) (rate({requests}[5m])) > 0)",
    ),
];

/// The file of recording rules.
pub(crate) fn recording(scene: &Scene<'_>) -> String {
    let names = &scene.settings.application;
    let wanted = |exporter: &str| match exporter {
        "" => true,
        "application" => scene.targets.iter().any(|it| it.class() == "application"),
        other => scene.runs(other).is_some(),
    };
    let rules: Vec<_> = RULES
        .iter()
        .filter(|(exporter, ..)| wanted(exporter))
        .map(|(_, name, expression)| {
            let expression = hosts::written_out(expression)
                .replace("{requests}", &names.requests)
                .replace("{status}", &names.status_label);
            json!({ "record": name, "expr": expression })
        })
        .collect();
    let groups = json!({ "groups": [{ "name": "sinops-recording", "rules": rules }] });
    sinops_sdk::yaml::document(crate::MADE, &groups)
}
