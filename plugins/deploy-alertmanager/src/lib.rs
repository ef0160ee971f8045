//! Writes the Alertmanager configuration: who is told of what and when, and
//! what mutes what.
//!
//! `settings` is what users write and `check` what is wrong with it, `config`
//! writes alertmanager.yml and `templates` the texts, `advice` says what keeps them from having an effect.
//! No secret is ever part of a file: all are paths. Without an Alertmanager in
//! the stack there is nothing to do.

mod advice;
mod check;
mod config;
mod settings;
mod templates;

pub use settings::{Alertmanager, Email, Pagerduty, Receiver, Slack, Smtp, Time};

use sinops_programs::Version;
use sinops_sdk::Error;
use sinops_sdk::deploy_step::{
    Action, DeployStep, Goal, Mounted, Operation, Planning, Proposal, Reloading,
};
use sinops_sdk::types::Service;

/// The configuration, below the output folder.
pub const CONFIG: &str = "alertmanager/alertmanager.yml";
/// The texts of notifications, below the output folder.
pub const TEMPLATES: &str = "alertmanager/templates/sinops.tmpl";

pub(crate) const TEMPLATE_GLOB: &str = "templates/*.tmpl";
pub(crate) const MADE: &str = "Written by sinops (deploy-alertmanager); changes here are lost.";

impl DeployStep for Alertmanager {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        self.check()?;
        let mut proposal = Proposal::default();
        let alertmanager =
            sinops_programs::running(&planning.stack.services, "alertmanager").next();
        let (Goal::Up, Some(alertmanager)) = (planning.goal, alertmanager) else {
            return Ok(proposal);
        };
        let version = self.version_of(alertmanager);
        for (path, content) in [
            (CONFIG, config::file(self, version)),
            (TEMPLATES, templates::file()),
        ] {
            proposal.actions.extend(planning.write(path, content));
        }
        if planning.mounted(alertmanager, CONFIG) == Mounted::Folder {
            reload(planning, alertmanager, &mut proposal.actions);
        }
        advice::add(
            self,
            planning,
            alertmanager,
            version,
            &mut proposal.problems,
        );
        Ok(proposal)
    }
}

impl Alertmanager {
    /// The version that is written for; none: the newest.
    fn version_of(&self, alertmanager: &Service) -> Option<Version> {
        match &self.version {
            Some(version) => Version::parse(version),
            None => sinops_programs::version::of(alertmanager.image.as_deref()?),
        }
    }
}

/// An Alertmanager that runs on is told to read what has changed.
fn reload(planning: &Planning, alertmanager: &Service, actions: &mut Vec<Action>) {
    let written: Vec<String> = actions.iter().map(|action| action.id.clone()).collect();
    if written.is_empty() {
        return;
    }
    for container in planning.running(alertmanager) {
        let id = format!("reload:{}", container.name);
        let operation = Operation::Reload(Reloading {
            container,
            signal: "SIGHUP".to_owned(),
        });
        let action = Action::new(id, operation, "its configuration has changed");
        actions.push(action.service(&alertmanager.name).after(written.clone()));
    }
}

sinops_sdk::deploy_step!(Alertmanager);
