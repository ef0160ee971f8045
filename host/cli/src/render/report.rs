//! The end of a run: what changed, how long it took, where it answers; or why
//! it failed, and what became of what it had done.

use crate::problem::printable;
use crate::render::table::Table;
use crate::render::text::{count, short_ids, took, wrap};
use crate::terminal::Page;
use sinops_core::action::{Goal, Operation};
use sinops_core::plan::Plan;
use sinops_core::release::Release;
use sinops_runtime::run::{Failure, GateFailure, Report, RunResult};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Lists longer than this are cut: the journal has them in full.
const LONGEST_LIST: usize = 40;

/// The summary of a run that went well.
pub(crate) fn summary(
    report: &Report,
    plan: &Plan,
    changed: &HashSet<usize>,
    removed_volumes: &[String],
    page: Page,
) -> String {
    let deed = match plan.goal {
        Goal::Up => "is up",
        Goal::Down => "is down",
    };
    let mut out = vec![format!(
        "{} {} {deed} {}",
        page.paint.good("✓"),
        page.paint.strong(&printable(&report.project)),
        page.paint.quiet(&format!("after {}", took(report.took))),
    )];
    let mut changes = changes(plan, changed);
    for name in removed_volumes {
        changes.add("removed", printable(&format!("volume {name}")));
    }
    if changes.rows.is_empty() {
        out.push("  nothing had to change".to_owned());
    } else {
        out.push(String::new());
        out.push(page.paint.strong("what changed"));
        let mut table = Table::default();
        for (deed, things) in &changes.rows {
            table.row([(*deed).to_owned(), list(things)]);
        }
        out.extend(table.lines(2, page.width));
    }
    if !report.tiers.is_empty() {
        out.push(String::new());
        out.push(page.paint.strong("how long each tier took"));
        let mut table = Table::default();
        for tier in &report.tiers {
            table.row([
                printable(&tier.tier),
                took(Duration::from_millis(tier.took_ms)),
            ]);
        }
        out.extend(table.lines(2, page.width));
    }
    if !report.answers.is_empty() && plan.goal == Goal::Up {
        out.push(String::new());
        out.push(page.paint.strong("where it answers"));
        let mut table = Table::default();
        for (service, address) in &report.answers {
            table.row([printable(service), printable(address)]);
        }
        out.extend(table.lines(2, page.width));
    }
    out.join("\n")
}

/// The line about the release that a run came to.
pub(crate) fn release(release: &Release) -> String {
    match release.rollback_of {
        Some(of) => format!(
            "\n\nrelease {}, rollback of {of}; the next `sinops run deploy` deploys what the files say again",
            release.number
        ),
        None => format!("\n\nrelease {}", release.number),
    }
}

/// What to say instead of a summary when there was nothing to do.
pub(crate) fn nothing_to_do(plan: &Plan, page: Page) -> String {
    let state = match plan.goal {
        Goal::Up => "is as its files say",
        Goal::Down => "is not there",
    };
    let (paint, project) = (page.paint, printable(&plan.project));
    format!(
        "{} {} {state}: nothing to do",
        paint.good("✓"),
        paint.strong(&project)
    )
}

/// What changed, in few words: deed and things.
#[derive(Debug, Default)]
struct Changes {
    rows: Vec<(&'static str, Vec<String>)>,
}

impl Changes {
    fn add(&mut self, deed: &'static str, thing: String) {
        match self.rows.iter_mut().find(|(known, _)| *known == deed) {
            Some((_, things)) if things.contains(&thing) => {}
            Some((_, things)) => things.push(thing),
            None => self.rows.push((deed, vec![thing])),
        }
    }
}

fn changes(plan: &Plan, changed: &HashSet<usize>) -> Changes {
    let done: Vec<_> = plan
        .actions
        .iter()
        .enumerate()
        .filter(|(index, _)| changed.contains(index))
        .map(|(_, planned)| &planned.action)
        .collect();
    // A service whose old container goes is not "created" but "replaced".
    let mut made: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for action in &done {
        let Some(service) = action.service.as_deref() else {
            continue;
        };
        let (created, removed) = made.entry(service).or_default();
        *created |= matches!(action.operation, Operation::CreateContainer { .. });
        *removed |= matches!(action.operation, Operation::RemoveContainer { .. });
    }
    let mut changes = Changes::default();
    for action in &done {
        let named = |name: &str| printable(action.service.as_deref().unwrap_or(name));
        match &action.operation {
            Operation::EnsureNetwork { key } => {
                changes.add("created", printable(&format!("network {key}")));
            }
            Operation::EnsureVolume { key } => {
                changes.add("created", printable(&format!("volume {key}")));
            }
            Operation::PullImage { image } => changes.add("pulled", printable(image)),
            Operation::BuildImage { service } => changes.add("built", printable(service)),
            Operation::CreateContainer { service, .. } => {
                let replaced = made
                    .get(service.as_str())
                    .is_some_and(|(_, removed)| *removed);
                changes.add(
                    if replaced { "replaced" } else { "created" },
                    printable(service),
                );
            }
            Operation::StartExisting { container } => {
                changes.add("started", named(&container.name));
            }
            Operation::StopContainer { container, .. } => {
                let (created, removed) = action
                    .service
                    .as_deref()
                    .and_then(|it| made.get(it))
                    .copied()
                    .unwrap_or_default();
                if !created && !removed {
                    changes.add("stopped", named(&container.name));
                }
            }
            Operation::RemoveContainer { container } => {
                let created = action
                    .service
                    .as_deref()
                    .and_then(|service| made.get(service))
                    .is_some_and(|(created, _)| *created);
                if !created {
                    changes.add("removed", named(&container.name));
                }
            }
            Operation::RemoveNetwork { name } => {
                changes.add("removed", printable(&format!("network {name}")));
            }
            Operation::WriteFile { path, .. } => changes.add("wrote", printable(path)),
            Operation::Reload { container, .. } => changes.add("reloaded", named(&container.name)),
            Operation::RunOneOff { service, .. } => changes.add("ran once", printable(service)),
            Operation::Custom { title, .. } => changes.add("did", printable(title)),
            Operation::StartContainer { .. }
            | Operation::RenameContainer { .. }
            | Operation::Gate { .. } => {}
        }
    }
    changes
}

fn list(things: &[String]) -> String {
    let shown: Vec<&str> = things
        .iter()
        .take(LONGEST_LIST)
        .map(String::as_str)
        .collect();
    match things.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Why a run did not go well, and what became of what it had done.
pub(crate) fn failure(report: &Report, goal: Goal, page: Page) -> String {
    let paint = page.paint;
    let deed = match goal {
        Goal::Up => report.pipeline.as_str(),
        Goal::Down => "down",
    };
    let mut out = vec![format!(
        "{} {} of {} {}",
        paint.bad("✗"),
        paint.strong(&printable(deed)),
        paint.strong(&printable(&report.project)),
        match report.result {
            RunResult::Succeeded => "is done".to_owned(),
            RunResult::Failed => format!("failed after {}", took(report.took)),
            RunResult::Interrupted => format!("was stopped after {}", took(report.took)),
            RunResult::Aborted => format!("was stopped at once after {}", took(report.took)),
        }
    )];
    if let Some(failure) = &report.failure {
        out.push(String::new());
        out.extend(cause(failure, page));
    }
    out.push(String::new());
    out.extend(aftermath(report, goal, page));
    out.join("\n")
}

fn cause(failure: &Failure, page: Page) -> Vec<String> {
    let place = failure
        .tier
        .as_ref()
        .map(|tier| format!("tier {tier}, "))
        .unwrap_or_default();
    let text = if failure.gates.is_empty() {
        format!("{place}{}: {}", failure.what, short_ids(&failure.message))
    } else {
        let number = count(failure.gates.len(), "service");
        format!("{place}{number} did not become healthy")
    };
    let mut out: Vec<String> = wrap(&printable(&text), page.width.saturating_sub(2))
        .iter()
        .map(|it| format!("  {it}"))
        .collect();
    for gate in &failure.gates {
        out.push(String::new());
        out.extend(gate_lines(gate, page));
    }
    out
}

fn gate_lines(gate: &GateFailure, page: Page) -> Vec<String> {
    let paint = page.paint;
    let mut out = vec![format!("  {}", paint.bad(&printable(&gate.service)))];
    let mut table = Table::default();
    let mut row = |name: &str, text: &str| {
        let text = printable(text.trim_end());
        if !text.is_empty() {
            table.row([paint.quiet(name), text]);
        }
    };
    row("why", &gate.reason);
    row("check", &join_nonempty(&gate.check, &gate.asked));
    row("output", &gate.output);
    out.extend(table.lines(4, page.width));
    if gate.logs.is_empty() {
        out.push(format!(
            "    {}",
            paint.quiet("the container wrote no log lines")
        ));
    } else {
        out.push(format!(
            "    {}",
            paint.quiet(&format!("last {}", count(gate.logs.len(), "log line")))
        ));
        for line in &gate.logs {
            for part in wrap(&printable(line.trim_end()), page.width.saturating_sub(6)) {
                out.push(format!("    {} {part}", paint.quiet("│")));
            }
        }
    }
    out
}

fn join_nonempty(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (false, false) => format!("{first}: {second}"),
        _ => format!("{first}{second}"),
    }
}

fn aftermath(report: &Report, goal: Goal, page: Page) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |text: &str| {
        out.extend(
            wrap(&printable(text), page.width.saturating_sub(2))
                .iter()
                .map(|it| format!("  {it}")),
        );
    };
    if report.result == RunResult::Aborted {
        say(&format!(
            "nothing was undone; what was done is in the journal {}: run the same command again \
             to go on, or `sinops down` to take everything down",
            report.journal
        ));
        return out;
    }
    if goal == Goal::Down {
        say("what was taken down stays down: run the same command again to go on");
    } else if report.undone.is_empty() && report.left.is_empty() {
        say("this run had changed nothing, so nothing had to be undone");
    }
    match report.undone.as_slice() {
        [] => {}
        undone => say(&format!("undone: {}", list(undone))),
    }
    if !report.left.is_empty() {
        say(&format!("could not be undone: {}", list(&report.left)));
    }
    say(&format!("journal: {}", report.journal));
    out
}

#[cfg(test)]
mod tests;
