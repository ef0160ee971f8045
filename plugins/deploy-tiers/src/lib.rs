//! Brings a stack up or down tier by tier, with a health gate after each.
//!
//! `replica` decides what one container needs, `up` and `down` put the
//! needs of all in order. Nothing here knows an engine: the host executes.

mod cascade;
mod down;
mod index;
mod order;
mod orphans;
mod replica;
mod up;
mod waves;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};

/// Suffix of the name under which an old container is kept until the whole run
/// is healthy.
pub const PREVIOUS: &str = ".previous";

/// Settings of the plugin.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tiers {
    /// Remove containers of services that are no longer declared.
    pub remove_orphans: bool,
}

impl DeployStep for Tiers {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        Ok(match planning.goal {
            Goal::Up => up::plan(self, planning),
            Goal::Down => down::plan(self, planning),
        })
    }
}

sinops_sdk::deploy_step!(Tiers);
