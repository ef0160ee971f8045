//! Alert rules for what is scraped: no rule names a series that nothing here
//! provides.

use crate::targets::Target;
use serde_json::{Map, Value, json};

/// Name, expression, holding time, severity, summary, description.
type Rule = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const AVAILABILITY: [Rule; 2] = [
    (
        "Watchdog",
        "vector(1)",
        "",
        "info",
        "Alerting works",
        "Always fires. If it does not arrive, alerts do not either.",
    ),
    (
        "ServiceDown",
        "up == 0",
        "1m",
        "critical",
        "{{ $labels.service }} is down",
        "{{ $labels.instance }} of job {{ $labels.job }} has not answered a scrape for a minute.",
    ),
];

const PROMETHEUS: [Rule; 2] = [
    (
        "PrometheusConfigReloadFailed",
        "prometheus_config_last_reload_successful == 0",
        "5m",
        "critical",
        "Prometheus runs with an old configuration",
        "The last reload failed; its log says why.",
    ),
    (
        "PrometheusRuleFailures",
        "increase(prometheus_rule_evaluation_failures_total[5m]) > 0",
        "5m",
        "critical",
        "Prometheus cannot evaluate rules",
        "Rules of group {{ $labels.rule_group }} fail; alerts may be missing.",
    ),
];

const ALERTMANAGER: [Rule; 1] = [(
    "AlertmanagerNotificationsFailing",
    "rate(alertmanager_notifications_failed_total[5m]) > 0",
    "5m",
    "critical",
    "Alertmanager cannot notify over {{ $labels.integration }}",
    "Notifications over {{ $labels.integration }} have failed for five minutes.",
)];

const NODE: [Rule; 3] = [
    (
        "HostCpuHigh",
        "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) > 0.8",
        "15m",
        "warning",
        "CPU of {{ $labels.instance }} is busy",
        "{{ $value | humanizePercentage }} of the CPU time has been in use for 15 minutes.",
    ),
    (
        "HostMemoryHigh",
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
        "10m",
        "critical",
        "{{ $labels.instance }} is short of memory",
        "{{ $value | humanizePercentage }} of the memory is in use.",
    ),
    (
        "HostDiskFull",
        "1 - node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs\"} / node_filesystem_size_bytes{fstype!~\"tmpfs|overlay|squashfs|ramfs\"} > 0.9",
        "10m",
        "critical",
        "{{ $labels.mountpoint }} of {{ $labels.instance }} is almost full",
        "{{ $value | humanizePercentage }} of it is in use.",
    ),
];

const CADVISOR: [Rule; 2] = [
    (
        "ContainerRestarting",
        "changes(container_start_time_seconds{name!=\"\"}[15m]) >= 3",
        "",
        "warning",
        "{{ $labels.name }} keeps restarting",
        "It has started {{ $value }} times within 15 minutes.",
    ),
    (
        "ContainerMemoryHigh",
        "container_memory_working_set_bytes{name!=\"\"} / (container_spec_memory_limit_bytes{name!=\"\"} > 0) > 0.9",
        "5m",
        "critical",
        "{{ $labels.name }} is close to its memory limit",
        "{{ $value | humanizePercentage }} of the limit is in use.",
    ),
];

pub(crate) fn of(targets: &[Target]) -> Value {
    let has = |job: &str| targets.iter().any(|target| target.job == job);
    let mut groups = vec![group("sinops-availability", &AVAILABILITY)];
    if let Some(rules) = groups
        .first_mut()
        .and_then(|group| group.get_mut("rules")?.as_array_mut())
    {
        rules.extend(targets.iter().map(absent));
    }
    for (job, name, rules) in [
        ("prometheus", "sinops-prometheus", PROMETHEUS.as_slice()),
        ("alertmanager", "sinops-alertmanager", &ALERTMANAGER),
        ("node-exporter", "sinops-host", &NODE),
        ("cadvisor", "sinops-containers", &CADVISOR),
    ] {
        if has(job) {
            groups.push(group(name, rules));
        }
    }
    json!({ "groups": groups })
}

fn group(name: &str, rules: &[Rule]) -> Value {
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    json!({ "name": name, "rules": rules })
}

fn rule(&(name, expression, hold, severity, summary, description): &Rule) -> Value {
    let mut rule = Map::new();
    rule.insert("alert".into(), json!(name));
    rule.insert("expr".into(), json!(expression));
    if !hold.is_empty() {
        rule.insert("for".into(), json!(hold));
    }
    rule.insert("labels".into(), json!({ "severity": severity }));
    rule.insert(
        "annotations".into(),
        json!({ "summary": summary, "description": description }),
    );
    Value::Object(rule)
}

/// A service that has vanished leaves no `up` that could be 0.
fn absent(target: &Target) -> Value {
    let service = &target.service;
    json!({
        "alert": "ServiceAbsent",
        "expr": format!("absent(up{{service={}}})", Value::String(service.clone())),
        "for": "5m",
        "labels": { "severity": "critical", "service": service },
        "annotations": {
            "summary": format!("{service} is not scraped"),
            "description": "Prometheus knows no such target any more: its configuration is not the one that was generated.",
        },
    })
}
