//! Modules of the blackbox exporter.

use crate::Look;
use sinops_config_check::value::regex_error;
use sinops_config_check::{Node, Rules, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

const PROBERS: &[&str] = &["http", "tcp", "icmp", "dns", "grpc", "unix", "websocket"];

pub(crate) fn check(look: &Look<'_>, text: &Text<'_>, problems: &mut Vec<Problem>) {
    let root = match &text.root {
        Ok(root) => root,
        Err(error) => {
            problems.push(crate::config::syntax(text, error.at, &error.message));
            return;
        }
    };
    let rules = Rules {
        area: "blackbox",
        program: "the blackbox exporter",
        version: None,
        moved: &[(
            "http_probe",
            "fail_if_matches_regexp",
            "it is called `fail_if_body_matches_regexp`",
        )],
        hidden: &[],
        forms: true,
        gaps: false,
    };
    let mut found = Vec::new();
    look.schema
        .check(text, root, "blackbox", &rules, &mut found);
    // Regular expressions get a better answer below.
    found.retain(|problem| !problem.message.contains("no regular expression"));
    problems.append(&mut found);
    for module in root.get("modules").map(Node::entries).unwrap_or_default() {
        match module.node.get("prober") {
            Some(prober) if prober.text().is_some_and(|it| PROBERS.contains(&it)) => {}
            Some(prober) => problems.push(
                text.problem(
                    Severity::Critical,
                    "blackbox/prober",
                    prober.span.clone(),
                    format!(
                        "the module `{}` has an unknown prober: every probe of it fails",
                        module.name
                    ),
                )
                .hint(format!("known: {}", PROBERS.join(", "))),
            ),
            None => problems.push(
                text.problem(
                    Severity::Critical,
                    "blackbox/prober",
                    module.key.clone(),
                    format!("the module `{}` has no prober", module.name),
                )
                .hint(format!("one of: {}", PROBERS.join(", "))),
            ),
        }
        module.node.walk(&mut |node| {
            for entry in node.entries() {
                let many = entry.name.ends_with("_regexp") && entry.name.starts_with("fail_if");
                if many {
                    for item in entry.node.items() {
                        expression(text, item, problems);
                    }
                }
                if matches!(entry.name.as_str(), "expect" | "regexp") || many {
                    expression(text, &entry.node, problems);
                }
            }
        });
    }
}

fn expression(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let Some(pattern) = node.text() else { return };
    let Some(reason) = regex_error(pattern) else {
        return;
    };
    let mut problem = text.problem(
        Severity::Critical,
        "blackbox/regex",
        node.span.clone(),
        format!("`{pattern}` is no regular expression ({reason}): the exporter refuses the file"),
    );
    problem = if let Some(rest) = pattern.strip_prefix(['+', '*', '?']) {
        let first = pattern.chars().next().unwrap_or('+');
        let mended = format!("\\{first}{rest}");
        problem
            .hint(format!("write `{mended}` for the character itself"))
            .edit(
                text.place(node.span.clone()),
                format!("'{}'", mended.replace('\'', "''")),
            )
    } else {
        problem.hint("escape characters that stand for themselves with a backslash")
    };
    problems.push(problem);
}
