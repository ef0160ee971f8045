//! Writes the Prometheus configuration for the services that are there.
//!
//! `targets` finds what can be scraped, `probes` what the blackbox exporter is
//! to ask, `config` writes prometheus.yml, `rules` the alert and recording
//! rules, `advice` says what keeps them from having an effect. What programs
//! serve is known by `sinops-programs`. Without a Prometheus in the stack there
//! is nothing to do.

mod advice;
mod config;
mod network;
mod probes;
pub mod rules;
mod service_discovery;
mod settings;
mod targets;

pub use settings::{Application, Change, Outside, Prometheus};

use network::{hosts, reaches};
use serde_json::Value;
use sinops_programs::Version;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Goal, Mounted, Planning, Proposal};
use sinops_sdk::types::{Service, Stack};
use std::collections::BTreeSet;
use targets::Target;

/// The configuration, below the output folder.
pub const CONFIG: &str = "prometheus/prometheus.yml";
/// The alert rules, below the output folder.
pub const RULES: &str = "prometheus/rules/sinops.yml";
/// The recording rules, below the output folder.
pub const RECORDING: &str = "prometheus/rules/recording.yml";

/// An empty file of targets, below the output folder.
pub const TARGETS: &str = "prometheus/targets/none.yml";

pub(crate) const MADE: &str = "Written by sinops (deploy-prometheus); changes here are lost.";

impl DeployStep for Prometheus {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        self.check()?;
        let mut proposal = Proposal::default();
        let stack = &planning.stack;
        let prometheus = sinops_programs::running(&stack.services, "prometheus").next();
        let (Goal::Up, Some(prometheus)) = (planning.goal, prometheus) else {
            return Ok(proposal);
        };
        let definitions: Vec<Value> = stack.services.iter().map(Service::compose).collect();
        let (targets, said) = targets::of(self, stack, &definitions, prometheus);
        proposal.problems.extend(said);
        let scraped: BTreeSet<&str> = targets.iter().map(|it| it.service.as_str()).collect();
        let blackbox = sinops_programs::running(&stack.services, "blackbox-exporter")
            .find(|it| self.probes && reaches(stack, prometheus, it));
        let probes = blackbox.map_or_else(Vec::new, |blackbox| {
            probes::of(self, stack, &definitions, blackbox, |name| {
                scraped.contains(name)
            })
        });
        advice::add(self, planning, prometheus, &mut proposal.problems);
        advice::endpoints(self, blackbox, &mut proposal.problems);

        let config = config::of(&config::Parts {
            settings: self,
            project: &stack.project,
            version: self.version_of(prometheus),
            targets: &targets,
            probes: &probes,
            blackbox: blackbox.and_then(|it| address(stack, prometheus, it, &targets)),
            docker: mounts_socket(prometheus),
        });
        let mut files = vec![(CONFIG, config)];
        let probed: Vec<&str> = probes.iter().map(|it| it.service.as_str()).collect();
        let seen: BTreeSet<&str> = scraped.iter().chain(&probed).copied().collect();
        let scene = rules::Scene {
            settings: self,
            targets: &targets,
            containers: unseen(stack, &seen),
            programs: programs(&targets),
            probed,
        };
        if self.alerts {
            files.push((RULES, rules::alerts(&scene, &mut proposal.problems)));
        }
        files.push((RECORDING, rules::recording(&scene)));
        files.push((TARGETS, service_discovery::no_targets()));
        for (path, content) in files {
            proposal.actions.extend(planning.write(path, content));
        }
        let written: Vec<String> = proposal.actions.iter().map(|it| it.id.clone()).collect();
        if !written.is_empty() && planning.mounted(prometheus, CONFIG) == Mounted::Folder {
            let reload = planning.reload(prometheus, &written, "its configuration has changed");
            proposal.actions.extend(reload);
        }
        Ok(proposal)
    }
}

impl Prometheus {
    /// The version that is written for; none: the newest.
    fn version_of(&self, prometheus: &Service) -> Option<Version> {
        match &self.version {
            Some(version) => Version::parse(version),
            None => sinops_programs::version::of(prometheus.image.as_deref()?),
        }
    }
}

/// Where Prometheus asks the blackbox exporter.
fn address(stack: &Stack, from: &Service, to: &Service, targets: &[Target]) -> Option<String> {
    let scraped = targets
        .iter()
        .find(|target| target.service == to.name)
        .and_then(|target| target.addresses.first().cloned());
    scraped.or_else(|| {
        let port = sinops_programs::listen_port(&to.compose()).unwrap_or(9115);
        Some(format!("{}:{port}", hosts(stack, from, to).first()?))
    })
}

/// Programs whose metrics are scraped, once each with its oldest version.
fn programs(targets: &[Target]) -> Vec<(&'static sinops_programs::Program, Option<Version>)> {
    let mut found: Vec<(&'static sinops_programs::Program, Option<Version>)> = Vec::new();
    for target in targets {
        let Some(program) = target.program else {
            continue;
        };
        match found
            .iter_mut()
            .find(|(known, _)| known.name == program.name)
        {
            Some((_, version)) => {
                *version = match (*version, target.version) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            None => found.push((program, target.version)),
        }
    }
    found
}

/// Services of one container that nothing else watches.
fn unseen<'s>(stack: &'s Stack, seen: &BTreeSet<&str>) -> Vec<(&'s str, &'s str)> {
    stack
        .services
        .iter()
        .filter(|service| !seen.contains(service.name.as_str()))
        .flat_map(|service| {
            service
                .container_names
                .iter()
                .map(|container| (service.name.as_str(), container.as_str()))
        })
        .collect()
}

/// Whether Prometheus may ask the engine for containers.
fn mounts_socket(prometheus: &Service) -> bool {
    let definition = prometheus.compose();
    let volumes = definition.get("volumes").and_then(Value::as_array);
    volumes
        .into_iter()
        .flatten()
        .filter_map(|volume| volume.get("target")?.as_str())
        .any(|target| target == "/var/run/docker.sock")
}

sinops_sdk::deploy_step!(Prometheus);
