//! From the steps' proposals to one checked plan.
//!
//! A step proposes; here it is decided whether the host would do such a thing
//! at all: everything named must exist, belong to this project and be acyclic.

mod check;
mod images;
mod saved;
mod sharing;

pub use check::PREVIOUS;
pub use saved::{Facts, Moved, SavedPlan, SavedPlanError};

use crate::action::{Action, Goal, Operation, Problem, Proposal};
use crate::notification::Severity;
use crate::observed::Observed;
use crate::stack::Stack;
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, HashSet};

/// All that a run will do, in an order that respects `after`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// Compose project.
    pub project: String,
    /// Up or down.
    pub goal: Goal,
    /// Names of the tiers, in the order of the run.
    pub tiers: Vec<String>,
    /// A directed acyclic graph; every `after` points to an earlier position.
    pub actions: Vec<PlannedAction>,
    /// What the steps found wrong.
    pub problems: Vec<StepProblem>,
}

/// An action with the step that proposed it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedAction {
    /// Instance name of the step.
    pub step: String,
    /// As proposed.
    #[serde(flatten)]
    pub action: Action,
    /// Positions of the actions that have to be done before.
    pub waits_for: Vec<usize>,
    /// What a failed run does about it.
    pub undo: &'static str,
}

/// A problem with the step that found it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepProblem {
    /// Instance name of the step.
    pub step: String,
    /// As found.
    #[serde(flatten)]
    pub problem: Problem,
}

/// A proposal that the host refuses to execute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{step}` proposed `{action}`: {reason}")]
pub struct Refusal {
    /// Instance name of the step.
    pub step: String,
    /// Id of the action.
    pub action: String,
    /// Why it is not done.
    pub reason: String,
}

impl Plan {
    /// Nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The problems that forbid a run.
    pub fn critical(&self) -> impl Iterator<Item = &StepProblem> {
        self.problems
            .iter()
            .filter(|found| found.problem.severity == Severity::Critical)
    }
}

/// Puts the proposals of all steps together, in the order of the steps.
///
/// # Errors
/// Every action that the host would not execute, with the reason.
pub fn assemble(
    stack: &Stack,
    observed: &Observed,
    goal: Goal,
    proposals: Vec<(String, Proposal)>,
) -> Result<Plan, Vec<Refusal>> {
    let mut tiers: Vec<String> = stack.tiers.iter().map(|tier| tier.name.clone()).collect();
    if goal == Goal::Down {
        tiers.reverse();
    }
    let known = check::Known::of(stack, observed);
    let mut refusals = Vec::new();
    let mut actions: Vec<PlannedAction> = Vec::new();
    let mut problems = Vec::new();
    for (step, proposal) in proposals {
        problems.extend(proposal.problems.into_iter().map(|problem| StepProblem {
            step: step.clone(),
            problem,
        }));
        let refuse = |action: &str, reason: String| Refusal {
            step: step.clone(),
            action: action.to_owned(),
            reason,
        };
        for action in &proposal.actions {
            if let Err(reason) = known.permits(action) {
                refusals.push(refuse(&action.id, reason));
            }
        }
        let mut proposed = proposal.actions;
        sharing::wait(stack, &mut proposed);
        match order(proposed, &tiers, goal) {
            Err((action, reason)) => refusals.push(refuse(&action, reason)),
            Ok(ordered) => {
                let base = actions.len();
                // A step begins when the ones before it are done; only what nothing of the earlier steps waits for has to be waited for.
                let awaited: HashSet<usize> = actions
                    .iter()
                    .flat_map(|it| it.waits_for.iter().copied())
                    .collect();
                let last: Vec<usize> = (0..base).filter(|index| !awaited.contains(index)).collect();
                for (action, waits) in ordered {
                    let mut waits_for: Vec<usize> =
                        waits.iter().map(|index| base + index).collect();
                    if waits_for.is_empty() {
                        waits_for.clone_from(&last);
                    }
                    let undo = undo_words(&action.operation);
                    actions.push(PlannedAction {
                        step: step.clone(),
                        action,
                        waits_for,
                        undo,
                    });
                }
            }
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    Ok(Plan {
        project: stack.project.clone(),
        goal,
        tiers,
        actions,
        problems,
    })
}

/// Actions with the positions that each waits for; or the id of the one that cannot be
/// placed, and why.
type Ordered = Result<Vec<(Action, Vec<usize>)>, (String, String)>;

/// Sorts one step's actions topologically, stable in their own order, and adds the
/// order of the tiers: what may be noticed outside waits for the gate of the tier before.
fn order(actions: Vec<Action>, tiers: &[String], goal: Goal) -> Ordered {
    let mut by_id: IndexMap<&str, usize> = IndexMap::new();
    for (index, action) in actions.iter().enumerate() {
        if by_id.insert(&action.id, index).is_some() {
            return Err((action.id.clone(), "two of its actions have this id".into()));
        }
    }
    let mut waits: Vec<Vec<usize>> = Vec::with_capacity(actions.len());
    for action in &actions {
        let mut mine = Vec::new();
        for id in &action.after {
            match by_id.get(id.as_str()) {
                Some(&index) => mine.push(index),
                None => {
                    return Err((
                        action.id.clone(),
                        format!("it waits for `{id}`, which is not proposed"),
                    ));
                }
            }
        }
        waits.push(mine);
    }
    let positions: HashMap<&str, usize> = tiers
        .iter()
        .enumerate()
        .map(|(index, name)| (name.as_str(), index))
        .collect();
    let tier_of: Vec<Option<usize>> = actions
        .iter()
        .map(|action| positions.get(action.tier.as_deref()?).copied())
        .collect();
    let noticed: Vec<(usize, usize)> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| is_noticed_outside(&action.operation, goal))
        .filter_map(|(index, _)| Some((index, tier_of.get(index).copied().flatten()?)))
        .collect();
    // Only the last of a tier are waited for (usually its gate): edges stay few.
    let mut last: Vec<Vec<usize>> = vec![Vec::new(); tiers.len()];
    let mut awaited = HashSet::new();
    for &(index, tier) in &noticed {
        let mine = waits.get(index).into_iter().flatten().copied();
        awaited.extend(mine.filter(|&other| tier_of.get(other).copied().flatten() == Some(tier)));
    }
    for &(index, tier) in noticed.iter().filter(|(index, _)| !awaited.contains(index)) {
        if let Some(list) = last.get_mut(tier) {
            list.push(index);
        }
    }
    for &(index, tier) in &noticed {
        let before = last.iter().take(tier).rev().find(|list| !list.is_empty());
        if let (Some(before), Some(mine)) = (before, waits.get_mut(index)) {
            mine.extend(before);
            mine.sort_unstable();
            mine.dedup();
        }
    }
    topological(actions, &waits)
}

/// Whether doing it can be noticed by the stack's users, so that it has to wait for the tier before.
fn is_noticed_outside(operation: &Operation, goal: Goal) -> bool {
    // What is taken down serves nobody once it has stopped.
    if goal == Goal::Down && matches!(operation, Operation::RemoveContainer { .. }) {
        return false;
    }
    !matches!(
        operation,
        Operation::EnsureNetwork { .. }
            | Operation::EnsureVolume { .. }
            | Operation::PullImage { .. }
            | Operation::BuildImage { .. }
            | Operation::CreateContainer { .. }
            | Operation::WriteFile { .. }
    )
}

fn topological(actions: Vec<Action>, waits: &[Vec<usize>]) -> Ordered {
    let mut position: Vec<Option<usize>> = vec![None; actions.len()];
    let mut sequence: Vec<usize> = Vec::with_capacity(actions.len());
    let mut remaining: Vec<usize> = waits.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
    for (index, mine) in waits.iter().enumerate() {
        for &other in mine {
            if let Some(list) = dependents.get_mut(other) {
                list.push(index);
            }
        }
    }
    let mut ready: BTreeSet<usize> = remaining
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count == 0)
        .map(|(index, _)| index)
        .collect();
    while let Some(index) = ready.pop_first() {
        if let Some(slot) = position.get_mut(index) {
            *slot = Some(sequence.len());
        }
        sequence.push(index);
        for &dependent in dependents.get(index).into_iter().flatten() {
            if let Some(count) = remaining.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    let mut slots: Vec<Option<Action>> = actions.into_iter().map(Some).collect();
    if sequence.len() < slots.len() {
        let stuck = position
            .iter()
            .position(Option::is_none)
            .and_then(|index| slots.get_mut(index)?.take());
        if let Some(action) = stuck {
            return Err((action.id, "it waits, directly or not, for itself".into()));
        }
    }
    Ok(sequence
        .into_iter()
        .filter_map(|index| {
            let mine = waits.get(index).into_iter().flatten();
            let mut waits_for: Vec<usize> = mine
                .filter_map(|&other| position.get(other).copied().flatten())
                .collect();
            waits_for.sort_unstable();
            Some((slots.get_mut(index)?.take()?, waits_for))
        })
        .collect())
}

/// What a failed run does about an action that it has done.
fn undo_words(operation: &Operation) -> &'static str {
    match operation {
        Operation::EnsureNetwork { .. } => "remove the network if this run made it",
        Operation::EnsureVolume { .. } => "remove the volume if this run made it",
        Operation::PullImage { .. } | Operation::BuildImage { .. } => "keep the image",
        Operation::CreateContainer { .. } => "remove the container",
        Operation::StartContainer { .. } | Operation::StartExisting { .. } => "stop the container",
        Operation::StopContainer { .. } => "start the container",
        Operation::RenameContainer { .. } => "give the old name back",
        Operation::RemoveNetwork { .. } => "make the network again as it was",
        Operation::RemoveContainer { .. } => "cannot be undone",
        Operation::WriteFile { .. } => "restore what the file held",
        Operation::Reload { .. } => "reload again after restoring the file",
        Operation::Gate { .. } => "nothing to undo",
        Operation::RunOneOff { .. } | Operation::Custom { .. } => "cannot be undone",
    }
}

#[cfg(test)]
mod tests;
