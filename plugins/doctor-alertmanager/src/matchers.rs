//! Matchers of routes and inhibitions: the forms that go, and their mend.

use sinops_config_check::value::regex_error;
use sinops_config_check::{Entry, Node, Text, Value};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// Old key, new key, operator.
const OLD: &[(&str, &str, &str)] = &[
    ("match", "matchers", "="),
    ("match_re", "matchers", "=~"),
    ("source_match", "source_matchers", "="),
    ("source_match_re", "source_matchers", "=~"),
    ("target_match", "target_matchers", "="),
    ("target_match_re", "target_matchers", "=~"),
];

const DEPRECATED: &str = "alertmanager/deprecated-matchers";

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    if let Some(route) = root.get("route") {
        let mut found = Vec::new();
        routes(text, route, &mut found);
        together(found, problems);
        for key in ["match", "match_re", "matchers"] {
            if let Some(entry) = route.entry(key)
                && !entry.node.entries().is_empty() | !entry.node.items().is_empty()
            {
                problems.push(
                    text.problem(
                        Severity::Critical,
                        "alertmanager/route",
                        entry.key.clone(),
                        "the first route takes every alert and has no matchers: Alertmanager refuses the file",
                    )
                    .hint("move them to a route below `routes:`"),
                );
            }
        }
    }
    let mut inhibitions = Vec::new();
    for rule in root.list("inhibit_rules") {
        node(text, rule, &mut inhibitions);
    }
    together(inhibitions, problems);
}

/// One finding for all old forms that have a mend, at the first of them.
fn together(found: Vec<Problem>, problems: &mut Vec<Problem>) {
    let old = |it: &Problem| it.code.as_deref() == Some(DEPRECATED) && !it.edits.is_empty();
    let (all, rest): (Vec<Problem>, Vec<Problem>) = found.into_iter().partition(old);
    problems.extend(rest);
    let more = all.len().saturating_sub(1);
    let mut all = all.into_iter();
    let Some(mut first) = all.next() else { return };
    if more > 0 {
        let places = if more == 1 { "place" } else { "places" };
        first.message = format!("{} (and so at {more} more {places})", first.message);
    }
    first.edits.extend(all.flat_map(|it| it.edits));
    problems.push(first);
}

fn routes(text: &Text<'_>, route: &Node, problems: &mut Vec<Problem>) {
    node(text, route, problems);
    for inner in route.list("routes") {
        routes(text, inner, problems);
    }
}

fn node(text: &Text<'_>, node: &Node, problems: &mut Vec<Problem>) {
    let old: Vec<(&Entry, &str, &str)> = node
        .entries()
        .iter()
        .filter_map(|entry| {
            let (_, new, operator) = OLD.iter().find(|(old, ..)| *old == entry.name)?;
            Some((entry, *new, *operator))
        })
        .collect();
    for (entry, new, operator) in &old {
        let problem = text
            .problem(
                Severity::Warning,
                DEPRECATED,
                entry.key.clone(),
                format!(
                    "`{}` is deprecated since Alertmanager 0.22 and will go; no validator says so",
                    entry.name
                ),
            )
            .hint(format!("write `{new}`"));
        // Two old keys that become the same new one cannot be mended apart.
        let alone = node.get(new).is_none() && old.iter().filter(|it| it.1 == *new).count() == 1;
        let matchers: Option<Vec<String>> = entry
            .node
            .entries()
            .iter()
            .map(|pair| {
                Some(format!(
                    "{}{operator}{}",
                    pair.name,
                    quoted(pair.node.text()?)
                ))
            })
            .collect();
        let mended = matchers.filter(|it| alone && !it.is_empty());
        problems.push(match mended {
            Some(matchers) => {
                let list: Vec<String> = matchers
                    .iter()
                    .map(|it| format!("'{}'", it.replace('\'', "''")))
                    .collect();
                let span = entry.span();
                problem.edit(text.place(span), format!("{new}: [{}]", list.join(", ")))
            }
            None => problem,
        });
        if *operator == "=~" {
            for pair in entry.node.entries() {
                if pair.node.is_null() {
                    problems.push(crate::references::refused(
                        text,
                        &pair.node,
                        "alertmanager/regex",
                        &format!("`{}` has no regular expression", pair.name),
                        "write one, or take the line out",
                    ));
                }
                regex(
                    text,
                    &pair.node,
                    pair.node.text().unwrap_or_default(),
                    problems,
                );
            }
        }
    }
    for key in ["matchers", "source_matchers", "target_matchers"] {
        let Some(matchers) = node.get(key) else {
            continue;
        };
        let one = std::slice::from_ref(matchers);
        let items = match &matchers.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar { .. } => one,
            Value::Map(_) => continue,
        };
        for item in items {
            matcher(text, item, problems);
        }
    }
}

fn matcher(text: &Text<'_>, item: &Node, problems: &mut Vec<Problem>) {
    let Some(words) = item.text() else { return };
    // A set in braces holds several.
    if words.trim_start().starts_with('{') {
        return;
    }
    let operator = ["=~", "!~", "!=", "="]
        .into_iter()
        .filter_map(|it| words.find(it).map(|at| (at, it)))
        .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())));
    match operator {
        Some((at, operator)) if at > 0 => {
            let value = words.get(at + operator.len()..).unwrap_or_default().trim();
            if operator.ends_with('~') {
                regex(text, item, value.trim_matches('"'), problems);
            }
        }
        _ => problems.push(
            text.problem(
                Severity::Critical,
                "alertmanager/matcher",
                item.span.clone(),
                format!("`{words}` is no matcher: Alertmanager refuses the file"),
            )
            .hint("write `label=\"value\"`, with `=`, `!=`, `=~` or `!~`"),
        ),
    }
}

fn regex(text: &Text<'_>, node: &Node, pattern: &str, problems: &mut Vec<Problem>) {
    if let Some(reason) = regex_error(pattern) {
        problems.push(
            text.problem(
                Severity::Critical,
                "alertmanager/regex",
                node.span.clone(),
                format!(
                    "`{pattern}` is no regular expression ({reason}): Alertmanager refuses the file"
                ),
            )
            .hint("escape characters that stand for themselves with a backslash"),
        );
    }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
