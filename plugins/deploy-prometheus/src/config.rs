//! prometheus.yml.
//!
//! Retention is not here: Prometheus takes it from the command line.

use crate::Prometheus;
use crate::targets::Target;
use serde_json::{Map, Value, json};
use sinops_sdk::image;
use sinops_sdk::types::Service;

pub(crate) fn of(
    settings: &Prometheus,
    project: &str,
    prometheus: &Service,
    targets: &[Target],
) -> Value {
    let mut config = Map::new();
    config.insert(
        "global".into(),
        json!({
            "scrape_interval": settings.interval,
            "evaluation_interval": settings.interval,
            "external_labels": { "project": project },
        }),
    );
    if settings.rules {
        config.insert("rule_files".into(), json!(["rules/*.yml"]));
    }
    let alertmanagers: Vec<&String> = targets
        .iter()
        .filter(|target| target.job == "alertmanager")
        .flat_map(|target| &target.addresses)
        .collect();
    if !alertmanagers.is_empty() {
        let group = json!([{ "static_configs": [{ "targets": alertmanagers }] }]);
        config.insert("alerting".into(), json!({ "alertmanagers": group }));
    }
    // Version 3 refuses answers without a content type that it knows, which
    // small services often lack; version 2 does not know the key.
    let strict = prometheus
        .image
        .as_deref()
        .and_then(image::version)
        .is_some_and(|(major, _)| major >= 3);
    let jobs: Vec<Value> = jobs(targets)
        .iter()
        .map(|job| scrape(job, strict))
        .collect();
    config.insert("scrape_configs".into(), Value::Array(jobs));
    Value::Object(config)
}

/// Targets that share everything but their address, in order of appearance.
fn jobs(targets: &[Target]) -> Vec<Vec<&Target>> {
    let mut jobs: Vec<Vec<&Target>> = Vec::new();
    for target in targets {
        let same = |job: &&mut Vec<&Target>| {
            job.first().is_some_and(|first| {
                (&first.job, &first.path, &first.scheme)
                    == (&target.job, &target.path, &target.scheme)
            })
        };
        match jobs.iter_mut().find(same) {
            Some(job) => job.push(target),
            None => jobs.push(vec![target]),
        }
    }
    jobs
}

fn scrape(job: &[&Target], strict: bool) -> Value {
    let mut entry = Map::new();
    let Some(first) = job.first() else {
        return Value::Null;
    };
    // Another path or scheme makes a job of its own, and job names are unique.
    let name = match first.path.as_str() {
        "/metrics" => first.job.clone(),
        path => format!("{}{path}", first.job),
    };
    entry.insert("job_name".into(), json!(name));
    if first.path != "/metrics" {
        entry.insert("metrics_path".into(), json!(first.path));
    }
    if first.scheme != "http" {
        entry.insert("scheme".into(), json!(first.scheme));
    }
    if first.job == "pushgateway" {
        // What was pushed says itself whose it is.
        entry.insert("honor_labels".into(), json!(true));
    }
    if strict && !first.known {
        entry.insert(
            "fallback_scrape_protocol".into(),
            json!("PrometheusText0.0.4"),
        );
    }
    let groups: Vec<Value> = job
        .iter()
        .map(|target| json!({ "targets": target.addresses, "labels": { "service": target.service } }))
        .collect();
    entry.insert("static_configs".into(), json!(groups));
    Value::Object(entry)
}
