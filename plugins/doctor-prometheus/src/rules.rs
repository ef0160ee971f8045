//! Alerting and recording rules.

use crate::config::{rules_of, syntax};
use crate::{Look, metrics, promql};
use sinops_config_check::{Node, Text};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

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
        .check(text, root, "rules_file", &rules, problems);
    let mut groups = BTreeSet::new();
    for group in root.list("groups") {
        match group.get("name") {
            Some(name) if name.text().is_some() => {
                if !groups.insert(name.text().unwrap_or_default().to_owned()) {
                    problems.push(
                        text.problem(
                            Severity::Critical,
                            "prometheus/duplicate-group",
                            name.span.clone(),
                            "a group of this name is in this file already: Prometheus refuses it",
                        )
                        .hint("give it another name"),
                    );
                }
            }
            _ => problems.push(
                text.problem(
                    Severity::Critical,
                    "prometheus/rule",
                    group.span.clone(),
                    "a group of rules has no name: Prometheus refuses the file",
                )
                .hint("give it a `name`"),
            ),
        }
        for rule in group.list("rules") {
            one(look, text, rule, problems);
        }
    }
}

fn one(look: &Look<'_>, text: &Text<'_>, rule: &Node, problems: &mut Vec<Problem>) {
    let refuse = |span, message: &str, hint: &str| {
        text.problem(Severity::Critical, "prometheus/rule", span, message)
            .hint(hint)
    };
    match (rule.entry("alert"), rule.entry("record")) {
        (Some(_), Some(record)) => problems.push(refuse(
            record.key.clone(),
            "a rule both alerts and records: Prometheus refuses the file",
            "make two rules of it",
        )),
        (None, None) => problems.push(refuse(
            rule.span.clone(),
            "a rule neither alerts nor records: Prometheus refuses the file",
            "give it `alert: Name` or `record: name`",
        )),
        (None, Some(record)) => {
            let name = record.node.text().unwrap_or_default();
            let fits = name
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | ':'));
            let utf8 = rules_of(look, text.path)
                .version
                .is_none_or(|it| it >= (3, 0));
            if name.is_empty() || !fits && !utf8 {
                problems.push(refuse(
                    record.node.span.clone(),
                    "this is no name of a metric: Prometheus refuses the file",
                    "letters, digits, `_` and `:` make one",
                ));
            }
            for key in ["for", "annotations", "keep_firing_for"] {
                if let Some(entry) = rule.entry(key) {
                    let problem = refuse(
                        entry.key.clone(),
                        &format!("a recording rule has no `{key}`: Prometheus refuses the file"),
                        "take it out",
                    );
                    problems.push(text.remove(problem, rule, entry));
                }
            }
        }
        (Some(_), None) => {}
    }
    templates(text, rule, problems);
    let Some(expr) = rule.get("expr") else {
        problems.push(refuse(
            rule.span.clone(),
            "a rule has no `expr`: Prometheus refuses the file",
            "write what it is about",
        ));
        return;
    };
    let query = expr.text().unwrap_or_default();
    match promql::parse(query) {
        Ok(expression) => metrics::check(look, text, expr, query, &expression, problems),
        Err((at, reason)) => problems.push(
            text.problem(
                Severity::Critical,
                "prometheus/promql",
                within(text, expr, query, &at),
                format!("the expression cannot be parsed: {reason}"),
            )
            .hint("`promtool check rules FILE` says the same, try the expression in Prometheus"),
        ),
    }
}

/// Bytes of the file for bytes of a value: exact where the value stands in the
/// file as it is, or else the value itself.
pub(crate) fn within(
    text: &Text<'_>,
    node: &Node,
    value: &str,
    at: &std::ops::Range<usize>,
) -> std::ops::Range<usize> {
    let source = text.content.get(node.span.clone()).unwrap_or_default();
    if let Some(offset) = source.find(value) {
        let start = node.span.start + offset;
        return start + at.start..start + at.end;
    }
    // A block is indented: the line of the value is the line of the file.
    let Some(before) = value.get(..at.start) else {
        return node.span.clone();
    };
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().map_or(0, str::len);
    let mut start = node.span.start;
    let mut lines = source.split_inclusive('\n');
    // The first line of a block holds its mark only.
    if source.starts_with(['|', '>']) {
        start += lines.next().map_or(0, str::len);
    }
    for (number, content) in lines.enumerate() {
        if number == line {
            let indent = content.len() - content.trim_start().len();
            let first = start + indent + column;
            let end = (first + at.len()).min(node.span.end);
            return if first < end {
                first..end
            } else {
                node.span.clone()
            };
        }
        start += content.len();
    }
    node.span.clone()
}

/// Templates with brackets that do not close, or of another language.
fn templates(text: &Text<'_>, rule: &Node, problems: &mut Vec<Problem>) {
    for key in ["labels", "annotations"] {
        for entry in rule.get(key).map(Node::entries).unwrap_or_default() {
            let value = entry.node.text().unwrap_or_default();
            if value.matches("{{").count() != value.matches("}}").count() {
                problems.push(
                    text.problem(
                        Severity::Critical,
                        "prometheus/template",
                        entry.node.span.clone(),
                        "a `{{` has no `}}`: Prometheus refuses the file",
                    )
                    .hint("close the template"),
                );
            } else if sinops_config_check::jinja::tags(value).next().is_some() {
                problems.push(
                    text.problem(
                        Severity::Warning,
                        "prometheus/jinja",
                        entry.node.span.clone(),
                        "tags of Jinja are left in a template of Go: people read them in the alert",
                    )
                    .hint("take `{% … %}` out"),
                );
            }
        }
    }
}
