//! Writes the Prometheus configuration for the services that are there.
//!
//! `catalog` knows programs by their image, `targets` finds what can be
//! scraped, `config` and `rules` write the files, `advice` says what
//! keeps them from having an effect. Without a Prometheus in the stack there
//! is nothing to do.

mod advice;
mod catalog;
mod config;
mod rules;
mod targets;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::deploy_step::{
    Action, DeployStep, Goal, Mounted, Operation, Planning, Proposal, Reloading,
};
use sinops_sdk::{Error, yaml};

/// The configuration, below the output folder.
pub const CONFIG: &str = "prometheus/prometheus.yml";
/// The alert rules, below the output folder.
pub const RULES: &str = "prometheus/rules/sinops.yml";

/// Settings of the plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prometheus {
    /// Time between scrapes and between evaluations of the rules.
    pub interval: String,
    /// How long samples should be kept; the flag is checked, not written: it
    /// belongs on the command line.
    pub retention: String,
    /// Write alert rules for the services that are there.
    pub rules: bool,
}

impl Default for Prometheus {
    fn default() -> Self {
        Self {
            interval: "15s".to_owned(),
            retention: "30d".to_owned(),
            rules: true,
        }
    }
}

impl DeployStep for Prometheus {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        for (key, value) in [("interval", &self.interval), ("retention", &self.retention)] {
            if !is_duration(value) {
                let text = format!("settings.{key}: `{value}` is no duration like 15s, 5m or 30d");
                return Err(Error::Settings(text));
            }
        }
        let mut proposal = Proposal::default();
        let prometheus = planning.stack.services.iter().find(|service| {
            catalog::of(service).is_some_and(|program| program.job == "prometheus")
        });
        let (Goal::Up, Some(prometheus)) = (planning.goal, prometheus) else {
            return Ok(proposal);
        };
        let (targets, unreachable) = targets::of(&planning.stack, prometheus);
        proposal.problems.extend(unreachable);
        advice::add(self, planning, prometheus, &mut proposal.problems);

        let made = "Written by sinops (deploy-prometheus); changes here are lost.";
        let config = config::of(self, &planning.stack.project, prometheus, &targets);
        proposal
            .actions
            .extend(planning.write(CONFIG, yaml::document(made, &config)));
        if self.rules {
            let rules = rules::of(&targets);
            proposal
                .actions
                .extend(planning.write(RULES, yaml::document(made, &rules)));
        }
        if planning.mounted(prometheus, CONFIG) == Mounted::Folder {
            reload(planning, prometheus, &mut proposal.actions);
        }
        Ok(proposal)
    }
}

/// A Prometheus that runs on is told to read what has changed.
fn reload(planning: &Planning, prometheus: &sinops_sdk::types::Service, actions: &mut Vec<Action>) {
    let written: Vec<String> = actions.iter().map(|action| action.id.clone()).collect();
    if written.is_empty() {
        return;
    }
    for container in planning.running(prometheus) {
        let id = format!("reload:{}", container.name);
        let operation = Operation::Reload(Reloading {
            container,
            signal: "SIGHUP".to_owned(),
        });
        let action = Action::new(id, operation, "its configuration has changed");
        actions.push(action.service(&prometheus.name).after(written.clone()));
    }
}

/// Whether Prometheus takes it for a duration: `15s`, `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some((number, unit)) = rest.split_at_checked(digits) else {
            return false;
        };
        let Some(unit) = ["ms", "s", "m", "h", "d", "w", "y"]
            .iter()
            .find(|it| unit.starts_with(**it))
        else {
            return false;
        };
        if number.is_empty() {
            return false;
        }
        rest = rest.get(digits + unit.len()..).unwrap_or_default();
    }
    !text.is_empty()
}

sinops_sdk::deploy_step!(Prometheus);

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_are_those_of_prometheus() {
        for right in ["15s", "1h30m", "30d", "500ms", "1y"] {
            assert!(is_duration(right), "{right}");
        }
        for wrong in ["", "15", "s", "15 s", "1.5h", "-1s", "15x"] {
            assert!(!is_duration(wrong), "{wrong}");
        }
    }
}
