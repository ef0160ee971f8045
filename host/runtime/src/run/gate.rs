//! Gates: a health collector must pass for every service within a time.
//!
//! Probing is active and begins at once, with back-off from 100 ms, so that a gate
//! takes as long as the services do and not as long as the engine's own interval.

use super::containers::StackContainers;
use super::event::{Event, Events};
use super::execute::Runner;
use super::journal::now_ms;
use super::report::GateFailure;
use crate::engines::State;
use crate::plugins::Plugin;
use futures::StreamExt;
use serde_json::Value;
use sinops_core::monitor::{Check, Target, Verdict};
use sinops_core::observed::Health;
use sinops_core::plugin::Role;
use sinops_core::stack::Condition;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};

/// First pause between two looks; it grows by half up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// Restarts after which a container is taken to be in a crash loop.
const MOST_RESTARTS: u32 = 5;
/// Lines of log in a failure.
const LOG_LINES: usize = 15;

/// What the services of a gate share.
struct Judge<'a> {
    runner: &'a Runner,
    plugin: &'a Plugin,
    settings: &'a Value,
    events: &'a Events,
    probes: Semaphore,
    begun: Instant,
    timeout: Duration,
    /// By container: something happened to it, so that looking again is worth it.
    awake: HashMap<String, Notify>,
}

/// A container that has to pass.
struct Subject {
    service: String,
    id: String,
    must_complete: bool,
}

/// Where a subject stands after a look.
enum Standing {
    Passed,
    Waiting(Check),
    Failed(Check, String),
}

impl Runner {
    /// Returns when all services pass, or with each one that did not.
    pub(super) async fn gate(
        &self,
        services: &[String],
        timeout: Duration,
        events: &Events,
    ) -> Result<(), Vec<GateFailure>> {
        let subjects = self.subjects(services)?;
        let (plugin, settings) = self.gate_collector().await?;
        let judge = Judge {
            runner: self,
            plugin,
            settings,
            events,
            probes: Semaphore::new(self.parallel()),
            begun: Instant::now(),
            timeout,
            awake: subjects
                .iter()
                .map(|subject| (subject.id.clone(), Notify::new()))
                .collect(),
        };
        let passing = subjects.iter().map(|subject| judge.pass(subject));
        let outcomes = tokio::select! {
            outcomes = futures::future::join_all(passing) => outcomes,
            never = judge.listen() => match never {},
        };
        let failures: Vec<GateFailure> = outcomes.into_iter().filter_map(Result::err).collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures)
        }
    }

    /// The plugin that judges, with its settings; loaded once per run.
    async fn gate_collector(&self) -> Result<&(Plugin, Value), Vec<GateFailure>> {
        let name = &self.planner().setup().config.gate_collector;
        self.judging
            .get_or_try_init(|| self.planner().load(name, Role::Collector))
            .await
            .map_err(|error| vec![failure(name, error.to_string())])
    }

    fn subjects(&self, services: &[String]) -> Result<Vec<Subject>, Vec<GateFailure>> {
        let stack = &self.planner().setup().stack;
        let mut subjects = Vec::new();
        for name in services {
            let Some(service) = stack.service(name) else {
                continue;
            };
            let must_complete = stack.services.iter().any(|other| {
                other
                    .depends_on
                    .iter()
                    .any(|it| it.service == *name && it.condition == Condition::Completed)
            });
            for number in 1..=service.replicas {
                let Some(made) = self.container(name, number) else {
                    return Err(vec![failure(
                        name,
                        format!("there is no container for replica {number}"),
                    )]);
                };
                subjects.push(Subject {
                    service: name.clone(),
                    id: made.id,
                    must_complete,
                });
            }
        }
        Ok(subjects)
    }
}

fn failure(service: &str, reason: String) -> GateFailure {
    GateFailure {
        service: service.to_owned(),
        check: "engine".into(),
        asked: String::new(),
        output: String::new(),
        reason,
        logs: Vec::new(),
    }
}

impl Judge<'_> {
    async fn pass(&self, subject: &Subject) -> Result<(), GateFailure> {
        let mut pause = FIRST_PAUSE;
        loop {
            let standing = self.look(subject).await;
            let waited = self.begun.elapsed();
            let (check, reason) = match standing {
                Standing::Passed => {
                    let took_ms = millis(waited);
                    self.events.send(Event::Healthy {
                        service: subject.service.clone(),
                        took_ms,
                    });
                    return Ok(());
                }
                Standing::Failed(check, reason) => (check, reason),
                Standing::Waiting(check) if waited >= self.timeout => (
                    check,
                    format!(
                        "not healthy within {}",
                        humantime::format_duration(self.timeout)
                    ),
                ),
                Standing::Waiting(check) => {
                    self.events.send(Event::Waiting {
                        service: subject.service.clone(),
                        check: check.name,
                        output: check.output,
                        waited_ms: millis(waited),
                    });
                    let pausing = pause.min(self.timeout.saturating_sub(waited));
                    self.rest(subject, pausing).await;
                    pause = (pause * 3 / 2).min(LAST_PAUSE);
                    continue;
                }
            };
            return Err(self.explain(subject, check, reason).await);
        }
    }

    /// Sleeps, unless the engine tells that something happened.
    async fn rest(&self, subject: &Subject, pause: Duration) {
        let sleep = tokio::time::sleep(pause);
        match self.awake.get(&subject.id) {
            Some(awake) => tokio::select! {
                () = sleep => {}
                () = awake.notified() => {}
            },
            None => sleep.await,
        }
    }

    /// Wakes whoever rests when the engine tells of its container.
    async fn listen(&self) -> Infallible {
        let project = &self.runner.planner().setup().stack.project;
        let mut happenings = self.runner.engine().happenings(project);
        while let Some(id) = happenings.next().await {
            if let Some(awake) = self.awake.get(&id) {
                awake.notify_one();
            }
        }
        // Without the engine's word the pauses alone decide.
        std::future::pending().await
    }

    async fn look(&self, subject: &Subject) -> Standing {
        let Ok(_permit) = self.probes.acquire().await else {
            return Standing::Waiting(engine_check(subject, "not looked at yet"));
        };
        let engine = self.runner.engine();
        let state = match engine.inspect(&subject.id).await {
            Ok(state) => state,
            Err(error) => return Standing::Waiting(engine_check(subject, &error.to_string())),
        };
        if subject.must_complete {
            return match (state.running, state.exit_code) {
                (false, Some(0)) => Standing::Passed,
                (false, Some(code)) => ended(subject, code),
                _ => Standing::Waiting(engine_check(subject, "still running")),
            };
        }
        if !state.running
            && let Some(code) = state.exit_code
            && !self.restarts(subject)
        {
            return ended(subject, code);
        }
        if state.restarts >= MOST_RESTARTS {
            let what = format!(
                "restarted {} times, last exit code {}",
                state.restarts,
                state.exit_code.unwrap_or(0)
            );
            return Standing::Failed(
                engine_check(subject, &what),
                "the container is in a crash loop".into(),
            );
        }
        let target = self.target(subject, &state);
        let seen = [(subject.id.clone(), Some(state.clone()))];
        let access = Arc::new(StackContainers::new(engine.clone(), seen));
        let reading = self
            .plugin
            .collect(&[target], now_ms(), self.settings, access)
            .await;
        let checks = match reading {
            Ok(reading) => reading.checks,
            Err(error) => return Standing::Failed(engine_check(subject, ""), error.to_string()),
        };
        match checks
            .into_iter()
            .find(|check| check.verdict != Verdict::Pass)
        {
            None => Standing::Passed,
            Some(check) if state.running && state.health == Health::Unhealthy => {
                let retries = state.retries.unwrap_or(3);
                Standing::Failed(
                    check,
                    format!("unhealthy: {retries} checks in a row failed after the start period"),
                )
            }
            Some(check) => Standing::Waiting(check),
        }
    }

    /// Whether the engine will start the container again by itself.
    fn restarts(&self, subject: &Subject) -> bool {
        let service = self
            .runner
            .planner()
            .setup()
            .project
            .services
            .get(&subject.service);
        service.is_some_and(|service| {
            let policy = service
                .deploy
                .as_ref()
                .and_then(|deploy| deploy.restart_policy.as_ref());
            let condition = policy.and_then(|policy| policy.condition.as_deref());
            service
                .restart
                .as_deref()
                .is_some_and(|policy| policy != "no")
                || condition.is_some_and(|condition| condition != "none")
        })
    }

    fn target(&self, subject: &Subject, state: &State) -> Target {
        let stack = &self.runner.planner().setup().stack;
        let definition = stack
            .service(&subject.service)
            .map(|service| service.definition.clone());
        Target {
            name: subject.service.clone(),
            container: Some(subject.id.clone()),
            endpoints: endpoints(state),
            definition: definition.unwrap_or(Value::Null),
        }
    }

    async fn explain(&self, subject: &Subject, check: Check, reason: String) -> GateFailure {
        let engine = self.runner.engine();
        let logs = engine
            .logs(&subject.id, LOG_LINES)
            .await
            .unwrap_or_default();
        let asked = match engine.inspect(&subject.id).await {
            Ok(state) if check.name == "command" => match state.health_test.split_first() {
                Some((_, words)) => words.join(" "),
                None => String::new(),
            },
            _ => String::new(),
        };
        let redact = |text: &str| self.runner.planner().setup().secrets.redact(text);
        GateFailure {
            service: subject.service.clone(),
            check: check.name,
            asked,
            output: redact(&check.output),
            reason,
            logs: logs.iter().map(|line| redact(line)).collect(),
        }
    }
}

/// `80=127.0.0.1:8080` for TCP, which is what collectors can ask.
pub(super) fn endpoints(state: &State) -> Vec<String> {
    let tcp = state
        .endpoints
        .iter()
        .filter_map(|(port, address)| Some((port.strip_suffix("/tcp")?, address)));
    tcp.map(|(port, address)| format!("{port}={address}"))
        .collect()
}

fn ended(subject: &Subject, code: i32) -> Standing {
    let check = engine_check(subject, &format!("exit code {code}"));
    Standing::Failed(check, format!("the container ended with {code}"))
}

fn engine_check(subject: &Subject, output: &str) -> Check {
    Check {
        target: subject.service.clone(),
        name: "engine".into(),
        verdict: Verdict::Pending,
        output: output.to_owned(),
        took: Duration::ZERO,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
