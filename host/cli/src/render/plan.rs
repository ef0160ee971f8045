//! A plan as a tree: tiers, services, what is done to them, and why.

use crate::problem::printable;
use crate::render::text::{count, pad, took, wrap};
use crate::terminal::Page;
use console::measure_text_width;
use sinops_core::action::{Action, Goal, Operation};
use sinops_core::plan::Plan;
use sinops_core::stack::Stack;

/// Names longer than this do not widen their column.
const WIDEST_SUBJECT: usize = 30;
/// A cause gets at least this much, or goes to a line of its own.
const LEAST_CAUSE: usize = 24;

/// What a row means, for its sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Make,
    Change,
    Remove,
    Wait,
}

/// One line of the tree (several, if the cause is long).
#[derive(Debug)]
struct Row {
    kind: Kind,
    subject: String,
    verbs: Vec<(&'static str, usize)>,
    cause: String,
    /// What differs, a line each.
    changes: Vec<String>,
}

/// A tier, or what is done outside of tiers.
#[derive(Debug)]
struct Group {
    tier: Option<String>,
    title: String,
    rows: Vec<Row>,
}

/// The whole plan with its head and its sum.
pub(crate) fn document(plan: &Plan, volumes: &[String], stack: &Stack, page: Page) -> String {
    let paint = page.paint;
    let goal = match plan.goal {
        Goal::Up => "up",
        Goal::Down => "down",
    };
    let mut out = vec![format!(
        "{} {goal} on {}: {} in {}",
        paint.strong(&printable(&plan.project)),
        printable(&stack.engine),
        count(stack.services.len(), "service"),
        count(plan.tiers.len(), "tier"),
    )];
    let actions: Vec<&Action> = plan.actions.iter().map(|planned| &planned.action).collect();
    if !actions.is_empty() {
        out.push(String::new());
        out.push(tree(&actions, stack, page));
    }
    if !volumes.is_empty() {
        out.push(String::new());
        out.push(paint.strong("at last (--volumes)"));
        for (index, name) in volumes.iter().enumerate() {
            let branch = if index + 1 == volumes.len() {
                "└─"
            } else {
                "├─"
            };
            out.push(format!(
                "{branch} {} volume {}  remove",
                paint.bad("-"),
                printable(name)
            ));
        }
    }
    out.push(String::new());
    out.push(sum(&actions, volumes.len(), page));
    out.join("\n")
}

fn sum(actions: &[&Action], volumes: usize, page: Page) -> String {
    let mut counts = [0; 3];
    for action in actions {
        let (kind, ..) = describe(action);
        let index = match kind {
            Kind::Make => 0,
            Kind::Change => 1,
            Kind::Remove => 2,
            Kind::Wait => continue,
        };
        if let Some(count) = counts.get_mut(index) {
            *count += 1;
        }
    }
    let [make, change, remove] = counts;
    let remove = remove + volumes;
    if make + change + remove == 0 {
        return format!("{} nothing to do", page.paint.good("✓"));
    }
    format!(
        "{}: {make} to make, {change} to change, {remove} to stop or remove. Nothing was done.",
        count(make + change + remove, "action")
    )
}

/// The tree alone. `actions` stand in the order in which they are done.
pub(crate) fn tree(actions: &[&Action], stack: &Stack, page: Page) -> String {
    let mut out = Vec::new();
    for group in groups(actions, stack) {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.push(page.paint.strong(&group.title));
        out.extend(group_lines(&group, page));
    }
    out.join("\n")
}

fn groups(actions: &[&Action], stack: &Stack) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for action in actions {
        // Rows of a tier are gathered; what belongs to no tier stays where it is in the order.
        let home = match &action.tier {
            Some(tier) => groups
                .iter()
                .position(|group| group.tier.as_ref() == Some(tier)),
            None => groups
                .len()
                .checked_sub(1)
                .filter(|last| groups.get(*last).is_some_and(|group| group.tier.is_none())),
        };
        let home = home.unwrap_or_else(|| {
            groups.push(Group {
                tier: action.tier.clone(),
                title: title(action.tier.as_deref(), stack),
                rows: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(home) {
            add(&mut group.rows, action, stack);
        }
    }
    let last = groups.len().saturating_sub(1);
    for (index, group) in groups
        .iter_mut()
        .enumerate()
        .filter(|(_, it)| it.tier.is_none())
    {
        group.title = match index {
            0 => "before the tiers",
            index if index == last => "after the tiers",
            _ => "between the tiers",
        }
        .to_owned();
    }
    groups
}

/// Title of a tier; what belongs to none gets its title from where it stands.
fn title(tier: Option<&str>, stack: &Stack) -> String {
    let Some(name) = tier else {
        return String::new();
    };
    match stack.tiers.iter().position(|tier| tier.name == name) {
        Some(index) => {
            let services = stack.tiers.get(index).map_or(0, |tier| tier.services.len());
            format!(
                "tier {} of {}: {} ({})",
                index + 1,
                stack.tiers.len(),
                printable(name),
                count(services, "service")
            )
        }
        None => format!("tier {}", printable(name)),
    }
}

fn add(rows: &mut Vec<Row>, action: &Action, stack: &Stack) {
    let (kind, subject, verb, detail) = describe(action);
    let cause = match detail {
        Some(detail) => printable(&format!("{detail}: {}", action.cause)),
        None => printable(&action.cause),
    };
    let subject = printable(&subject);
    let same = rows
        .iter_mut()
        .find(|row| row.subject == subject && row.cause == cause && row.kind != Kind::Wait);
    match same {
        Some(row) => {
            for change in changes(action, stack) {
                if !row.changes.contains(&change) {
                    row.changes.push(change);
                }
            }
            if row.kind != kind {
                row.kind = Kind::Change;
            }
            match row.verbs.iter_mut().find(|(known, _)| *known == verb) {
                Some((_, times)) => *times += 1,
                None => row.verbs.push((verb, 1)),
            }
        }
        None => rows.push(Row {
            kind,
            subject,
            verbs: vec![(verb, 1)],
            cause,
            changes: changes(action, stack),
        }),
    }
}

/// The differences as lines, with paths as the user writes them.
fn changes(action: &Action, stack: &Stack) -> Vec<String> {
    let root = format!("{}/", stack.project_directory.trim_end_matches('/'));
    action
        .changes
        .iter()
        .map(|change| {
            let mut shown = change.clone();
            if let Some(rest) = change.path.strip_prefix(&root) {
                shown.path = format!("./{rest}");
            }
            printable(&shown.to_string())
        })
        .collect()
}

/// Kind, subject, verb, and what stands before the cause.
fn describe(action: &Action) -> (Kind, String, &'static str, Option<String>) {
    let named = |name: &str| action.service.clone().unwrap_or_else(|| name.to_owned());
    match &action.operation {
        Operation::EnsureNetwork { key } => (Kind::Make, format!("network {key}"), "create", None),
        Operation::EnsureVolume { key } => (Kind::Make, format!("volume {key}"), "create", None),
        Operation::PullImage { image } => (Kind::Make, format!("image {image}"), "pull", None),
        Operation::BuildImage { service } => (Kind::Make, service.clone(), "build image", None),
        Operation::CreateContainer { service, .. } => (Kind::Make, service.clone(), "create", None),
        Operation::StartContainer { service, .. } => (Kind::Make, service.clone(), "start", None),
        Operation::StartExisting { container } => {
            (Kind::Make, named(&container.name), "start", None)
        }
        Operation::StopContainer { container, .. } => {
            (Kind::Remove, named(&container.name), "stop", None)
        }
        Operation::RenameContainer { container, .. } => {
            (Kind::Change, named(&container.name), "set aside", None)
        }
        Operation::RemoveContainer { container } => {
            (Kind::Remove, named(&container.name), "remove", None)
        }
        Operation::RemoveNetwork { name } => {
            (Kind::Remove, format!("network {name}"), "remove", None)
        }
        Operation::WriteFile { path, .. } => (Kind::Change, format!("file {path}"), "write", None),
        Operation::Reload { container, signal } => (
            Kind::Change,
            named(&container.name),
            "reload",
            Some(signal.clone()),
        ),
        Operation::Gate { services, timeout } => (
            Kind::Wait,
            "gate".to_owned(),
            "wait",
            Some(format!(
                "{} within {}",
                count(services.len(), "service"),
                took(*timeout)
            )),
        ),
        Operation::RunOneOff {
            service, command, ..
        } => (
            Kind::Make,
            service.clone(),
            "run once",
            Some(command.join(" ")),
        ),
        Operation::Custom { title, .. } => (
            Kind::Change,
            named(title),
            "do",
            action.service.as_ref().map(|_| title.clone()),
        ),
    }
}

fn group_lines(group: &Group, page: Page) -> Vec<String> {
    let widest = |text: &dyn Fn(&Row) -> String, most: usize| {
        group
            .rows
            .iter()
            .map(|row| measure_text_width(&text(row)))
            .max()
            .unwrap_or(0)
            .min(most)
    };
    let subject_width = widest(&|row| row.subject.clone(), WIDEST_SUBJECT);
    let verbs_width = widest(&verbs, WIDEST_SUBJECT);
    let mut lines = Vec::new();
    let mut previous = None;
    for (index, row) in group.rows.iter().enumerate() {
        let last = index + 1 == group.rows.len();
        let (branch, trunk) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let repeated = previous == Some(&row.subject);
        previous = Some(&row.subject);
        let subject = if repeated { "" } else { row.subject.as_str() };
        let head = format!(
            "{branch}{} {}  {}",
            sign(row.kind, page),
            pad(subject, subject_width),
            pad(&verbs(row), verbs_width),
        );
        lines.extend(with_cause(&head, trunk, &row.cause, page));
        for change in &row.changes {
            let room = page.width.saturating_sub(measure_text_width(trunk) + 8);
            let parts = wrap(change, room).into_iter().enumerate();
            lines.extend(parts.map(|(part, text)| {
                let indent = if part == 0 { "    " } else { "      " };
                format!("{trunk}{indent}{text}")
            }));
        }
    }
    lines
}

/// Puts the cause beside the head, or below it where there is no room.
fn with_cause(head: &str, trunk: &str, cause: &str, page: Page) -> Vec<String> {
    let start = measure_text_width(head) + 2;
    let beside = page.width.saturating_sub(start);
    let (start, room) = if beside < LEAST_CAUSE {
        (
            measure_text_width(trunk) + 4,
            page.width.saturating_sub(measure_text_width(trunk) + 4),
        )
    } else {
        (start, beside)
    };
    let mut parts = wrap(cause, room).into_iter();
    let mut lines = Vec::new();
    if beside < LEAST_CAUSE {
        lines.push(head.trim_end().to_owned());
    } else {
        let first = parts.next().unwrap_or_default();
        lines.push(
            format!("{head}  {}", page.paint.quiet(&first))
                .trim_end()
                .to_owned(),
        );
    }
    for part in parts {
        let room = start.saturating_sub(measure_text_width(trunk));
        lines.push(format!(
            "{trunk}{}{}",
            " ".repeat(room),
            page.paint.quiet(&part)
        ));
    }
    lines
}

fn verbs(row: &Row) -> String {
    let words: Vec<String> = row
        .verbs
        .iter()
        .map(|(verb, times)| match times {
            1 => (*verb).to_owned(),
            _ => format!("{verb} ×{times}"),
        })
        .collect();
    words.join(", ")
}

fn sign(kind: Kind, page: Page) -> String {
    match kind {
        Kind::Make => page.paint.good("+"),
        Kind::Change => page.paint.notable("~"),
        Kind::Remove => page.paint.bad("-"),
        Kind::Wait => page.paint.quiet("?"),
    }
}

#[cfg(test)]
mod tests;
