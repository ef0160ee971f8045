//! Dashboards.

use sinops_config_check::{Node, Set, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

pub(crate) fn is_dashboard(text: &Text<'_>, root: &Node) -> bool {
    text.path.ends_with(".json") && root.get("panels").is_some() && root.get("title").is_some()
}

pub(crate) fn check(set: &Set<'_>, text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    let sources = provisioned(set);
    root.walk(&mut |node| {
        let Some(value) = node.text() else { return };
        let Some(rest) = value.find("${DS_").and_then(|at| value.get(at..)) else {
            return;
        };
        let name = rest.split_inclusive('}').next().unwrap_or(rest);
        // One finding for each variable, at its first use.
        if seen.insert(name.to_owned()) {
            let only = match sources.as_slice() {
                [one] => format!(": `{one}`"),
                _ => String::new(),
            };
            problems.push(
                text.problem(
                    Severity::Warning,
                    "grafana/placeholder",
                    node.span.clone(),
                    format!("`{name}` is a placeholder for importing by hand: a provisioned dashboard shows no data with it"),
                )
                .hint(format!("write the uid of the data source{only}, and take `__inputs` out")),
            );
        }
    });
    if root.text_of("uid").is_none() {
        problems.push(
            text.problem(
                Severity::Info,
                "grafana/dashboard-uid",
                root.get("title").map_or(0..1, |it| it.span.clone()),
                "the dashboard has no `uid`: links to it break when it is provisioned anew",
            )
            .hint("write one"),
        );
    }
    if sources.is_empty() {
        return;
    }
    let mut lost = BTreeSet::new();
    root.walk(&mut |node| {
        let Some(source) = node.get("datasource") else {
            return;
        };
        let Some(uid) = source.get("uid") else { return };
        let wanted = uid.text().unwrap_or_default();
        let special = wanted.is_empty()
            || wanted.contains('$')
            || wanted.starts_with('-')
            || wanted == "grafana"
            || wanted.contains("Mixed");
        if !special && !sources.iter().any(|it| it == wanted) && lost.insert(wanted.to_owned()) {
            problems.push(
                text.problem(
                    Severity::Warning,
                    "grafana/unknown-uid",
                    uid.span.clone(),
                    format!(
                        "no provisioned data source has the uid `{wanted}`: its panels show no data"
                    ),
                )
                .hint(format!("there are: {}", sources.join(", "))),
            );
        }
    });
}

/// Uids of the data sources that this set provisions.
fn provisioned(set: &Set<'_>) -> Vec<String> {
    set.texts
        .iter()
        .filter_map(|text| text.root.as_ref().ok())
        .filter(|root| root.get("apiVersion").is_some())
        .flat_map(|root| root.list("datasources"))
        .filter_map(|it| it.text_of("uid").map(str::to_owned))
        .collect()
}
