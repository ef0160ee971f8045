//! Examines files of Prometheus and of the blackbox exporter: what the servers
//! would refuse, and what they take and what never works.
//!
//! One module per kind of file. None proposes an action.

mod blackbox;
mod config;
mod discovery;
mod files;
mod metrics;
mod promql;
mod relabel;
mod rules;
mod sections;
mod service;
mod targets;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_config_check::{Schema, Set};
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Planning, Proposal};

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {}

impl DeployStep for Examination {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let look = Look::new(planning);
        let mut problems = Vec::new();
        for (index, text) in look.set.texts.iter().enumerate() {
            let kind = look.files.kind(index);
            if kind.is_some_and(|it| it != files::Kind::Targets) {
                let program = match kind {
                    Some(files::Kind::Blackbox) => "The exporter",
                    _ => "Prometheus",
                };
                problems.extend(text.unread("prometheus/unread", program));
            }
            match kind {
                Some(files::Kind::Config) => config::check(&look, text, &mut problems),
                Some(files::Kind::Rules) => rules::check(&look, text, &mut problems),
                Some(files::Kind::Targets) => targets::check_file(&look, text, &mut problems),
                Some(files::Kind::Blackbox) => blackbox::check(&look, text, &mut problems),
                None => {}
            }
        }
        service::check(&look, &mut problems);
        Ok(Proposal {
            actions: Vec::new(),
            problems,
        })
    }
}

/// What all questions look at.
struct Look<'p> {
    set: Set<'p>,
    files: files::Files,
    schema: Schema,
}

impl<'p> Look<'p> {
    fn new(planning: &'p Planning) -> Self {
        let set = Set::of(planning, files::readable);
        let files = files::Files::new(&set);
        Self {
            files,
            set,
            schema: Schema::new(&[
                sinops_config_check::HTTP,
                include_str!("prometheus.table"),
                include_str!("blackbox.table"),
            ]),
        }
    }

    /// Prometheus is one of the services.
    fn has_prometheus(&self) -> bool {
        let services = &self.set.planning.stack.services;
        services
            .iter()
            .any(|service| PROMETHEUS.contains(&service.program()))
    }
}

/// Images of Prometheus itself.
const PROMETHEUS: &[&str] = &["prometheus", "prometheus-distroless"];

sinops_sdk::deploy_step!(Examination);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_name_only_blocks_that_are_there() {
        let planning = Planning::default();
        assert_eq!(Look::new(&planning).schema.flaws(), Vec::<String>::new());
    }
}
