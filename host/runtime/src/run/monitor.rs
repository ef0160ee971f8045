//! `run monitor`: collect, evaluate, tell what began and what ended. State is in
//! memory: what fires is told again after a restart.

use super::RunError;
use super::containers::StackContainers;
use super::event::{Interrupt, Urgency};
use super::gate::endpoints;
use super::journal::now_ms;
use super::metrics::Server;
use super::planner::Planner;
use crate::engines::{EngineError, State};
use crate::plugins::Plugin;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;
use sinops_core::monitor::{Check, Finding, MetricFamily, Target};
use sinops_core::notification::{Notification, Severity, Status};
use sinops_core::observed::Observed;
use sinops_core::plugin::Role;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// What fires, by identity.
type Firing = IndexMap<String, Finding>;

/// Watches a stack.
#[derive(Debug)]
pub struct Monitor<'a> {
    planner: &'a Planner,
    firing: Firing,
    server: Option<Server>,
    /// Collectors and evaluators, loaded in the first round.
    plugins: HashMap<String, (Plugin, Value)>,
}

/// What one round brought.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Round {
    /// Milliseconds since the epoch.
    pub time: u64,
    /// Verdicts of all collectors.
    pub checks: Vec<Check>,
    /// Samples that were judged.
    pub samples: usize,
    /// The samples.
    #[serde(skip)]
    pub families: Vec<MetricFamily>,
    /// What fires now.
    pub findings: Vec<Finding>,
    /// Notifications of this round: title, notifier, and why not if it was not delivered.
    pub told: Vec<(String, String, Option<String>)>,
    /// Plugins that failed, in words; the others were asked all the same.
    pub failed: Vec<String>,
}

impl Round {
    /// Nothing could be looked at.
    fn failed(error: &EngineError) -> Self {
        Self {
            time: now_ms(),
            checks: Vec::new(),
            samples: 0,
            families: Vec::new(),
            findings: Vec::new(),
            told: Vec::new(),
            failed: vec![error.to_string()],
        }
    }
}

impl<'a> Monitor<'a> {
    /// A monitor that has seen nothing yet.
    #[must_use]
    pub fn new(planner: &'a Planner) -> Self {
        Self {
            planner,
            firing: Firing::new(),
            server: None,
            plugins: HashMap::new(),
        }
    }

    /// Serves the figures of the rounds to come where the configuration says, if it does.
    ///
    /// # Errors
    /// An address that cannot be listened at.
    pub async fn listen(&mut self) -> Result<Option<SocketAddr>, RunError> {
        let Some(address) = self.planner.setup().config.monitor.listen else {
            return Ok(None);
        };
        let server = Server::at(address, self.planner).await;
        let server = server.map_err(|error| RunError::Listen {
            address,
            reason: error.to_string(),
        })?;
        let address = server.address();
        self.server = Some(server);
        Ok(Some(address))
    }

    /// Rounds until interrupted; each is handed to `show`.
    ///
    /// # Errors
    /// Plugins that cannot be loaded; an engine that does not answer in the first round. In a
    /// later one that is shown, and tried again.
    pub async fn watch(
        &mut self,
        interrupt: &Interrupt,
        mut show: impl FnMut(&Round),
    ) -> Result<(), RunError> {
        let config = &self.planner.setup().config.monitor;
        let mut ticks = tokio::time::interval(config.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut has_begun = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    let round = match self.round().await {
                        Err(RunError::Engine(error)) if has_begun => Round::failed(&error),
                        round => round?,
                    };
                    has_begun = true;
                    show(&round);
                    if let Some(server) = &self.server {
                        server.note(round);
                    }
                }
                () = interrupt.reached(Urgency::Finish) => return Ok(()),
            }
        }
    }

    /// One round.
    ///
    /// # Errors
    /// Plugins that cannot be loaded or are of another role, an engine that does not answer.
    pub async fn round(&mut self) -> Result<Round, RunError> {
        let config = &self.planner.setup().config.monitor;
        let time = now_ms();
        let collectors = config.collectors.iter().map(|it| (it, Role::Collector));
        let evaluators = config.evaluators.iter();
        for (name, role) in collectors.chain(evaluators.map(|it| (&it.plugin, Role::Evaluator))) {
            if !self.plugins.contains_key(name) {
                let loaded = self.planner.load(name, role).await?;
                self.plugins.insert(name.clone(), loaded);
            }
        }
        let observed = self.planner.observe().await?;
        let (targets, seen) = self.targets(&observed).await;
        let (mut families, mut checks, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for name in &config.collectors {
            let Some((plugin, settings)) = self.plugins.get(name) else {
                continue;
            };
            let access = Arc::new(StackContainers::new(
                self.planner.setup().engine.clone(),
                seen.clone(),
            ));
            match plugin.collect(&targets, time, settings, access).await {
                Ok(reading) => {
                    families.extend(reading.families);
                    checks.extend(reading.checks);
                }
                Err(error) => failed.push(error.to_string()),
            }
        }
        let mut findings = Vec::new();
        for evaluator in &config.evaluators {
            let Some((plugin, _)) = self.plugins.get(&evaluator.plugin) else {
                continue;
            };
            super::planner::fits(&evaluator.plugin, plugin, &evaluator.rules)?;
            match plugin.evaluate(&evaluator.rules, &families, time).await {
                Ok(found) => findings.extend(found),
                Err(error) => failed.push(error.to_string()),
            }
        }
        // An evaluator that failed found nothing: that resolves nothing either.
        let told = if failed.is_empty() {
            self.tell_changes(&findings, time).await
        } else {
            Vec::new()
        };
        Ok(Round {
            time,
            checks,
            samples: families.iter().map(|family| family.samples.len()).sum(),
            families,
            findings,
            told,
            failed,
        })
    }

    /// What to look at, and what was seen of its containers.
    async fn targets(&self, observed: &Observed) -> (Vec<Target>, HashMap<String, Option<State>>) {
        let stack = &self.planner.setup().stack;
        let mut targets = Vec::new();
        let mut seen = HashMap::new();
        for service in &stack.services {
            for name in &service.container_names {
                let container = observed
                    .containers
                    .iter()
                    .find(|it| it.name == *name && it.project.as_ref() == Some(&stack.project));
                let mut reachable = Vec::new();
                if let Some(container) = container {
                    let state = self.planner.inspect(&container.id).await.ok();
                    reachable.extend(state.iter().flat_map(endpoints));
                    seen.insert(container.id.clone(), state);
                }
                targets.push(Target {
                    name: service.name.clone(),
                    container: container.map(|container| container.id.clone()),
                    endpoints: reachable,
                    definition: service.definition.clone(),
                });
            }
        }
        (targets, seen)
    }

    async fn tell_changes(
        &mut self,
        findings: &[Finding],
        time: u64,
    ) -> Vec<(String, String, Option<String>)> {
        let now: Firing = findings
            .iter()
            .map(|finding| (identity(finding), finding.clone()))
            .collect();
        let began = now
            .iter()
            .filter(|(id, _)| !self.firing.contains_key(*id))
            .map(|it| (it, Status::Firing));
        let ended = self
            .firing
            .iter()
            .filter(|(id, _)| !now.contains_key(*id))
            .map(|it| (it, Status::Resolved));
        let mut told = Vec::new();
        let mut undelivered: Vec<(String, Status)> = Vec::new();
        for ((id, finding), status) in began.chain(ended) {
            let notification = self.notification(id, finding, status, time);
            for name in &self.planner.setup().config.monitor.notify {
                let outcome = self.planner.deliver(name, &notification).await;
                if outcome.is_err() {
                    undelivered.push((id.clone(), status));
                }
                told.push((notification.title.clone(), name.clone(), outcome.err()));
            }
        }
        let mut firing = now;
        // What could not be told is told again in the next round.
        for (id, status) in undelivered {
            match status {
                Status::Firing => {
                    firing.shift_remove(&id);
                }
                _ => {
                    if let Some(finding) = self.firing.get(&id) {
                        firing.insert(id, finding.clone());
                    }
                }
            }
        }
        self.firing = firing;
        told
    }

    fn notification(&self, id: &str, finding: &Finding, status: Status, time: u64) -> Notification {
        let resolved = status == Status::Resolved;
        Notification {
            id: format!("{id}@{time}"),
            status,
            severity: if resolved {
                Severity::Info
            } else {
                finding.severity
            },
            title: format!(
                "{}{}",
                if resolved { "resolved: " } else { "" },
                finding.summary
            ),
            body: String::new(),
            fields: finding.labels.clone(),
            project: self.planner.setup().stack.project.clone(),
            time,
        }
    }
}

fn identity(finding: &Finding) -> String {
    let mut labels: Vec<String> = finding
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    labels.sort();
    format!("{}{{{}}}", finding.rule, labels.join(","))
}
