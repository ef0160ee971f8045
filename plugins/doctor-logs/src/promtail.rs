//! Promtail's file.

use crate::found;
use sinops_config_check::value::regex_error;
use sinops_config_check::{Entry, Node, Rules, Schema, Set, Text, nearest};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

const STAGES: &[&str] = &[
    "json",
    "logfmt",
    "regex",
    "replace",
    "metrics",
    "labels",
    "labeldrop",
    "timestamp",
    "output",
    "docker",
    "cri",
    "match",
    "template",
    "pipeline",
    "tenant",
    "drop",
    "sampling",
    "limit",
    "multiline",
    "pack",
    "labelallow",
    "static_labels",
    "decolorize",
    "eventlogmessage",
    "geoip",
    "non_indexed_labels",
    "structured_metadata",
];

/// What a stage cannot do without: one of these keys.
const NEEDS: &[(&str, &[&str])] = &[
    ("json", &["expressions"]),
    ("regex", &["expression"]),
    ("replace", &["expression"]),
    ("timestamp", &["source"]),
    ("timestamp", &["format"]),
    ("output", &["source"]),
    ("match", &["selector"]),
    ("template", &["source"]),
    ("template", &["template"]),
    ("tenant", &["source", "value", "label"]),
    ("multiline", &["firstline"]),
    ("limit", &["rate"]),
    ("limit", &["burst"]),
    (
        "drop",
        &["source", "expression", "value", "older_than", "longer_than"],
    ),
];

pub(crate) fn is_promtail(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    (has("clients") || has("client") || has("positions")) && has("scrape_configs")
}

pub(crate) fn check(
    set: &Set<'_>,
    schema: &Schema,
    text: &Text<'_>,
    root: &Node,
    problems: &mut Vec<Problem>,
) {
    let at = root
        .entry("scrape_configs")
        .map_or(0..1, |entry| entry.key.clone());
    problems.push(found(
        text,
        Severity::Warning,
        "promtail/end-of-life",
        at,
        "Promtail has been at its end since 2026-03-02: it gets no fixes, also none of security",
        "ship logs with Grafana Alloy; `alloy convert --source-format=promtail` translates this file",
    ));
    let rules = Rules {
        area: "promtail",
        program: "Promtail",
        version: set.version(text.path, &["promtail"]),
        moved: &[],
        hidden: &[],
        forms: true,
        expands: true,
        gaps: false,
    };
    schema.check(text, root, "promtail", &rules, problems);
    for job in root.list("scrape_configs") {
        stages(text, job, problems);
        paths(set, text, job, problems);
    }
}

fn stages(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    for stage in node.list("pipeline_stages").chain(node.list("stages")) {
        if let [first, second, ..] = stage.entries() {
            problems.push(found(
                text,
                Severity::Critical,
                "promtail/stage",
                second.key.clone(),
                format!(
                    "a stage has one key, this has `{}` and `{}`: Promtail does not start",
                    first.name, second.name
                ),
                &format!("indent `{}` below `{}:`", second.name, first.name),
            ));
            continue;
        }
        for entry in stage.entries() {
            if !STAGES.contains(&entry.name.as_str()) {
                let near = nearest(&entry.name, STAGES.iter().copied());
                let problem = found(
                    text,
                    Severity::Critical,
                    "promtail/stage",
                    entry.key.clone(),
                    format!(
                        "there is no stage `{}`: Promtail does not start",
                        entry.name
                    ),
                    &near.map_or_else(
                        || format!("known: {}", STAGES.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    ),
                );
                problems.push(match near {
                    Some(near) => problem.edit(text.place(entry.key.clone()), near),
                    None => problem,
                });
            }
            whole(text, entry, problems);
            stages(text, &entry.node, problems);
        }
    }
}

/// A stage has what it needs, and its expressions can be read.
fn whole(text: &Text<'_>, stage: &Entry, problems: &mut Vec<Problem>) {
    for (_, keys) in NEEDS.iter().filter(|(name, _)| *name == stage.name) {
        if !keys.iter().any(|key| stage.node.get(key).is_some()) {
            problems.push(found(
                text,
                Severity::Critical,
                "promtail/stage",
                stage.key.clone(),
                format!(
                    "the stage `{}` has no `{}`: Promtail does not start",
                    stage.name,
                    keys.join("` or `")
                ),
                &format!("add `{}`", keys.first().unwrap_or(&"")),
            ));
        }
    }
    let key = match stage.name.as_str() {
        "regex" | "replace" | "drop" => "expression",
        "multiline" => "firstline",
        _ => return,
    };
    if let Some(expression) = stage.node.get(key)
        && let Some(reason) = regex_error(expression.text().unwrap_or_default())
    {
        problems.push(found(
            text,
            Severity::Critical,
            "promtail/stage",
            expression.span.clone(),
            format!("this is no regular expression, {reason}: Promtail does not start"),
            "escape characters that stand for themselves with a backslash",
        ));
    }
}

/// Paths of logs that the container does not see.
fn paths(set: &Set<'_>, text: &Text<'_>, job: &Node, problems: &mut Vec<Problem>) {
    let mut mounts = set.mounts(text.path);
    let Some(mounted) = mounts.find(|mount| mount.service.program() == "promtail") else {
        return;
    };
    let Some((_, definition)) = set
        .services()
        .find(|(service, _)| service.name == mounted.service.name)
    else {
        return;
    };
    let mounts: Vec<&str> = definition
        .get("volumes")
        .and_then(|it| it.as_array())
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("target")?.as_str())
        .collect();
    for path in job
        .list("static_configs")
        .filter_map(|it| it.get("labels")?.get("__path__"))
    {
        let wanted = path.text().unwrap_or_default();
        let seen = mounts.iter().any(|target| {
            let target = target.trim_end_matches('/');
            let fixed = wanted.split('*').next().unwrap_or_default();
            wanted.starts_with(&format!("{target}/"))
                || wanted == target
                || target.starts_with(fixed)
        });
        if !seen {
            problems.push(found(
                text,
                Severity::Warning,
                "promtail/path",
                path.span.clone(),
                format!(
                    "`{}` mounts nothing at `{wanted}`: no line is ever read",
                    mounted.service.name
                ),
                "mount the folder of the logs into the container, or take the job out",
            ));
        }
    }
}
