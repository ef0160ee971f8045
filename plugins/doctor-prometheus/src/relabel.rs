//! Relabelling.

use sinops_config_check::{Entry, Node, Rules, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

/// Discovery and the beginnings of the labels that it sets.
const META: &[(&str, &str)] = &[
    ("docker_sd_configs", "__meta_docker_"),
    ("dockerswarm_sd_configs", "__meta_dockerswarm_"),
    ("kubernetes_sd_configs", "__meta_kubernetes_"),
    ("consul_sd_configs", "__meta_consul_"),
    ("ec2_sd_configs", "__meta_ec2_"),
    ("dns_sd_configs", "__meta_dns_"),
];

pub(crate) fn check(
    text: &Text<'_>,
    node: &Node,
    key: &str,
    rules: &Rules<'_>,
    problems: &mut Vec<Problem>,
) {
    for step in node.list(key) {
        if step.is_null() {
            // That it is empty is told already.
            continue;
        }
        let action = match step.get("action") {
            Some(action) if action.is_null() => String::new(),
            Some(action) => action.text().unwrap_or_default().to_lowercase(),
            None => "replace".to_owned(),
        };
        if !ACTIONS.contains(&action.as_str()) {
            if let Some(at) = step.get("action") {
                let near = sinops_config_check::nearest(&action, ACTIONS.iter().copied());
                let problem = text.problem(
                    Severity::Critical,
                    "prometheus/relabel",
                    at.span.clone(),
                    format!(
                        "there is no action `{action}`: {} refuses the file",
                        rules.who()
                    ),
                );
                problems.push(match near {
                    Some(near) => problem
                        .hint(format!("did you mean `{near}`?"))
                        .edit(text.place(at.span.clone()), near),
                    None => problem.hint(format!("known: {}", ACTIONS.join(", "))),
                });
            }
            continue;
        }
        if let Some(regex) = step.get("regex")
            && let Some(pattern) = regex.text()
            && let Some(reason) = sinops_config_check::value::regex_error(pattern)
        {
            problems.push(
                text.problem(
                    Severity::Critical,
                    "prometheus/regex",
                    regex.span.clone(),
                    format!("`{pattern}` is no regular expression: {reason}"),
                )
                .hint("escape characters that stand for themselves with a backslash"),
            );
        }
        let excluded: &[&str] = match action.as_str() {
            "labeldrop" | "labelkeep" => &[
                "source_labels",
                "target_label",
                "modulus",
                "separator",
                "replacement",
            ],
            "keepequal" | "dropequal" => &["regex", "modulus", "separator", "replacement"],
            "lowercase" | "uppercase" => &["replacement"],
            _ => &[],
        };
        for key in excluded {
            if let Some(entry) = step.entry(key)
                && !is_usual(entry)
            {
                let problem = text
                    .problem(
                        Severity::Critical,
                        "prometheus/relabel",
                        entry.key.clone(),
                        format!(
                            "the action `{action}` takes no `{key}`: {} refuses the file",
                            rules.who()
                        ),
                    )
                    .hint("take it out");
                problems.push(text.remove(problem, step, entry));
            }
        }
        let needs = match action.as_str() {
            "replace" | "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal" => {
                let target = step.text_of("target_label");
                target.is_none_or(str::is_empty).then_some("target_label")
            }
            _ => None,
        };
        let needs = needs.or_else(|| {
            let modulus = step.text_of("modulus");
            (action == "hashmod" && matches!(modulus, None | Some("0"))).then_some("modulus")
        });
        if let Some(needs) = needs {
            problems.push(
                text.problem(
                    Severity::Critical,
                    "prometheus/relabel",
                    step.span.clone(),
                    format!(
                        "the action `{action}` needs `{needs}`: {} refuses the file",
                        rules.who()
                    ),
                )
                .hint(format!("add `{needs}`")),
            );
        }
    }
}

/// The value that Prometheus would have taken anyway, or nothing.
fn is_usual(entry: &Entry) -> bool {
    match entry.node.text() {
        None => entry.node.is_null() && entry.name == "source_labels",
        Some(value) => matches!(
            (entry.name.as_str(), value),
            ("separator", ";")
                | ("regex", "(.*)")
                | ("replacement", "$1")
                | ("modulus", "0")
                | ("target_label", "")
        ),
    }
}

/// Labels that no discovery of the job sets: the step never does anything.
pub(crate) fn sources(text: &Text<'_>, job: &Node, problems: &mut Vec<Problem>) {
    // Files of targets may set any label, though nobody writes these by hand.
    if job.get("http_sd_configs").is_some() {
        return;
    }
    for label in job
        .list("relabel_configs")
        .flat_map(|it| it.list("source_labels"))
    {
        let Some(name) = label.text() else { continue };
        let Some((discovery, _)) = META.iter().find(|(_, start)| name.starts_with(start)) else {
            continue;
        };
        let also = *discovery == "ec2_sd_configs" && job.get("aws_sd_configs").is_some();
        if job.get(discovery).is_none() && !also {
            problems.push(
                text.problem(
                    Severity::Warning,
                    "prometheus/meta-label",
                    label.span.clone(),
                    format!(
                        "only `{discovery}` sets `{name}`, and this job has none: the label is always empty"
                    ),
                )
                .hint(format!("discover with `{discovery}`, or take the step out")),
            );
        }
    }
}
