//! Writes what Grafana provisions itself with: data sources with uids that never change,
//! and dashboards for the services that are there.
//!
//! `sources` and `provider` write the two provisioning files, `dashboard` and `panel` make
//! JSON of the tables in `dashboards`, `advice` says what keeps the files from having an
//! effect. Without a Grafana in the stack there is nothing to do.

mod advice;
mod dashboard;
mod dashboards;
mod panel;
mod sources;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};
use sinops_sdk::{Error, yaml};

pub use sources::{ALERTMANAGER, LOKI, PROMETHEUS};

/// The folder to mount at `/etc/grafana/provisioning`, below the output folder.
pub const FOLDER: &str = "grafana/provisioning";
/// The data sources, below the output folder.
pub const SOURCES: &str = "grafana/provisioning/datasources/sinops.yaml";
/// Where the dashboards are, below the output folder.
pub const PROVIDER: &str = "grafana/provisioning/dashboards/sinops.yaml";
/// Folder of the dashboards, below the output folder.
pub const DASHBOARDS: &str = "grafana/provisioning/dashboards/sinops";

const MADE: &str = "Written by sinops (deploy-grafana).";

/// Settings of the plugin.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grafana {
    /// Folder of Grafana in which the dashboards are shown; without it the name of the project.
    pub folder: Option<String>,
    /// Dashboards that are left out, by the names of their files: `host`, `logs`.
    pub without: Vec<String>,
}

impl DeployStep for Grafana {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        let unknown = self.without.iter().find(|name| {
            !dashboards::ALL
                .iter()
                .any(|dashboard| dashboard.file == name.as_str())
        });
        if let Some(unknown) = unknown {
            let known: Vec<&str> = dashboards::ALL.iter().map(|it| it.file).collect();
            return Err(Error::Settings(format!(
                "settings.without: there is no dashboard `{unknown}`; there are {}",
                known.join(", ")
            )));
        }
        let mut proposal = Proposal::default();
        let stack = &planning.stack;
        let grafana = sinops_programs::running(&stack.services, "grafana").next();
        let (Goal::Up, Some(grafana)) = (planning.goal, grafana) else {
            return Ok(proposal);
        };
        let sources = sources::of(stack, grafana);
        advice::add(planning, grafana, &sources, &mut proposal.problems);

        // Both are read at the start only; dashboards are looked at again by themselves.
        let folder = self.folder.as_deref().unwrap_or(&stack.project);
        let read_once = [
            (SOURCES, sources::document(&sources)),
            (PROVIDER, sources::provider(folder)),
        ];
        let mut written = Vec::new();
        for (path, document) in read_once {
            if let Some(action) = planning.write(path, yaml::document(MADE, &document)) {
                written.push(action.id.clone());
                proposal.actions.push(action);
            }
        }
        let cause = "its data sources have changed, and it reads them only when it starts";
        if !written.is_empty() {
            let actions = planning.restart(grafana, &written, cause);
            proposal.actions.extend(actions);
        }
        for dashboard in dashboards::ALL {
            if self.without.iter().any(|name| name == dashboard.file) {
                continue;
            }
            if let Some(json) = dashboard::of(dashboard, stack) {
                let path = format!("{DASHBOARDS}/{}.json", dashboard.file);
                let text = format!("{json:#}\n");
                proposal.actions.extend(planning.write(&path, text));
            }
        }
        Ok(proposal)
    }
}

sinops_sdk::deploy_step!(Grafana);
