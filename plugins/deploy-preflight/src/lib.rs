//! Makes what a stack needs, and says before the first change why a deploy
//! would fail.
//!
//! One module per question. Each is a function of the stack and of one look at
//! the engine and the machine; none of them changes anything.

mod addresses;
mod cidr;
mod health;
mod images;
mod machine;
mod mountpoints;
mod mounts;
mod names;
mod networks;
mod ports;
mod resources;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};
use sinops_sdk::types::{Container, ObservedImage, PathKind, Service};
use std::collections::HashMap;

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preflight {}

impl DeployStep for Preflight {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let mut proposal = Proposal::default();
        if planning.goal == Goal::Down {
            return Ok(proposal);
        }
        let observed = &planning.observed;
        let containers = observed.containers.iter();
        let look = Look {
            planning,
            images: observed
                .images
                .iter()
                .map(|it| (it.reference.as_str(), it))
                .collect(),
            paths: observed
                .paths
                .iter()
                .map(|it| (it.path.as_str(), it.kind))
                .collect(),
            containers: containers.map(|it| (it.name.as_str(), it)).collect(),
            services: planning
                .selected()
                .into_iter()
                .map(|service| (service, service.compose()))
                .collect(),
        };
        // The process engine has neither images nor networks of its own.
        if planning.stack.engine != "process" {
            resources::plan(&look, &mut proposal);
            images::plan(&look, &mut proposal);
            mounts::check(&look, &mut proposal.problems);
            mountpoints::check(&look, &mut proposal.problems);
            machine::check(&look, &proposal.actions, &mut proposal.problems);
            addresses::check(&look, &mut proposal.problems);
            names::check(&look, &mut proposal.problems);
            health::check(&look, &mut proposal.problems);
        }
        ports::check(&look, &mut proposal.problems);
        Ok(proposal)
    }
}

/// What all questions look at.
struct Look<'a> {
    planning: &'a Planning,
    /// With their canonical definitions.
    services: Vec<(&'a Service, serde_json::Value)>,
    /// Those that the engine has, by reference.
    images: HashMap<&'a str, &'a ObservedImage>,
    paths: HashMap<&'a str, PathKind>,
    /// Of any project, by name.
    containers: HashMap<&'a str, &'a Container>,
}

impl Look<'_> {
    /// A container of this project, by name or id.
    fn own(&self, container: &str) -> Option<&Container> {
        self.planning.observed.containers.iter().find(|known| {
            (known.name == container || known.id == container)
                && known.project.as_deref() == Some(self.planning.stack.project.as_str())
        })
    }
}

/// The items of a list in a definition.
fn items<'v>(
    definition: &'v serde_json::Value,
    key: &str,
) -> impl Iterator<Item = &'v serde_json::Value> {
    definition
        .get(key)
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
}

/// A text in a definition.
fn text<'v>(definition: &'v serde_json::Value, key: &str) -> Option<&'v str> {
    definition.get(key).and_then(serde_json::Value::as_str)
}

sinops_sdk::deploy_step!(Preflight);
