//! prometheus.yml.

use crate::targets;
use crate::{Look, PROMETHEUS};
use crate::{discovery, relabel, sections};
use sinops_config_check::value::milliseconds;
use sinops_config_check::{Entry, Node, Rules, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::HashMap;

/// What became of keys that people still write.
const MOVED: &[(&str, &str, &str)] = &[
    (
        "*",
        "retention.time",
        "retention is a flag: start Prometheus with `--storage.tsdb.retention.time=30d`, and take this out",
    ),
    (
        "*",
        "retention.size",
        "retention is a flag: start Prometheus with `--storage.tsdb.retention.size=50GB`, and take this out",
    ),
    (
        "tsdb",
        "retention",
        "retention is a flag before 3.8: start Prometheus with `--storage.tsdb.retention.time=30d`, and take this out",
    ),
    (
        "tsdb",
        "wal-compression",
        "take it out: the write-ahead log has been compressed by default since 2.20 (the flag is `--storage.tsdb.wal-compression`)",
    ),
    (
        "tsdb",
        "wal_compression",
        "take it out: the write-ahead log has been compressed by default since 2.20 (the flag is `--storage.tsdb.wal-compression`)",
    ),
    (
        "tsdb",
        "path",
        "the folder is a flag: `--storage.tsdb.path=/prometheus`",
    ),
    (
        "scrape_config",
        "scrape_classic_histograms",
        "it is called `always_scrape_classic_histograms` since 3.0",
    ),
];

/// How findings of Prometheus's own files are told.
pub(crate) fn rules_of<'r>(look: &Look<'_>, path: &str) -> Rules<'r> {
    Rules {
        area: "prometheus",
        program: "Prometheus",
        version: look.set.version(path, PROMETHEUS),
        moved: MOVED,
        hidden: &[],
        forms: true,
        expands: false,
        gaps: false,
    }
}

pub(crate) fn check(look: &Look<'_>, text: &Text<'_>, problems: &mut Vec<Problem>) {
    let root = match &text.root {
        Ok(root) => root,
        Err(error) => {
            problems.push(syntax(text, error.at, &error.message));
            return;
        }
    };
    let rules = rules_of(look, text.path);
    look.schema
        .check(text, root, "prometheus", &rules, problems);
    if let Some(labels) = root
        .get("global")
        .and_then(|it| it.entry("external_labels"))
    {
        external_labels(text, &labels.node, &rules, problems);
    }
    for alertmanager in root
        .get("alerting")
        .into_iter()
        .flat_map(|it| it.list("alertmanagers"))
    {
        api_version(text, alertmanager, &rules, problems);
        targets::check_alertmanager(look, text, alertmanager, problems);
        discovery::check(text, alertmanager, &rules, problems);
        for key in ["relabel_configs", "alert_relabel_configs"] {
            relabel::check(text, alertmanager, key, &rules, problems);
        }
    }
    if let Some(alerting) = root.get("alerting") {
        relabel::check(text, alerting, "alert_relabel_configs", &rules, problems);
    }
    for remote in root.list("remote_write") {
        relabel::check(text, remote, "write_relabel_configs", &rules, problems);
    }
    sections::check(text, root, &rules, problems);
    let global = root.get("global");
    let mut names: HashMap<&str, usize> = HashMap::new();
    for job in root.list("scrape_configs") {
        match job.entry("job_name") {
            // That it is empty is told already.
            None if job.is_null() => {}
            None => problems.push(
                text.problem(
                    Severity::Critical,
                    "prometheus/no-job-name",
                    job.span.clone(),
                    "a scrape job has no `job_name`: Prometheus refuses the file",
                )
                .hint("give it one"),
            ),
            Some(entry) if entry.node.text().is_none_or(str::is_empty) => problems.push(
                text.problem(
                    Severity::Critical,
                    "prometheus/no-job-name",
                    entry.node.span.clone(),
                    "the name of a scrape job is empty: Prometheus refuses the file",
                )
                .hint("give it one"),
            ),
            Some(entry) => duplicate(text, entry, &mut names, problems),
        }
        intervals(text, job, global, problems);
        targets::check_job(look, text, job, problems);
        relabel::check(text, job, "relabel_configs", &rules, problems);
        relabel::check(text, job, "metric_relabel_configs", &rules, problems);
        relabel::sources(text, job, problems);
        discovery::check(text, job, &rules, problems);
        protocols(text, job, &rules, problems);
        labels(text, job, &rules, problems);
        discovery_files(look, text, job, problems);
    }
    rule_files(look, text, root, problems);
}

/// A finding for which Prometheus refuses the file.
pub(crate) fn refused(
    text: &Text<'_>,
    rules: &Rules<'_>,
    at: std::ops::Range<usize>,
    code: &str,
    reason: &str,
    hint: &str,
) -> Problem {
    let message = format!("{reason}: {} refuses the file", rules.who());
    text.problem(Severity::Critical, code, at, message)
        .hint(hint)
}

/// Protocols that stand in the list twice.
fn protocols(text: &Text<'_>, job: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let mut seen = Vec::new();
    for protocol in job.list("scrape_protocols") {
        let name = protocol.text().unwrap_or_default();
        if seen.contains(&name) {
            problems.push(refused(
                text,
                rules,
                protocol.span.clone(),
                "prometheus/wrong-value",
                &format!("`scrape_protocols` names `{name}` twice"),
                "take it out",
            ));
        }
        seen.push(name);
    }
}

/// Names of the labels that a job gives its targets.
fn labels(text: &Text<'_>, job: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let groups = job.list("static_configs").filter_map(|it| it.get("labels"));
    for entry in groups.flat_map(Node::entries) {
        problems.extend(no_label(text, entry, rules));
    }
}

/// Why a label cannot be called so.
fn no_label(text: &Text<'_>, entry: &Entry, rules: &Rules<'_>) -> Option<Problem> {
    (!is_label(&entry.name, rules)).then(|| {
        refused(
            text,
            rules,
            entry.key.clone(),
            "prometheus/label",
            &format!("`{}` is no name of a label", entry.name),
            "letters, digits and `_` make one, without a digit at its beginning",
        )
    })
}

/// Since 3.0 a label may be called anything.
pub(crate) fn is_label(name: &str, rules: &Rules<'_>) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let legacy = rules.version.is_some_and(|it| it < (3, 0));
    !name.is_empty()
        && (!legacy || name.chars().all(plain) && !name.starts_with(|it: char| it.is_ascii_digit()))
}

/// A text that is no YAML.
pub(crate) fn syntax(text: &Text<'_>, at: usize, reason: &str) -> Problem {
    let line = text.content.get(at..).unwrap_or_default();
    let length = line.find('\n').unwrap_or(line.len()).min(40);
    text.not_yaml("prometheus/syntax", at..at + length, reason)
}

fn external_labels(text: &Text<'_>, labels: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    for entry in labels.entries() {
        problems.extend(no_label(text, entry, rules));
        let value = entry.node.text().unwrap_or_default();
        if value.contains("{{") || value.contains("{%") {
            let problem = text
                .problem(
                    Severity::Warning,
                    "prometheus/template-in-label",
                    entry.node.span.clone(),
                    format!(
                        "the label `{}` is `{value}`, letter by letter: nothing expands templates here, and every alert and remote sample carries it",
                        entry.name
                    ),
                )
                .hint("write a fixed value, or `${VARIABLE}` of Prometheus's environment, or take the label out");
            problems.push(text.remove(problem, labels, entry));
        }
    }
}

fn api_version(text: &Text<'_>, node: &Node, rules: &Rules<'_>, problems: &mut Vec<Problem>) {
    let Some(entry) = node.entry("api_version") else {
        return;
    };
    match entry.node.text() {
        Some("v2") | None => {}
        Some("v1") => {
            let refused = rules.version.is_none_or(|it| it >= (3, 0));
            problems.push(
                text.problem(
                    if refused {
                        Severity::Critical
                    } else {
                        Severity::Warning
                    },
                    "prometheus/api-version",
                    entry.node.span.clone(),
                    if refused {
                        "`api_version: v1` is gone since Prometheus 3: the file is refused"
                    } else {
                        "`api_version: v1`: Alertmanager 0.27 and newer have no such API, alerts are lost"
                    },
                )
                .hint("write `v2`")
                .edit(text.place(entry.node.span.clone()), "v2"),
            );
        }
        Some(other) => problems.push(
            text.problem(
                Severity::Critical,
                "prometheus/api-version",
                entry.node.span.clone(),
                format!("there is no Alertmanager API `{other}`: Prometheus refuses the file"),
            )
            .hint("write `v2`")
            .edit(text.place(entry.node.span.clone()), "v2"),
        ),
    }
}

fn duplicate<'t>(
    text: &Text<'_>,
    entry: &'t Entry,
    names: &mut HashMap<&'t str, usize>,
    problems: &mut Vec<Problem>,
) {
    let Some(name) = entry.node.text() else {
        return;
    };
    if let Some(first) = names.insert(name, entry.key.start) {
        let before = text.content.get(..first).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        problems.push(
            text.problem(
                Severity::Critical,
                "prometheus/duplicate-job",
                entry.node.span.clone(),
                format!("the job `{name}` is on line {line} already: Prometheus refuses the file"),
            )
            .hint("give one of them another name, or put their targets together"),
        );
    }
}

fn intervals(text: &Text<'_>, job: &Node, global: Option<&Node>, problems: &mut Vec<Problem>) {
    let of = |key: &str, usual: &str| -> String {
        job.text_of(key)
            .or_else(|| global.and_then(|it| it.text_of(key)))
            .unwrap_or(usual)
            .to_owned()
    };
    let Some(timeout) = job.entry("scrape_timeout") else {
        return;
    };
    let interval = of("scrape_interval", "1m");
    let longer = milliseconds(timeout.node.text().unwrap_or_default())
        .zip(milliseconds(&interval))
        .is_some_and(|(timeout, interval)| timeout > interval);
    if longer {
        problems.push(
            text.problem(
                Severity::Critical,
                "prometheus/timeout",
                timeout.node.span.clone(),
                format!(
                    "the timeout is longer than the interval of {interval}: Prometheus refuses the file"
                ),
            )
            .hint("make it shorter than the interval"),
        );
    }
}

/// Files of targets that the container does not see.
fn discovery_files(look: &Look<'_>, text: &Text<'_>, job: &Node, problems: &mut Vec<Problem>) {
    for file in job.list("file_sd_configs").flat_map(|it| it.list("files")) {
        if let Some(path) = file.text()
            && let Some(folder) = invisible(look, text, path)
        {
            problems.push(
                text.problem(
                    Severity::Warning,
                    "prometheus/sd-file-missing",
                    file.span.clone(),
                    format!("no file of targets is at `{path}` in the container: {folder}. The job has no target"),
                )
                .hint("mount the file or its folder into the container, let Prometheus discover containers by itself (`docker_sd_configs`), or take the job out"),
            );
        }
    }
}

/// Files of rules that the container does not see: a pattern without a match is no error.
fn rule_files(look: &Look<'_>, text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    for file in root.list("rule_files") {
        if let Some(path) = file.text()
            && let Some(folder) = invisible(look, text, path)
        {
            problems.push(
                text.problem(
                    Severity::Warning,
                    "prometheus/rule-file-missing",
                    file.span.clone(),
                    format!("no file of rules is at `{path}` in the container: {folder}. Prometheus starts without them and says nothing"),
                )
                .hint("mount the file or its folder into the container"),
            );
        }
    }
}

/// Why a path of the container cannot be there; none if it is or may be.
fn invisible(look: &Look<'_>, text: &Text<'_>, path: &str) -> Option<String> {
    let set = &look.set;
    let mut mounts = set.mounts(text.path);
    let mounted = mounts.find(|mount| PROMETHEUS.contains(&mount.service.program()))?;
    let folder = mounted.target.rsplit_once('/').map_or("", |it| it.0);
    let absolute = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    };
    let (_, definition) = set
        .services()
        .find(|(service, _)| service.name == mounted.service.name)?;
    let mounts = definition.get("volumes")?.as_array()?;
    let below = |target: &str, path: &str| {
        path.strip_prefix(target)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let stem = absolute.split('*').next().unwrap_or_default();
    for mount in mounts {
        let target = mount.get("target")?.as_str()?.trim_end_matches('/');
        // A pattern may match below a mount, or a file that is mounted alone.
        if absolute.contains('*') && target.starts_with(stem) {
            return None;
        }
        if !below(target, &absolute) {
            continue;
        }
        let bind = mount.get("type").and_then(|it| it.as_str()) == Some("bind");
        let source = mount.get("source").and_then(|it| it.as_str());
        let project = set.planning.stack.project_directory.as_str();
        let inside = bind && source.is_some_and(|it| below(project, it));
        // Of files with other endings nobody has looked whether they are there.
        if !inside
            || absolute.contains('*')
            || !crate::files::readable(&absolute)
            || absolute.contains("/.")
            || set.seen(mounted.service, &absolute).is_some()
        {
            return None;
        }
        return Some(format!(
            "`{}` is mounted there and does not hold it",
            source.unwrap_or_default()
        ));
    }
    Some(format!("`{}` mounts nothing there", mounted.service.name))
}
