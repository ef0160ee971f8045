//! Examines a stack: what is risky, and what cannot work.
//!
//! One module per question. None proposes an action.

mod health;
mod images;
mod mounts;
mod ports;
mod resources;
mod secrets;
mod source;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_config_check::{Set, Text};
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Planning, Proposal};

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {}

impl DeployStep for Examination {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let mut set = Set::of(planning, |path| {
            path.ends_with(".yml") || path.ends_with(".yaml")
        });
        set.texts.retain(is_compose);
        let mut problems = Vec::new();
        for text in &set.texts {
            secrets::check(text, &mut problems);
        }
        health::check(&set, &mut problems);
        images::check(&set, &mut problems);
        mounts::check(&set, &mut problems);
        ports::check(&set, &mut problems);
        resources::check(&set, &mut problems);
        Ok(Proposal {
            actions: Vec::new(),
            problems,
        })
    }
}

/// A file with services that are mappings.
fn is_compose(text: &Text<'_>) -> bool {
    text.name().contains("compose")
        && text.root.as_ref().is_ok_and(|root| {
            root.get("services")
                .is_some_and(|it| !it.entries().is_empty())
        })
}

sinops_sdk::deploy_step!(Examination);
