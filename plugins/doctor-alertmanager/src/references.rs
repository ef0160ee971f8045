//! Names that lead to something: receivers, time intervals.

use sinops_config_check::{Node, Text, nearest};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let mut receivers: Vec<&str> = Vec::new();
    for receiver in root.list("receivers") {
        match receiver.get("name") {
            Some(name) if name.text().is_some_and(|it| !it.is_empty()) => {
                let word = name.text().unwrap_or_default();
                if receivers.contains(&word) {
                    problems.push(refused(
                        text,
                        name,
                        "alertmanager/duplicate-receiver",
                        &format!("a receiver `{word}` is there already"),
                        "give it another name",
                    ));
                }
                receivers.push(word);
            }
            _ => problems.push(refused(
                text,
                receiver,
                "alertmanager/duplicate-receiver",
                "a receiver has no name",
                "give it a `name`",
            )),
        }
    }
    let intervals: Vec<&str> = ["time_intervals", "mute_time_intervals"]
        .into_iter()
        .flat_map(|key| root.list(key))
        .filter_map(|it| it.text_of("name"))
        .collect();
    if let Some(entry) = root.entry("mute_time_intervals") {
        problems.push(
            text.problem(
                Severity::Warning,
                "alertmanager/deprecated-intervals",
                entry.key.clone(),
                "`mute_time_intervals` at the top is deprecated since Alertmanager 0.24",
            )
            .hint("write `time_intervals`; routes name them as before"),
        );
    }
    let mut used = BTreeSet::new();
    match root.get("route") {
        Some(route) => {
            if route.text_of("receiver").is_none_or(str::is_empty) {
                problems.push(refused(
                    text,
                    route,
                    "alertmanager/route",
                    "the first route has no receiver",
                    "name one",
                ));
            }
            walk(text, route, &receivers, &intervals, &mut used, problems);
        }
        None => problems.push(refused(
            text,
            root,
            "alertmanager/route",
            "there is no `route`",
            "add one that names a receiver",
        )),
    }
    for receiver in root.list("receivers") {
        if let Some(name) = receiver.get("name")
            && name.text().is_some_and(|it| !it.is_empty())
            && !used.contains(name.text().unwrap_or_default())
        {
            problems.push(
                text.problem(
                    Severity::Info,
                    "alertmanager/unused-receiver",
                    name.span.clone(),
                    format!(
                        "no route leads to the receiver `{}`",
                        name.text().unwrap_or_default()
                    ),
                )
                .hint("add a route that names it, or take it out"),
            );
        }
    }
}

fn walk<'n>(
    text: &Text<'_>,
    route: &'n Node,
    receivers: &[&str],
    intervals: &[&str],
    used: &mut BTreeSet<&'n str>,
    problems: &mut Vec<Problem>,
) {
    // One without takes that of the route above it.
    if let Some(receiver) = route.get("receiver")
        && receiver.text().is_some_and(|it| !it.is_empty())
    {
        let name = receiver.text().unwrap_or_default();
        used.insert(name);
        if !receivers.contains(&name) {
            problems.push(lost(text, receiver, "receiver", name, receivers));
        }
    }
    for key in ["mute_time_intervals", "active_time_intervals"] {
        for interval in route.list(key) {
            let name = interval.text().unwrap_or_default();
            if !intervals.contains(&name) {
                problems.push(lost(text, interval, "time interval", name, intervals));
            }
        }
    }
    for inner in route.list("routes") {
        walk(text, inner, receivers, intervals, used, problems);
    }
}

fn lost(text: &Text<'_>, node: &Node, what: &str, name: &str, known: &[&str]) -> Problem {
    let problem = refused(
        text,
        node,
        "alertmanager/undefined",
        &format!("there is no {what} `{name}`"),
        "",
    );
    match nearest(name, known.iter().copied()) {
        Some(near) => problem
            .hint(format!("did you mean `{near}`?"))
            .edit(text.place(node.span.clone()), format!("'{near}'")),
        None => problem.hint(format!("there are: {}", known.join(", "))),
    }
}

pub(crate) fn refused(text: &Text<'_>, node: &Node, code: &str, what: &str, hint: &str) -> Problem {
    text.problem(
        Severity::Critical,
        code,
        node.span.clone(),
        format!("{what}: Alertmanager refuses the file"),
    )
    .hint(hint)
}
