//! Asks steps what is wrong with a set of files. No engine is looked at, and
//! nothing can be done about what they find: a step of such a pipeline that
//! proposes an action is refused.

use super::planner::fits;
use super::{RunError, observe, plugin_spec};
use crate::plugins::{PluginHost, SecretStore};
use sinops_compose::Project;
use sinops_core::action::{Goal, Planning};
use sinops_core::config::Config;
use sinops_core::observed::{Observed, TextFile};
use sinops_core::plan::{Refusal, StepProblem};
use sinops_core::plugin::Role;
use sinops_core::stack::Stack;
use std::path::Path;
use std::sync::Arc;

/// What is looked at, and by whom.
#[derive(Debug)]
pub struct Examination<'a> {
    /// Runs plugins.
    pub plugins: &'a PluginHost,
    /// Resolved sinops.yaml.
    pub config: &'a Config,
    /// Folder that relative paths of sinops.yaml start from.
    pub config_directory: &'a Path,
    /// Instance names of deploy-step plugins, in order.
    pub steps: &'a [String],
    /// The compose project; none where no compose file loads.
    pub project: Option<&'a Project>,
    /// What it comes to, or at least the project folder.
    pub stack: Stack,
    /// Texts below the project folder.
    pub texts: Vec<TextFile>,
}

/// Everything that the steps find, in their order.
///
/// # Errors
/// Plugins that fail or propose to act, settings that do not fit.
pub async fn examine(examination: Examination<'_>) -> Result<Vec<StepProblem>, RunError> {
    let mut observed = match examination.project {
        Some(project) => observe::without_engine(project),
        None => Observed::default(),
    };
    observed.texts = examination.texts;
    let planning = Planning {
        stack: examination.stack,
        observed,
        proposed: Vec::new(),
        goal: Goal::Up,
        only: Vec::new(),
    };
    let secrets = Arc::new(SecretStore::new());
    let planning = &planning;
    let asked = examination.steps.iter().map(|step| {
        let usage = examination.config.plugin(step);
        let spec = plugin_spec(&usage, examination.config_directory, &secrets, None);
        async move {
            let plugin = examination.plugins.load(spec).await?;
            let found = plugin.description().role;
            if found != Role::DeployStep {
                return Err(RunError::WrongRole {
                    plugin: step.clone(),
                    found,
                    wanted: Role::DeployStep,
                });
            }
            fits(step, &plugin, &usage.settings)?;
            let proposal = plugin.plan(planning, &usage.settings).await?;
            let refusals: Vec<Refusal> = proposal
                .actions
                .iter()
                .map(|action| Refusal {
                    step: step.clone(),
                    action: action.id.clone(),
                    reason: "this pipeline only looks: its steps may not act".to_owned(),
                })
                .collect();
            if !refusals.is_empty() {
                return Err(RunError::Refused(refusals));
            }
            let problems = proposal.problems.into_iter();
            Ok(problems
                .map(|problem| StepProblem {
                    step: step.clone(),
                    problem,
                })
                .collect::<Vec<_>>())
        }
    });
    let answers = futures::future::join_all(asked).await;
    let mut found = Vec::new();
    for answer in answers {
        found.extend(answer?);
    }
    Ok(found)
}
