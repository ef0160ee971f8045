//! Generation alone: what the steps of a pipeline would write, and writing just that.
//! Whatever else they propose is left undone.

use super::RunError;
use super::generated::GeneratedFolder;
use super::operation::is_mounted_alone;
use super::planner::Planner;
use crate::plugins::Plugin;
use serde::Serialize;
use serde_json::Value;
use sinops_core::action::{Goal, Operation, Planning};
use sinops_core::generated::{Touched, TouchedFile};
use sinops_core::plan::{Plan, StepProblem, assemble};
use sinops_core::plugin::Role;
use std::collections::BTreeSet;

/// All files of a pipeline.
#[derive(Debug)]
pub struct Generated {
    /// By path.
    pub files: Vec<GeneratedFile>,
    /// Paths of files that sinops wrote before and that nothing generates any more.
    pub stale: Vec<String>,
    /// What the steps found wrong.
    pub problems: Vec<StepProblem>,
    folder: GeneratedFolder,
}

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Below the folder.
    pub path: String,
    /// Instance name of the step that generates it.
    pub step: String,
    /// What the file is to hold.
    pub content: String,
    /// What it holds; none: it is not there, or cannot be read.
    pub now: Option<String>,
    /// Why it is written.
    pub cause: String,
    /// What becomes of it.
    pub state: FileState,
    mounted_alone: bool,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// It holds what it should.
    Unchanged,
    /// It is not there.
    New,
    /// It holds what an earlier state of the stack came to.
    Changed,
    /// It was changed by somebody since it was written.
    Edited,
    /// It was not written by sinops.
    Foreign,
}

impl FileState {
    /// Writing it loses what a person wrote.
    #[must_use]
    pub fn is_a_persons(self) -> bool {
        matches!(self, Self::Edited | Self::Foreign)
    }
}

impl Planner {
    /// Asks the steps of a pipeline for the files that they generate. Only looks.
    ///
    /// # Errors
    /// Unknown names, plugins that fail, settings that do not fit, proposals that the host
    /// refuses.
    pub async fn generate(&self, pipeline: &str) -> Result<Generated, RunError> {
        let names = self.pipeline(pipeline)?;
        let loading = names.iter().map(|step| self.load(step, Role::DeployStep));
        let (loaded, observed) = tokio::join!(futures::future::join_all(loading), self.observe());
        let mut steps = Vec::with_capacity(names.len());
        for (name, loaded) in names.iter().zip(loaded) {
            steps.push((name, loaded?));
        }
        let mut planning = Planning {
            stack: self.setup().stack.clone(),
            observed: observed?,
            proposed: Vec::new(),
            goal: Goal::Up,
            only: Vec::new(),
        };
        let changes = propose(&steps, &mut planning).await?;
        if planning.observed.files.is_empty() {
            return Ok(self.sorted_out(&changes, &changes));
        }
        // What is not there is proposed whole: only so is it known what stays as it is.
        planning.observed.files.clear();
        let all = propose(&steps, &mut planning).await?;
        Ok(self.sorted_out(&changes, &all))
    }

    fn sorted_out(&self, changes: &Plan, all: &Plan) -> Generated {
        let folder = self.generated();
        let touched = self.touched_files(&all.actions);
        let mut files: Vec<GeneratedFile> = Vec::new();
        for planned in &all.actions {
            let Operation::WriteFile { path, content } = &planned.action.operation else {
                continue;
            };
            let now = folder.read(path);
            let change =
                changes
                    .actions
                    .iter()
                    .rev()
                    .find_map(|change| match &change.action.operation {
                        Operation::WriteFile { path: it, content } if it == path => {
                            Some((content, &change.action.cause))
                        }
                        _ => None,
                    });
            let (content, cause) = match (change, &now) {
                (Some((content, cause)), _) => (content, cause.clone()),
                (None, Some(now)) => (now, String::new()),
                (None, None) => (content, planned.action.cause.clone()),
            };
            let file = GeneratedFile {
                state: state(path, content, now.as_deref(), &touched),
                mounted_alone: is_mounted_alone(self, path),
                path: path.clone(),
                step: planned.step.clone(),
                content: content.clone(),
                now,
                cause,
            };
            files.retain(|other| other.path != file.path);
            files.push(file);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let stale = folder
            .ledger()
            .paths()
            .filter(|path| !paths.contains(path) && folder.read(path).is_some())
            .map(str::to_owned)
            .collect();
        Generated {
            files,
            stale,
            problems: changes.problems.clone(),
            folder,
        }
    }
}

/// Asks the steps one after the other, each with what those before it proposed.
async fn propose(
    steps: &[(&String, (Plugin, Value))],
    planning: &mut Planning,
) -> Result<Plan, RunError> {
    planning.proposed.clear();
    let mut proposals = Vec::with_capacity(steps.len());
    for (step, (plugin, settings)) in steps {
        let proposal = plugin.plan(planning, settings).await?;
        planning.proposed.extend(proposal.actions.iter().cloned());
        proposals.push(((*step).clone(), proposal));
    }
    let (stack, observed) = (&planning.stack, &planning.observed);
    assemble(stack, observed, planning.goal, proposals).map_err(RunError::Refused)
}

fn state(path: &str, content: &str, now: Option<&str>, touched: &[TouchedFile]) -> FileState {
    match now {
        None => FileState::New,
        Some(now) if now == content => FileState::Unchanged,
        Some(_) => match touched.iter().find(|file| file.path == path) {
            None => FileState::Changed,
            Some(file) => match file.touched {
                Touched::Edited => FileState::Edited,
                Touched::Foreign => FileState::Foreign,
            },
        },
    }
}

impl Generated {
    /// The folder of the files.
    #[must_use]
    pub fn folder(&self) -> &GeneratedFolder {
        &self.folder
    }

    /// Writes the files that are not as they should be; the others are noted as sinops'
    /// own. Files of persons are among them: the caller asks before.
    ///
    /// # Errors
    /// The first that cannot be written, with the reason.
    pub fn write(&self) -> Result<(), RunError> {
        for file in &self.files {
            let written = self
                .folder
                .write(&file.path, &file.content, file.mounted_alone);
            written.map_err(|reason| RunError::File {
                path: self.folder.path().join(&file.path),
                reason,
            })?;
        }
        Ok(())
    }
}
