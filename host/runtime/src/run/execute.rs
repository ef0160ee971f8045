//! Executes a plan: as many actions at once as may be, each journalled before it
//! begins, and everything undone when one fails. Carries no decisions of its own.

use super::RunError;
use super::event::{Event, Events, Interrupt, Urgency};
use super::gate::millis;
use super::generated::Before;
use super::journal::{Journal, Lock, Previous, Record, now, now_ms};
use super::lease::Lease;
use super::made::{Made, MadeContainers};
use super::operation::Done;
use super::planner::Planner;
use super::progress::{Outcome, Progress, failure};
use super::readiness::{Readiness, Subject};
use super::report::{Failure, Report, RunResult, TierTime};
use super::undo::Undone;
use crate::engines::{Engine, EngineError, EngineOperation, ProgressSink};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use sinops_core::action::{Goal, Operation};
use sinops_core::observed::Observed;
use sinops_core::plan::{Plan, PlannedAction};
use sinops_core::plugin::Role;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A container may take its whole grace to stop: one that does holds up no other.
const STOPS_AT_ONCE: usize = 8;

/// Executes plans. Holds the project's lock.
#[derive(Debug)]
pub struct Runner {
    planner: Planner,
    made: Mutex<MadeContainers>,
    observed: Observed,
    previous: Previous,
    /// Tells its one-offs from those of other runs.
    stamp: u64,
    lease: Lease,
    pub(super) readiness: Readiness,
    // Goes last: who waits for it finds the lease given back.
    _lock: Lock,
}

impl Runner {
    /// Takes the lock. The plan must be made after this, or be shown to be still right.
    ///
    /// # Errors
    /// If another run holds the lock, or the engine does not answer.
    pub async fn new(planner: Planner) -> Result<Self, RunError> {
        let lock = Lock::take(&planner.state_directory())?;
        let project = &planner.setup().stack.project;
        let setup = planner.setup();
        let lease = Lease::take(&setup.engine, &setup.stack.project, &setup.user).await?;
        let previous = Previous::of(&planner.state_directory(), project);
        settle(&planner, &previous).await;
        let readiness = Readiness::new(planner.setup().config.parallel);
        Ok(Self {
            planner,
            made: Mutex::default(),
            observed: Observed::default(),
            previous,
            stamp: now_ms(),
            lease,
            readiness,
            _lock: lock,
        })
    }

    /// Gives the lease back.
    pub async fn close(mut self) {
        self.lease.give_back().await;
    }

    /// What it plans with.
    #[must_use]
    pub fn planner(&self) -> &Planner {
        &self.planner
    }

    /// How the run before ended.
    pub(super) fn previous(&self) -> &Previous {
        &self.previous
    }

    /// What was there when the plan was made.
    #[must_use]
    pub fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Has to be told what the plan that it will execute was made from.
    pub fn start_from(&mut self, observed: Observed) {
        self.observed = observed;
    }

    /// After images were pulled or built: plans with these from now on.
    pub fn settle_images(&mut self) {
        self.planner.settle_images();
    }

    /// What a generated file was before an interrupted run wrote it, if one did.
    pub(super) fn written_before(&self, path: &str) -> Option<Before> {
        self.previous.interrupted()?.written.get(path).cloned()
    }

    /// Name of the container of a one-off, no other run's.
    pub(super) fn one_off_name(&self, container: &str, index: usize) -> String {
        format!("{container}-run-{}-{index}", self.stamp)
    }

    pub(super) fn engine(&self) -> Arc<dyn Engine> {
        self.planner.setup().engine.clone()
    }

    pub(super) fn parallel(&self) -> usize {
        self.planner.setup().config.parallel
    }

    pub(super) fn made(&self) -> MutexGuard<'_, MadeContainers> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the plan has yet to make the container of a replica.
    pub(super) fn is_to_be_made(&self, service: &str, number: u32) -> bool {
        self.made().is_awaited(service, number)
    }

    /// The container of a replica: the one that this run made, or the one that was there.
    pub(super) fn container(&self, service: &str, number: u32) -> Option<Made> {
        self.made().get(service, number).or_else(|| {
            let project = Some(&self.planner.setup().stack.project);
            let mine = self.observed.containers.iter().find(|container| {
                container.project.as_ref() == project
                    && container.service.as_deref() == Some(service)
                    && container.number == number
                    && !container.name.ends_with(sinops_core::plan::PREVIOUS)
            })?;
            Some(Made {
                id: mine.id.clone(),
                name: mine.name.clone(),
            })
        })
    }

    /// Executes a plan to its end, or undoes what it did.
    ///
    /// # Errors
    /// Only if the run could not be begun; what happens later is in the report.
    pub async fn execute(
        &self,
        plan: &Plan,
        pipeline: &str,
        events: &Events,
        interrupt: &Interrupt,
    ) -> Result<Report, RunError> {
        let begun = Instant::now();
        let state = self.planner.state_directory();
        match &self.previous {
            Previous::Ended | Previous::Committed => {}
            Previous::Interrupted(previous) => events.send(Event::PreviousInterrupted {
                run: previous.run.clone(),
                during: previous.during.clone(),
            }),
            Previous::Unreadable { path, reason } => events.send(Event::PreviousUnreadable {
                journal: path.display().to_string(),
                reason: reason.clone(),
            }),
        }
        let (journal, run) = Journal::begin(
            &state,
            &plan.project,
            pipeline,
            plan.goal,
            plan.actions.len(),
        )?;
        events.send(Event::Started {
            run: run.clone(),
            project: plan.project.clone(),
            actions: plan.actions.len(),
            journal: journal.path().display().to_string(),
        });
        self.made().await_all(plan);
        let mut progress = Progress::new(plan, journal.clone());
        if plan.goal == Goal::Up {
            progress.undo = self.inherited();
        }
        if !progress.undo.is_empty() {
            let undo = progress.undo.clone();
            journal.append(Record::Inherited { undo }).await?;
        }
        let mut result = self.work(&mut progress, events, interrupt).await;
        let mut undone = Undone::default();
        let failed = matches!(result, RunResult::Failed | RunResult::Interrupted);
        if failed && self.lease.is_lost() {
            // The other run has taken over what is there.
            let steps = progress.undo.iter().rev();
            undone.left = steps
                .map(|step| format!("{}: the lease was lost", step.words()))
                .collect();
        } else if let Some(service) = self.stays_broken(result, progress.failure.as_ref()) {
            undone.left.push(format!(
                "everything: `auto-revert` of `{service}` is off, so what this run did stays; what it \
                 replaced is kept as `….previous`, mend and deploy again, or go back to a release of `sinops history`"
            ));
        } else if failed && plan.goal == Goal::Up {
            let steps = std::mem::take(&mut progress.undo);
            tokio::select! {
                done = self.undo(steps, &journal, events) => undone = done,
                () = interrupt.reached(Urgency::Now) => result = RunResult::Aborted,
            }
        }
        if result == RunResult::Succeeded
            && let Err(error) = super::applied::note(&self.planner, &self.observed, plan)
        {
            tracing::warn!("the next run will start containers again that need it not: {error}");
        }
        if result != RunResult::Aborted
            && let Err(error) = journal.append(Record::End { result, at: now() }).await
        {
            // The run is over whether this could be written or not: the next one only
            // takes it for interrupted.
            undone
                .left
                .push(format!("note the end of the run: {error}"));
        }
        let took = begun.elapsed();
        events.send(Event::Finished {
            run: run.clone(),
            result,
            took_ms: millis(took),
        });
        Ok(Report {
            run,
            project: plan.project.clone(),
            pipeline: pipeline.to_owned(),
            result,
            changed: progress.changed,
            tiers: progress
                .tiers
                .into_iter()
                .map(|(tier, (from, to))| TierTime {
                    tier,
                    took_ms: millis(to.duration_since(from)),
                })
                .collect(),
            took,
            failure: progress.failure,
            undone: undone.undone,
            left: undone.left,
            answers: if plan.goal == Goal::Up {
                self.answers()
            } else {
                Vec::new()
            },
            journal: journal.path().display().to_string(),
        })
    }

    async fn work(
        &self,
        progress: &mut Progress<'_>,
        events: &Events,
        interrupt: &Interrupt,
    ) -> RunResult {
        let plan = progress.plan;
        let mut gates: FuturesUnordered<BoxFuture<'_, Outcome>> = FuturesUnordered::new();
        let mut others: FuturesUnordered<BoxFuture<'_, Outcome>> = FuturesUnordered::new();
        // What was started is looked at from then on, whenever its gate comes.
        let mut looking = FuturesUnordered::new();
        let mut listening = std::pin::pin!(self.listen());
        let mut stopping = false;
        let mut stops = 0;
        loop {
            while !stopping {
                // Gates and stops only wait; everything else counts against the limit.
                let room = others.len() - stops < self.parallel();
                let next = progress.ready.iter().copied().find(|&index| {
                    room || progress.is_gate(index)
                        || (stops < STOPS_AT_ONCE && progress.is_stop(index))
                });
                let Some((index, planned)) =
                    next.and_then(|index| Some((index, plan.actions.get(index)?)))
                else {
                    break;
                };
                progress.ready.remove(&index);
                let foreseen = self.foreseen(index, &planned.action.operation);
                let begun = match self.lease.check().await {
                    Ok(()) => {
                        let begun = progress.begin(index, planned, foreseen, events).await;
                        begun.map_err(|error| error.to_string())
                    }
                    Err(lost) => Err(lost),
                };
                if let Err(reason) = begun {
                    progress.failure = Some(failure(planned, reason));
                    stopping = true;
                    break;
                }
                let work: BoxFuture<'_, Outcome> = Box::pin(async move {
                    (
                        index,
                        Instant::now(),
                        self.act(index, planned, events).await,
                    )
                });
                if progress.is_gate(index) {
                    gates.push(work)
                } else {
                    stops += usize::from(progress.is_stop(index));
                    others.push(work)
                }
            }
            if others.is_empty() && (stopping || gates.is_empty()) {
                break;
            }
            let busy = others.len() - stops >= self.parallel();
            self.readiness.set_busy(busy);
            let outcome = tokio::select! {
                Some(outcome) = others.next() => outcome,
                Some(outcome) = gates.next() => outcome,
                Some(()) = looking.next() => continue,
                never = &mut listening, if plan.goal == Goal::Up => match never {},
                () = interrupt.reached(Urgency::Finish), if !stopping => {
                    let immediately = interrupt.urgency() == Urgency::Now;
                    events.send(Event::Interrupted { immediately });
                    stopping = true;
                    continue;
                }
                () = interrupt.reached(Urgency::Now) => {
                    events.send(Event::Interrupted { immediately: true });
                    return RunResult::Aborted;
                }
            };
            if let (index, _, Ok(_)) = &outcome
                && let Some(subject) = plan.actions.get(*index).and_then(|it| self.started(it))
            {
                looking.push(self.look_after(subject, events));
            }
            stops -= usize::from(progress.is_stop(outcome.0));
            stopping |= !progress.record(outcome, events).await;
        }
        match (&progress.failure, stopping) {
            (Some(_), _) => RunResult::Failed,
            (None, true) => RunResult::Interrupted,
            (None, false) => RunResult::Succeeded,
        }
    }

    /// The container that an action has started.
    fn started(&self, planned: &PlannedAction) -> Option<Subject> {
        match &planned.action.operation {
            Operation::StartContainer { service, number } => {
                let made = self.made().get(service, *number)?;
                Some(self.subject(service, &made.id))
            }
            Operation::StartExisting { container } => {
                Some(self.subject(planned.action.service.as_deref()?, &container.id))
            }
            _ => None,
        }
    }

    async fn act(
        &self,
        index: usize,
        planned: &PlannedAction,
        events: &Events,
    ) -> Result<Done, Failure> {
        match &planned.action.operation {
            Operation::Gate { services, timeout } => {
                self.gate(services, *timeout, events)
                    .await
                    .map_err(|gates| {
                        let names: Vec<&str> =
                            gates.iter().map(|gate| gate.service.as_str()).collect();
                        let mut failure =
                            failure(planned, format!("{} did not pass", names.join(", ")));
                        failure.gates = gates;
                        failure
                    })?;
                Ok(Done::default())
            }
            Operation::Custom { title, payload } => {
                let say = |error: &dyn std::fmt::Display| failure(planned, error.to_string());
                let (plugin, settings) = self
                    .planner
                    .load(&planned.step, Role::DeployStep)
                    .await
                    .map_err(|error| say(&error))?;
                let outcome = plugin
                    .apply(title, payload, &settings)
                    .await
                    .map_err(|error| say(&error))?;
                Ok(Done {
                    changed: outcome.changed,
                    undo: Vec::new(),
                })
            }
            operation => self
                .operate(index, operation, &progress(planned, events))
                .await
                .map_err(|trouble| Failure {
                    uncertain: trouble.uncertain,
                    ..failure(planned, trouble.message)
                }),
        }
        .map_err(|mut failed| {
            failed.message = self.planner.setup().secrets.redact(&failed.message);
            failed
        })
    }

    /// The service because of which the run failed, if it is not to be taken back.
    fn stays_broken<'f>(
        &self,
        result: RunResult,
        failure: Option<&'f Failure>,
    ) -> Option<&'f String> {
        let failure = failure.filter(|_| result == RunResult::Failed)?;
        let gates = failure.gates.iter().map(|gate| &gate.service);
        let stack = &self.planner.setup().stack;
        let mut services = gates.chain(&failure.service);
        services.find(|name| {
            let service = stack.service(name);
            service.is_some_and(|service| !service.update.auto_revert)
        })
    }

    /// Where the stack answers: published ports, as declared.
    fn answers(&self) -> Vec<(String, String)> {
        let services = self.planner.setup().project.services.iter();
        services
            .flat_map(|(name, service)| {
                service
                    .ports
                    .iter()
                    .filter(|port| port.protocol.as_deref() != Some("udp"))
                    .filter_map(|port| {
                        let host = match port.host_ip.as_deref() {
                            None | Some("0.0.0.0" | "::") => "localhost",
                            Some(address) => address,
                        };
                        Some((
                            name.clone(),
                            format!("{host}:{}", port.published.as_deref()?),
                        ))
                    })
            })
            .collect()
    }
}

/// Makes events of what an engine says of a long action.
fn progress(planned: &PlannedAction, events: &Events) -> ProgressSink {
    let (events, what) = (events.clone(), planned.action.operation.to_string());
    let service = planned.action.service.clone();
    ProgressSink::new(move |progress| {
        events.send(Event::Progress {
            what: what.clone(),
            service: service.clone(),
            text: progress.text,
            percent: progress.percent,
            lasting: progress.lasting,
        });
    })
}

/// Settles what an interrupted run left and no look can tell: one-offs, and containers that
/// the engine may be stopping still, which would be seen to run and then be gone.
async fn settle(planner: &Planner, previous: &Previous) {
    let Some(interrupted) = previous.interrupted() else {
        return;
    };
    let removes = interrupted
        .one_offs
        .iter()
        .cloned()
        .map(EngineOperation::Remove);
    let stops = interrupted.stopping.iter().cloned();
    let stops = stops.map(|id| EngineOperation::Stop { id, grace: None });
    for operation in removes.chain(stops) {
        match planner.setup().engine.execute(&operation).await {
            Ok(_) | Err(EngineError::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%error, "of an interrupted run"),
        }
    }
}
