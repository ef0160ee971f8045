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
use serde_json::Value;
use sinops_core::monitor::{Check, Target, Verdict};
use sinops_core::observed::Health;
use sinops_core::plugin::Role;
use sinops_core::stack::Condition;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

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
}

/// A container that has to pass.
struct Subject {
    service: String,
    id: String,
    must_complete: bool,
    /// Must stay healthy for so long.
    stays: Duration,
    /// May take so long to become healthy.
    timeout: Duration,
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
        let subjects = self.subjects(services, timeout)?;
        let name = &self.planner().setup().config.gate_collector;
        let (plugin, settings) = self
            .planner()
            .load(name, Role::Collector)
            .await
            .map_err(|error| vec![failure(name, error.to_string())])?;
        let judge = Judge {
            runner: self,
            plugin: &plugin,
            settings: &settings,
            events,
            probes: Semaphore::new(self.parallel()),
            begun: Instant::now(),
        };
        let outcomes =
            futures::future::join_all(subjects.iter().map(|subject| judge.pass(subject))).await;
        let failures: Vec<GateFailure> = outcomes.into_iter().filter_map(Result::err).collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures)
        }
    }

    fn subjects(
        &self,
        services: &[String],
        timeout: Duration,
    ) -> Result<Vec<Subject>, Vec<GateFailure>> {
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
                // Its turn has not come: the gate is about those before it.
                if self.is_to_be_made(name, number) {
                    continue;
                }
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
                    // Who was there before has shown it.
                    stays: match self.made().get(name, number) {
                        Some(_) if !must_complete => service.update.min_healthy_time,
                        _ => Duration::ZERO,
                    },
                    timeout: service.update.healthy_deadline.unwrap_or(timeout),
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
        let mut healthy_since: Option<Instant> = None;
        loop {
            let standing = self.look(subject).await;
            let waited = self.begun.elapsed();
            let (check, reason) = match standing {
                Standing::Passed
                    if healthy_since.get_or_insert_with(Instant::now).elapsed() < subject.stays =>
                {
                    let since = healthy_since.map_or(Duration::ZERO, |since| since.elapsed());
                    let rest = subject.stays.saturating_sub(since);
                    tokio::time::sleep(LAST_PAUSE.min(rest)).await;
                    continue;
                }
                Standing::Passed => {
                    let took_ms = millis(waited);
                    self.events.send(Event::Healthy {
                        service: subject.service.clone(),
                        took_ms,
                    });
                    return Ok(());
                }
                Standing::Failed(check, reason) => (check, reason),
                Standing::Waiting(check) if healthy_since.is_some() => (
                    check,
                    format!(
                        "it was healthy, but not for {}",
                        humantime::format_duration(subject.stays)
                    ),
                ),
                Standing::Waiting(check) if waited >= subject.timeout => (
                    check,
                    format!(
                        "not healthy within {}",
                        humantime::format_duration(subject.timeout)
                    ),
                ),
                Standing::Waiting(check) => {
                    self.events.send(Event::Waiting {
                        service: subject.service.clone(),
                        check: check.name,
                        output: check.output,
                        waited_ms: millis(waited),
                    });
                    tokio::time::sleep(pause.min(subject.timeout.saturating_sub(waited))).await;
                    pause = (pause * 3 / 2).min(LAST_PAUSE);
                    continue;
                }
            };
            return Err(self.explain(subject, check, reason).await);
        }
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
        let access = Arc::new(StackContainers::new(engine.clone(), [subject.id.clone()]));
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
