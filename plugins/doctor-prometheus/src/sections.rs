//! What the values of one section say together: remote storage, telemetry
//! attributes, patterns of files.

use crate::config::refused;
use sinops_config_check::value::milliseconds;
use sinops_config_check::{Node, Rules, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

/// Headers that Prometheus sets itself.
const RESERVED: &[&str] = &[
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

pub(crate) fn check(text: &Text<'_>, root: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    for section in ["remote_write", "remote_read"] {
        let mut names = BTreeSet::new();
        for remote in root.list(section) {
            headers(text, remote, rules, problems);
            if let Some(name) = remote.get("name")
                && let Some(word) = name.text().filter(|it| !it.is_empty())
                && !names.insert(word)
            {
                problems.push(refused(
                    text,
                    rules,
                    name.span.clone(),
                    "prometheus/remote",
                    &format!("`{section}` has an entry `{word}` already"),
                    "give it another name",
                ));
            }
            if let Some(queue) = remote.get("queue_config") {
                let before = problems.len();
                queues(text, queue, rules, problems);
                // Before 3.12 such a queue is taken, and does not work.
                if rules.version.is_some_and(|it| it < (3, 12)) {
                    for problem in problems.iter_mut().skip(before) {
                        problem.severity = Severity::Warning;
                        problem.message = problem.message.replace(
                            &format!("{} refuses the file", rules.who()),
                            "the queue does not work, and Prometheus 3.12 refuses the file",
                        );
                    }
                }
            }
        }
    }
    if let Some(tracing) = root.get("tracing") {
        headers(text, tracing, rules, problems);
    }
    if let Some(otlp) = root.get("otlp") {
        attributes(text, otlp, rules, problems);
    }
    for key in ["rule_files", "scrape_config_files"] {
        for pattern in root.list(key) {
            let path = pattern.text().unwrap_or_default();
            let stars = path.find('*').and_then(|at| path.get(at..));
            if stars.is_some_and(|rest| rest.contains('/')) {
                problems.push(refused(
                    text,
                    rules,
                    pattern.span.clone(),
                    "prometheus/file-pattern",
                    &format!("`{path}`: a `*` stands in the last part of a path only"),
                    "name each folder in a line of its own",
                ));
            }
        }
    }
}

fn headers(text: &Text<'_>, node: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    for entry in node.get("headers").map(Node::entries).unwrap_or_default() {
        let name = entry.name.to_lowercase();
        if RESERVED.contains(&name.as_str()) {
            problems.push(refused(
                text,
                rules,
                entry.key.clone(),
                "prometheus/remote",
                &format!("the header `{}` is Prometheus's own", entry.name),
                if name == "authorization" {
                    "write `authorization:` or `basic_auth:` beside `url:` instead"
                } else {
                    "take it out"
                },
            ));
        }
    }
}

/// The queue of a remote write, where its defaults count as well.
fn queues(text: &Text<'_>, queue: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let number = |key: &str, usual: f64| {
        let given = queue.get(key).and_then(Node::text);
        given.map_or(Some(usual), |it| it.parse::<f64>().ok())
    };
    for key in [
        "max_shards",
        "min_shards",
        "max_samples_per_send",
        "capacity",
    ] {
        if let Some(entry) = queue.entry(key)
            && entry.node.text().is_some()
            && number(key, 1.0).is_some_and(|it| it < 1.0)
        {
            problems.push(refused(
                text,
                rules,
                entry.node.span.clone(),
                "prometheus/remote",
                &format!("`{key}` has to be 1 or more"),
                "write a larger number, or take it out",
            ));
        }
    }
    if let (Some(least), Some(most)) = (number("min_shards", 1.0), number("max_shards", 50.0))
        && least > most
        && most >= 1.0
    {
        problems.push(refused(
            text,
            rules,
            queue.span.clone(),
            "prometheus/remote",
            &format!("`min_shards` ({least}) is more than `max_shards` ({most})"),
            "make `max_shards` the larger one",
        ));
    }
    let backoff = |key: &str, usual: u64| {
        let given = queue.get(key).and_then(Node::text);
        given.map_or(Some(usual), milliseconds)
    };
    if let (Some(least), Some(most)) = (backoff("min_backoff", 30), backoff("max_backoff", 5000))
        && least > most
    {
        problems.push(refused(
            text,
            rules,
            queue.span.clone(),
            "prometheus/remote",
            "`min_backoff` is longer than `max_backoff`",
            "make `max_backoff` the longer one",
        ));
    }
}

/// Attributes of OpenTelemetry that become labels.
fn attributes(text: &Text<'_>, otlp: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let all = otlp
        .get("promote_all_resource_attributes")
        .and_then(Node::truth)
        == Some(true);
    let (used, unused) = if all {
        ("ignore_resource_attributes", "promote_resource_attributes")
    } else {
        ("promote_resource_attributes", "ignore_resource_attributes")
    };
    if let Some(entry) = otlp.entry(unused)
        && !entry.node.items().is_empty()
    {
        problems.push(refused(
            text,
            rules,
            entry.key.clone(),
            "prometheus/wrong-value",
            &format!("`{unused}` does not go with `promote_all_resource_attributes: {all}`"),
            "take one of them out",
        ));
    }
    let mut seen = BTreeSet::new();
    for attribute in otlp.list(used) {
        let name = attribute.text().unwrap_or_default().trim();
        let reason = if name.is_empty() {
            "an attribute has no name"
        } else if !seen.insert(name) {
            "an attribute stands here twice"
        } else {
            continue;
        };
        problems.push(refused(
            text,
            rules,
            attribute.span.clone(),
            "prometheus/wrong-value",
            reason,
            "take it out",
        ));
    }
}
