//! Examines provisioning of Grafana: data sources, providers of dashboards, and
//! the dashboards themselves. None proposes an action.

mod dashboards;
mod datasources;
mod providers;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_config_check::Set;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{DeployStep, Planning, Proposal};

/// Settings of the plugin: there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {}

impl DeployStep for Examination {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let set = Set::of(planning, |path| {
            [".yml", ".yaml", ".json"]
                .iter()
                .any(|end| path.ends_with(end))
        });
        let mut problems = Vec::new();
        for text in &set.texts {
            let Ok(root) = &text.root else { continue };
            let provisioned = root.get("apiVersion").is_some();
            if provisioned && root.get("datasources").is_some() {
                datasources::check(text, root, &mut problems);
            } else if provisioned && root.get("providers").is_some() {
                providers::check(&set, text, root, &mut problems);
            } else if dashboards::is_dashboard(text, root) {
                dashboards::check(&set, text, root, &mut problems);
            }
        }
        Ok(Proposal {
            actions: Vec::new(),
            problems,
        })
    }
}

sinops_sdk::deploy_step!(Examination);
