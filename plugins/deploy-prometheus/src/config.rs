//! prometheus.yml. Each part is commented with where it comes from.
//!
//! Retention is not here: Prometheus takes it from the command line.

use crate::probes::{Kind, Probe};
use crate::targets::Target;
use crate::{MADE, Prometheus, service_discovery};
use serde_json::{Map, Value, json};
use sinops_programs::Version;
use sinops_sdk::yaml;
use std::collections::BTreeMap;

/// What the file is written from.
pub(crate) struct Parts<'p> {
    pub(crate) settings: &'p Prometheus,
    pub(crate) project: &'p str,
    /// None: the newest.
    pub(crate) version: Option<Version>,
    pub(crate) targets: &'p [Target],
    pub(crate) probes: &'p [Probe],
    /// Where the blackbox exporter answers.
    pub(crate) blackbox: Option<String>,
    /// The engine's socket is mounted.
    pub(crate) docker: bool,
}

/// Version 3 refuses answers without a content type that it knows, which small
/// services often lack; version 2 does not know the key.
const FALLBACK: Version = Version::new(3, 0);

pub(crate) fn of(parts: &Parts<'_>) -> String {
    let mut head = Map::new();
    head.insert(
        "global".into(),
        json!({
            "scrape_interval": parts.settings.interval,
            "evaluation_interval": parts.settings.interval,
            "external_labels": { "project": parts.project },
        }),
    );
    head.insert("rule_files".into(), json!(["rules/*.yml"]));
    let mut out = yaml::document(MADE, &Value::Object(head));
    alerting(parts, &mut out);
    out.push_str("scrape_configs:\n");
    for job in jobs(parts.targets) {
        scrape(&job, parts.version, &mut out);
    }
    if let Some(blackbox) = &parts.blackbox {
        for kind in Kind::ALL {
            probe(kind, parts.probes, blackbox, &mut out);
        }
    }
    service_discovery::files(&mut out);
    if parts.docker {
        service_discovery::docker(parts.project, &mut out);
    }
    out
}

/// A part of the document, so many spaces in.
pub(crate) fn part(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    for line in yaml::document("", value).lines() {
        out.push_str(&format!("{pad}{line}\n"));
    }
}

/// The Alertmanagers of the stack.
fn alerting(parts: &Parts<'_>, out: &mut String) {
    let alertmanagers: Vec<&Target> = parts
        .targets
        .iter()
        .filter(|target| target.job == "alertmanager")
        .collect();
    if alertmanagers.is_empty() {
        return;
    }
    out.push_str("alerting:\n  alertmanagers:\n");
    for target in alertmanagers {
        out.push_str(&format!("    # {}\n", target.source));
        let entry = json!([{ "static_configs": [{ "targets": target.addresses }] }]);
        part(&entry, 4, out);
    }
}

/// Targets that share everything but their address, in order of appearance.
fn jobs(targets: &[Target]) -> Vec<Vec<&Target>> {
    let mut places: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut jobs: Vec<Vec<&Target>> = Vec::new();
    for target in targets {
        let key = (
            target.job.as_str(),
            target.path.as_str(),
            target.scheme.as_str(),
        );
        let place = *places.entry(key).or_insert(jobs.len());
        match jobs.get_mut(place) {
            Some(job) => job.push(target),
            None => jobs.push(vec![target]),
        }
    }
    jobs
}

fn scrape(job: &[&Target], version: Option<Version>, out: &mut String) {
    let Some(first) = job.first() else {
        return;
    };
    let usual = first
        .program
        .is_some_and(|program| matches!(program.metrics, sinops_programs::Metrics::Served { path, .. } | sinops_programs::Metrics::Switched { path, .. } if path == first.path));
    // Another path or scheme makes a job of its own, and job names are unique.
    let mut name = first.job.clone();
    if first.path != "/metrics" && !usual {
        name.push_str(&first.path);
    }
    if first.scheme != "http" {
        name = format!("{name}-{}", first.scheme);
    }
    let mut entry = Map::new();
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
    if first.program.is_none() && sinops_programs::version::has(version, FALLBACK) {
        entry.insert(
            "fallback_scrape_protocol".into(),
            json!("PrometheusText0.0.4"),
        );
    }
    if first.job == "cadvisor" {
        entry.insert(
            "metric_relabel_configs".into(),
            service_discovery::container_services(),
        );
    }
    part(&json!([entry]), 2, out);
    out.push_str("    static_configs:\n");
    for target in job {
        let mut labels = Map::new();
        if target.service.is_empty() {
            labels.insert("service".into(), json!(target.job));
            labels.insert("outside".into(), json!("true"));
        } else {
            labels.insert("service".into(), json!(target.service));
        }
        labels.insert("class".into(), json!(target.class()));
        out.push_str(&format!("      # {}\n", target.source));
        let group = json!([{ "targets": target.addresses, "labels": labels }]);
        part(&group, 6, out);
    }
}

/// All probes of a kind are one job: each says its module.
fn probe(kind: Kind, probes: &[Probe], blackbox: &str, out: &mut String) {
    let mut probes = probes.iter().filter(|probe| probe.kind == kind).peekable();
    if probes.peek().is_none() {
        return;
    }
    let entry = json!([{
        "job_name": kind.job(),
        "metrics_path": "/probe",
        "relabel_configs": [
            { "source_labels": ["module"], "target_label": "__param_module" },
            { "source_labels": ["__address__"], "target_label": "__param_target" },
            { "source_labels": ["__param_target"], "target_label": "instance" },
            { "target_label": "__address__", "replacement": blackbox },
        ],
    }]);
    part(&entry, 2, out);
    out.push_str("    static_configs:\n");
    for probe in probes {
        out.push_str(&format!("      # {}\n", probe.source));
        let group = json!([{
            "targets": probe.targets,
            "labels": { "service": probe.service, "module": probe.module },
        }]);
        part(&group, 6, out);
    }
}
