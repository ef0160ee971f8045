//! Proposes actions of a deploy; the host executes them.

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginType {
    /// Where the list goes, below the output folder.
    #[serde(default = "path")]
    pub path: String,
}

fn path() -> String {
    "images.txt".to_owned()
}

impl DeployStep for PluginType {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let mut proposal = Proposal::default();
        if planning.goal == Goal::Down || planning.stack.services.is_empty() {
            return Ok(proposal);
        }
        let mut list = String::new();
        for service in planning.selected() {
            let image = service.image.as_deref().unwrap_or("-");
            list.push_str(&format!("{} {image}\n", service.name));
        }
        proposal.actions.extend(planning.write(&self.path, list));
        Ok(proposal)
    }
}

sinops_sdk::deploy_step!(PluginType);
