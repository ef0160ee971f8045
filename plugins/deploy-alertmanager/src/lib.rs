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
use sinops_sdk::deploy_step::{DeployStep, Goal, Mounted, Planning, Proposal};
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
        let written: Vec<String> = proposal.actions.iter().map(|it| it.id.clone()).collect();
        if !written.is_empty() && planning.mounted(alertmanager, CONFIG) == Mounted::Folder {
            let reload = planning.reload(alertmanager, &written, "its configuration has changed");
            proposal.actions.extend(reload);
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

sinops_sdk::deploy_step!(Alertmanager);
