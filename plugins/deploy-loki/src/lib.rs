//! Writes the configuration of Loki and of the log shipper that is there,
//! Alloy or Promtail.
//!
//! `loki`, `alloy` and `promtail` write one file each, `entry` and `level` hold what the
//! shippers are told of lines, `advice` says what keeps the files from having an effect. Without a Loki in the stack there is
//! nothing to do.

mod advice;
mod alloy;
mod entry;
mod level;
mod loki;
mod promtail;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::deploy_step::{DeployStep, Goal, Planning, Proposal};
use sinops_sdk::types::{Service, Stack};
use sinops_sdk::{Error, yaml};

/// Loki's configuration, below the output folder.
pub const LOKI: &str = "loki/loki.yaml";
/// Alloy's configuration, below the output folder.
pub const ALLOY: &str = "alloy/config.alloy";
/// Promtail's configuration, below the output folder.
pub const PROMTAIL: &str = "promtail/config.yml";

const MADE: &str = "Written by sinops (deploy-loki); changes here are lost.";

const READ_ONCE: &str = "its configuration has changed, and it reads it only when it starts";

/// Settings of the plugin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Loki {
    /// How long lines are kept, at least a day: `72h`, `14d`.
    pub retention: String,
    /// Day from which the schema holds, `YYYY-MM-DD`. What was stored before
    /// under another schema needs its own entry and cannot use this plugin.
    pub schema_from: String,
    /// Regular expression (RE2) of a line that begins an entry; lines that do not
    /// match belong to the entry before. Without it: time stamps, levels, JSON, key=value,
    /// first lines of stack traces and plain sentences begin one.
    pub first_line: Option<String>,
    /// Version of Loki, `2.9` or `3.5`, where the tag of the image does not tell.
    pub version: Option<String>,
}

impl Default for Loki {
    fn default() -> Self {
        Self {
            retention: "72h".to_owned(),
            schema_from: "2024-04-01".to_owned(),
            first_line: None,
            version: None,
        }
    }
}

impl Loki {
    fn first_line(&self) -> String {
        self.first_line.clone().unwrap_or_else(entry::first_line)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::Settings(text));
        match loki::hours(&self.retention) {
            Some(24..) => {}
            Some(_) => {
                return wrong(format!(
                    "settings.retention: `{}` is less than a day, which Loki refuses",
                    self.retention
                ));
            }
            None => {
                return wrong(format!(
                    "settings.retention: `{}` is no duration like 72h or 14d",
                    self.retention
                ));
            }
        }
        if let Some(version) = &self.version
            && sinops_sdk::image::version(&format!("loki:{version}")).is_none()
        {
            return wrong(format!(
                "settings.version: `{version}` is no version like 2.9 or 3.5"
            ));
        }
        let digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let date: Vec<&str> = self.schema_from.split('-').collect();
        match date.as_slice() {
            [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => Ok(()),
            _ => wrong(format!(
                "settings.schema-from: `{}` is no day like 2024-04-01",
                self.schema_from
            )),
        }
    }
}

impl DeployStep for Loki {
    fn plan(&self, planning: &Planning) -> Result<Proposal, Error> {
        self.check()?;
        let mut proposal = Proposal::default();
        let stack = &planning.stack;
        let (Goal::Up, Some(loki)) = (planning.goal, running(stack, "loki")) else {
            return Ok(proposal);
        };
        if loki::version(self, loki).is_some_and(|version| version < (2, 9)) {
            proposal.problems.push(advice::too_old(loki));
            return Ok(proposal);
        }
        let url = push_url(stack, loki);
        let config = yaml::document(MADE, &loki::config(self, loki));
        if let Some(action) = planning.write(LOKI, config) {
            let write = action.id.clone();
            proposal.actions.push(action);
            proposal
                .actions
                .extend(planning.restart(loki, &[write], READ_ONCE));
        }
        advice::loki(planning, loki, &mut proposal.problems);
        if let Some(alloy) = running(stack, "alloy") {
            let config = alloy::config(self, &stack.project, &url);
            if let Some(action) = planning.write(ALLOY, config) {
                let write = action.id.clone();
                proposal.actions.push(action);
                let cause = "its configuration has changed";
                let actions = planning.reload(alloy, &[write], cause);
                proposal.actions.extend(actions);
            }
            advice::shipper(planning, alloy, loki, ALLOY, &mut proposal.problems);
        } else if let Some(promtail) = running(stack, "promtail") {
            let config = yaml::document(MADE, &promtail::config(self, &stack.project, &url));
            if let Some(action) = planning.write(PROMTAIL, config) {
                let write = action.id.clone();
                proposal.actions.push(action);
                let actions = planning.restart(promtail, &[write], READ_ONCE);
                proposal.actions.extend(actions);
            }
            advice::shipper(planning, promtail, loki, PROMTAIL, &mut proposal.problems);
            proposal.problems.push(advice::end_of_life(promtail));
        } else {
            proposal.problems.push(advice::no_shipper(loki));
        }
        Ok(proposal)
    }
}

/// The service that runs a program, by the name of its image.
fn running<'a>(stack: &'a Stack, program: &str) -> Option<&'a Service> {
    stack
        .services
        .iter()
        .find(|service| service.program() == program)
}

fn push_url(stack: &Stack, loki: &Service) -> String {
    let host = if stack.engine == "process" {
        "localhost"
    } else {
        &loki.name
    };
    format!("http://{host}:3100/loki/api/v1/push")
}

sinops_sdk::deploy_step!(Loki);
