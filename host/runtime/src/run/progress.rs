//! How far a run is: what is ready, what was done and how to take it back. Every step is in
//! the journal before it counts here.

use super::event::{Event, Events};
use super::gate::millis;
use super::journal::{Journal, JournalError, Record};
use super::operation::Done;
use super::report::Failure;
use super::undo::UndoStep;
use indexmap::IndexMap;
use sinops_core::action::Operation;
use sinops_core::plan::{Plan, PlannedAction};
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// What an action came to.
pub(super) type Outcome = (usize, Instant, Result<Done, Failure>);

/// A run under way.
pub(super) struct Progress<'a> {
    pub(super) plan: &'a Plan,
    pub(super) journal: Journal,
    pub(super) remaining: Vec<usize>,
    pub(super) dependents: Vec<Vec<usize>>,
    pub(super) ready: BTreeSet<usize>,
    pub(super) undo: Vec<UndoStep>,
    /// How to take back what was begun, by index.
    pub(super) foreseen: HashMap<usize, Vec<UndoStep>>,
    pub(super) changed: Vec<String>,
    pub(super) tiers: IndexMap<String, (Instant, Instant)>,
    pub(super) failure: Option<Failure>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(plan: &'a Plan, journal: Journal) -> Self {
        let mut dependents = vec![Vec::new(); plan.actions.len()];
        for (index, planned) in plan.actions.iter().enumerate() {
            for &before in &planned.waits_for {
                if let Some(list) = dependents.get_mut(before) {
                    list.push(index);
                }
            }
        }
        let remaining: Vec<usize> = plan
            .actions
            .iter()
            .map(|planned| planned.waits_for.len())
            .collect();
        let ready = remaining
            .iter()
            .enumerate()
            .filter(|&(_, &count)| count == 0)
            .map(|(index, _)| index)
            .collect();
        Self {
            plan,
            journal,
            remaining,
            dependents,
            ready,
            undo: Vec::new(),
            foreseen: HashMap::new(),
            changed: Vec::new(),
            tiers: IndexMap::new(),
            failure: None,
        }
    }

    pub(super) fn is_gate(&self, index: usize) -> bool {
        let planned = self.plan.actions.get(index);
        planned.is_some_and(|it| matches!(it.action.operation, Operation::Gate { .. }))
    }

    pub(super) fn is_stop(&self, index: usize) -> bool {
        let planned = self.plan.actions.get(index);
        planned.is_some_and(|it| matches!(it.action.operation, Operation::StopContainer { .. }))
    }

    pub(super) async fn begin(
        &mut self,
        index: usize,
        planned: &PlannedAction,
        undo: Vec<UndoStep>,
        events: &Events,
    ) -> Result<(), JournalError> {
        let action = &planned.action;
        let what = action.operation.to_string();
        if let Operation::RemoveContainer { container } = &action.operation
            && self.undo.iter().any(|step| step.returns_to(&container.id))
        {
            // From here on there is no way back: taking back the rest would leave a
            // service without any container.
            self.journal.append(Record::Committed).await?;
            self.undo.clear();
        }
        self.foreseen.insert(index, undo.clone());
        self.journal
            .append(Record::Begin {
                index,
                what: what.clone(),
                undo,
            })
            .await?;
        // A container that is only created has not begun its tier: that may be long before.
        if let Some(tier) = &action.tier
            && !matches!(
                action.operation,
                Operation::CreateContainer { .. } | Operation::PullImage { .. }
            )
        {
            let now = Instant::now();
            self.tiers.entry(tier.clone()).or_insert((now, now));
        }
        let (service, tier) = (action.service.clone(), action.tier.clone());
        events.send(Event::ActionStarted {
            index,
            what,
            service,
            tier,
        });
        Ok(())
    }

    /// Notes what an action came to; false if the run has to stop.
    pub(super) async fn record(
        &mut self,
        (index, begun, outcome): Outcome,
        events: &Events,
    ) -> bool {
        let Some(planned) = self.plan.actions.get(index) else {
            return true;
        };
        let action = &planned.action;
        let what = action.operation.to_string();
        let service = action.service.clone();
        match outcome {
            Ok(done) => {
                if let Some((_, end)) = action
                    .tier
                    .as_ref()
                    .and_then(|tier| self.tiers.get_mut(tier))
                {
                    *end = Instant::now();
                }
                let took_ms = millis(begun.elapsed());
                let changed = done.changed;
                self.undo.extend(done.undo.iter().cloned());
                let noted = self
                    .journal
                    .append(Record::Done {
                        index,
                        changed,
                        undo: done.undo,
                    })
                    .await;
                if changed {
                    self.changed.push(what.clone());
                }
                events.send(Event::ActionDone {
                    index,
                    what,
                    service,
                    changed,
                    took_ms,
                });
                // A gate for one service stands inside its tier.
                if let (Operation::Gate { .. }, None, Some(tier)) =
                    (&action.operation, &action.service, &action.tier)
                    && let Some((from, _)) = self.tiers.get(tier)
                {
                    events.send(Event::TierDone {
                        tier: tier.clone(),
                        took_ms: millis(from.elapsed()),
                    });
                }
                self.release(index);
                if let Err(error) = noted {
                    self.failure
                        .get_or_insert_with(|| failure(planned, error.to_string()));
                    return false;
                }
                true
            }
            Err(failed) => {
                if failed.uncertain {
                    let foreseen = self.foreseen.remove(&index);
                    self.undo.extend(foreseen.unwrap_or_default());
                }
                let message = failed.message.clone();
                if let Err(error) = self
                    .journal
                    .append(Record::Failed {
                        index,
                        message: message.clone(),
                    })
                    .await
                {
                    tracing::warn!(%error, "the journal could not be written");
                }
                events.send(Event::ActionFailed {
                    index,
                    what,
                    service,
                    message,
                });
                self.failure.get_or_insert(failed);
                false
            }
        }
    }

    fn release(&mut self, index: usize) {
        for &dependent in self.dependents.get(index).into_iter().flatten() {
            if let Some(count) = self.remaining.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    self.ready.insert(dependent);
                }
            }
        }
    }
}

pub(super) fn failure(planned: &PlannedAction, message: String) -> Failure {
    let what = planned.action.operation.to_string();
    // Some errors of engines begin with the same words.
    let rest = message
        .strip_prefix(&what)
        .and_then(|it| it.strip_prefix(": "));
    let message = match rest {
        Some(rest) => rest.to_owned(),
        None => message,
    };
    Failure {
        what,
        service: planned.action.service.clone(),
        tier: planned.action.tier.clone(),
        message,
        ..Failure::default()
    }
}
