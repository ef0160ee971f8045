//! Gates: all services of a tier must be ready within a time. How readiness is
//! found out is in `readiness`; here it is waited for, and a failure explained.

use super::event::Events;
use super::execute::Runner;
use super::readiness::{Standing, Subject, engine_check};
use super::report::GateFailure;
use crate::engines::State;
use futures::future::OptionFuture;
use sinops_core::monitor::Check;
use sinops_core::observed::Health;
use std::time::{Duration, Instant};

/// Lines of log in a failure.
const LOG_LINES: usize = 15;

impl Runner {
    /// Returns when all services pass, or with each one that did not.
    pub(super) async fn gate(
        &self,
        services: &[String],
        timeout: Duration,
        events: &Events,
    ) -> Result<(), Vec<GateFailure>> {
        let subjects = self.subjects(services)?;
        let begun = Instant::now();
        let passing = subjects
            .iter()
            .map(|subject| self.pass(subject, begun, self.deadline(subject, timeout), events));
        let outcomes = futures::future::join_all(passing).await;
        let failures: Vec<GateFailure> = outcomes.into_iter().filter_map(Result::err).collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures)
        }
    }

    /// How long a subject may take: its service's own word, or the gate's; and the time in
    /// which it has to show that it stays healthy.
    fn deadline(&self, subject: &Subject, timeout: Duration) -> Duration {
        let stack = &self.planner().setup().stack;
        let declared = stack
            .service(&subject.service)
            .and_then(|service| service.update.healthy_deadline);
        declared.unwrap_or(timeout).saturating_add(subject.stays)
    }

    fn subjects(&self, services: &[String]) -> Result<Vec<Subject>, Vec<GateFailure>> {
        let stack = &self.planner().setup().stack;
        let mut subjects = Vec::new();
        for service in services.iter().filter_map(|name| stack.service(name)) {
            for number in 1..=service.replicas {
                // Its turn has not come: the gate is about those before it.
                if self.is_to_be_made(&service.name, number) {
                    continue;
                }
                let Some(made) = self.container(&service.name, number) else {
                    let reason = format!("there is no container for replica {number}");
                    return Err(vec![failure(&service.name, reason)]);
                };
                subjects.push(self.subject(&service.name, &made.id));
            }
        }
        Ok(subjects)
    }

    async fn pass(
        &self,
        subject: &Subject,
        begun: Instant,
        timeout: Duration,
        events: &Events,
    ) -> Result<(), GateFailure> {
        // One that this run has not started, or that has fallen since, is looked at anew.
        let looking =
            (!self.is_still_good(subject).await).then(|| self.look_after(subject.clone(), events));
        let Some(mut standing) = self.readiness.standing(&subject.id) else {
            return Err(failure(&subject.service, "nobody looks at it".into()));
        };
        self.readiness.await_one(&subject.id);
        let settled = async {
            let looking: OptionFuture<_> = looking.into();
            let settled = async {
                let settled = standing.wait_for(Standing::is_settled).await;
                settled.map(|standing| standing.clone())
            };
            futures::join!(looking, settled).1
        };
        let left = timeout.saturating_sub(begun.elapsed());
        let settled = tokio::time::timeout(left, settled).await;
        let (check, reason) = match settled {
            Ok(Ok(Standing::Passed)) => return Ok(()),
            Ok(Ok(Standing::Failed(check, reason))) => (check, reason),
            Ok(Ok(Standing::Waiting(_)) | Err(_)) | Err(_) => {
                let seen = match standing.borrow().clone() {
                    Standing::Waiting(Some(check)) | Standing::Failed(check, _) => check,
                    Standing::Waiting(None) | Standing::Passed => engine_check(subject, ""),
                };
                let limit = humantime::format_duration(timeout.saturating_sub(subject.stays));
                (seen, format!("not healthy within {limit}"))
            }
        };
        Err(self.explain(subject, check, reason).await)
    }

    /// Whether somebody looks at the container, and it has not fallen since it passed.
    async fn is_still_good(&self, subject: &Subject) -> bool {
        let Some(standing) = self.readiness.standing(&subject.id) else {
            return false;
        };
        let passed = matches!(&*standing.borrow(), Standing::Passed);
        if !passed {
            let settled = standing.borrow().is_settled();
            return settled || standing.has_changed().is_ok();
        }
        subject.must_complete
            || match self.engine().inspect(&subject.id).await {
                Ok(state) => state.running && state.health != Health::Unhealthy,
                Err(_) => false,
            }
    }

    async fn explain(&self, subject: &Subject, check: Check, reason: String) -> GateFailure {
        let engine = self.engine();
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
        let redact = |text: &str| self.planner().setup().secrets.redact(text);
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

/// `80=127.0.0.1:8080` for TCP, which is what collectors can ask.
pub(super) fn endpoints(state: &State) -> Vec<String> {
    let tcp = state
        .endpoints
        .iter()
        .filter_map(|(port, address)| Some((port.strip_suffix("/tcp")?, address)));
    tcp.map(|(port, address)| format!("{port}={address}"))
        .collect()
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
