//! Alerting and recording rules.

use crate::config::{is_label, refused, rules_of, syntax};
use crate::{Look, metrics, promql};
use sinops_config_check::template::{self, Dialect};
use sinops_config_check::value::milliseconds;
use sinops_config_check::{Entry, Node, Text};
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
            Some(name) if name.text().is_some_and(|it| !it.is_empty()) => {
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
        names(look, text, group, problems);
        for rule in group.list("rules").filter(|it| !it.is_null()) {
            one(look, text, rule, problems);
        }
    }
}

fn one(look: &Look<'_>, text: &Text<'_>, rule: &Node, problems: &mut Vec<Problem>) {
    let refuse = |span, message: &str, hint: &str| {
        text.problem(Severity::Critical, "prometheus/rule", span, message)
            .hint(hint)
    };
    let named = |key: &str| {
        let there = |it: &&Entry| it.node.text().is_some_and(|it| !it.is_empty());
        rule.entry(key).filter(there)
    };
    match (named("alert"), named("record")) {
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
        (None, Some(record)) => recording(look, text, rule, record, problems),
        (Some(_), None) => {}
    }
    names(look, text, rule, problems);
    templates(text, rule, problems);
    let filled = |it: &&Node| it.text().is_some_and(|it| !it.is_empty());
    let Some(expr) = rule.get("expr").filter(filled) else {
        problems.push(refuse(
            rule.span.clone(),
            "a rule has no `expr`: Prometheus refuses the file",
            "write what it is about",
        ));
        return;
    };
    let query = expr.text().unwrap_or_default();
    match promql::parse(query) {
        Ok(expression) => {
            gone(look, text, expr, query, &expression, problems);
            metrics::check(look, text, expr, query, &expression, problems);
        }
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

/// What alerts know beside the functions of Go.
const DIALECT: Dialect<'_> = Dialect {
    functions: &[
        "query",
        "first",
        "prometheus/label",
        "value",
        "strvalue",
        "args",
        "reReplaceAll",
        "safeHtml",
        "match",
        "title",
        "toUpper",
        "toLower",
        "graphLink",
        "tableLink",
        "sortByLabel",
        "stripPort",
        "stripDomain",
        "humanize",
        "humanize1024",
        "humanizeDuration",
        "humanizePercentage",
        "humanizeTimestamp",
        "toTime",
        "toDuration",
        "now",
        "pathPrefix",
        "externalURL",
        "parseDuration",
        "tmpl",
        "urlQueryEscape",
    ],
    variables: &["$labels", "$externalLabels", "$externalURL", "$value"],
};

/// Templates that cannot be parsed, or of another language.
fn templates(text: &Text<'_>, rule: &Node, problems: &mut Vec<Problem>) {
    // Those of a recording rule are not expanded.
    if rule.get("alert").is_none() {
        return;
    }
    for key in ["labels", "annotations"] {
        for entry in rule.get(key).map(Node::entries).unwrap_or_default() {
            let value = entry.node.text().unwrap_or_default();
            if let Some((at, reason)) = template::error(value, DIALECT) {
                problems.push(
                    text.problem(
                        Severity::Critical,
                        "prometheus/template",
                        within(text, &entry.node, value, &at),
                        format!("{reason}: Prometheus refuses the file"),
                    )
                    .hint(
                        "mend the template; a `{{` that is meant as such is written `{{ \"{{\" }}`",
                    ),
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

/// What only recording rules have, or lack.
fn recording(
    look: &Look<'_>,
    text: &Text<'_>,
    rule: &Node,
    record: &Entry,
    problems: &mut Vec<Problem>,
) {
    let refuse = |span, message: &str, hint: &str| {
        text.problem(Severity::Critical, "prometheus/rule", span, message)
            .hint(hint)
    };
    let name = record.node.text().unwrap_or_default();
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | ':');
    let fits = name.chars().all(plain) && !name.starts_with(|it: char| it.is_ascii_digit());
    let rules = rules_of(look, text.path);
    let utf8 = rules.version.is_none_or(|it| it >= (3, 0));
    if name.contains(['{', '}']) || !fits && !utf8 {
        problems.push(refuse(
            record.node.span.clone(),
            "this is no name of a metric: Prometheus refuses the file",
            "letters, digits, `_` and `:` make one; labels stand below `labels:`",
        ));
    }
    for key in ["for", "annotations", "keep_firing_for"] {
        let Some(entry) = rule.entry(key) else {
            continue;
        };
        let nothing = entry.node.is_null()
            || milliseconds(entry.node.text().unwrap_or_default()) == Some(0)
            || key == "annotations" && entry.node.entries().is_empty();
        if !nothing {
            let problem = refuse(
                entry.key.clone(),
                &format!("a recording rule has no `{key}`: Prometheus refuses the file"),
                "take it out",
            );
            problems.push(text.remove(problem, rule, entry));
        }
    }
}

/// Names of the labels and annotations of a rule or a group.
fn names(look: &Look<'_>, text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let rules = rules_of(look, text.path);
    for key in ["labels", "annotations"] {
        for entry in node.get(key).map(Node::entries).unwrap_or_default() {
            let own = key == "labels" && entry.name == "__name__";
            if own || !is_label(&entry.name, &rules) {
                problems.push(refused(
                    text,
                    &rules,
                    entry.key.clone(),
                    "prometheus/label",
                    &format!("`{}` is no name for one of `{key}`", entry.name),
                    "letters, digits and `_` make one, without a digit at its beginning",
                ));
            }
        }
    }
}

/// Functions that are gone or called otherwise since 3.0.
fn gone(
    look: &Look<'_>,
    text: &Text<'_>,
    expr: &Node,
    query: &str,
    expression: &promql::Expression,
    problems: &mut Vec<Problem>,
) {
    let rules = rules_of(look, text.path);
    if rules.version.is_some_and(|it| it < (3, 0)) {
        return;
    }
    for (name, at) in &expression.functions {
        if name == "holt_winters" {
            problems.push(refused(
                text,
                &rules,
                within(text, expr, query, at),
                "prometheus/promql",
                "there is no function `holt_winters` since Prometheus 3",
                "it is called `double_exponential_smoothing`, and needs `--enable-feature=promql-experimental-functions`",
            ));
        }
    }
}
