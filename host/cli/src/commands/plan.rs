//! `sinops plan`: a dry run under its own name, and plans that are kept in files.

use super::run::{Task, go};
use super::{Context, Outcome};
use crate::args::{Adjustments, Plan};
use crate::failure::Failure;
use crate::problem::Problem;
use serde::Deserialize;
use sinops_core::config::MONITOR;
use sinops_core::plan::{Moved, SavedPlan, SavedPlanError};
use sinops_runtime::run::{Planned, Planner, write_plan};
use std::path::Path;

/// So many moved facts are named; more help nobody.
const MOST_NAMED: usize = 12;
/// A plan of ten thousand services is far below this.
const LARGEST: u64 = 256 << 20;

pub(crate) fn run(args: &Plan, context: &Context<'_>) -> Outcome {
    if args.pipeline == MONITOR {
        return Err(
            Problem::error("`monitor` changes nothing: there is nothing to plan")
                .help("`sinops run monitor --once` does one round")
                .into(),
        );
    }
    let task = Task {
        only: args.services.clone(),
        dry_run: true,
        exit_code: args.exit_code,
        format: args.format,
        adjustments: args.adjustments.clone(),
        keep: args.out.clone(),
        ..Task::of(args.pipeline.clone())
    };
    go(&task, context)
}

/// A plan file and what is in it.
#[derive(Debug)]
pub(crate) struct Saved {
    /// As the user wrote it.
    pub(crate) file: String,
    pub(crate) plan: SavedPlan,
    pub(crate) adjustments: Adjustments,
}

/// Reads the plan that `run PIPELINE --plan FILE` is to carry out.
pub(crate) fn read(path: &Path, pipeline: &str, context: &Context<'_>) -> Result<Saved, Failure> {
    let file = path.display().to_string();
    let place = context.surroundings.absolute(path);
    let size = std::fs::metadata(&place).map(|it| it.len());
    let text = match size {
        Ok(size) if size > LARGEST => {
            return Err(Problem::error(format!("{file} is too large for a plan")).into());
        }
        _ => std::fs::read_to_string(&place)
            .map_err(|error| Problem::error(format!("{file} cannot be read: {error}")))?,
    };
    let again = format!("make it again with `sinops plan -o {file}`");
    let plan = SavedPlan::parse(&text).map_err(|error| {
        let problem = Problem::error(format!("{file} is not carried out: {error}"));
        match error {
            SavedPlanError::NoPlan(_) => {
                problem.help(format!("`sinops plan -o {file}` writes one"))
            }
            SavedPlanError::Format { .. } | SavedPlanError::Changed => problem.help(&again),
        }
    })?;
    if plan.pipeline != pipeline {
        return Err(Problem::error(format!(
            "{file} is a plan of the pipeline `{}`, not of `{pipeline}`",
            plan.pipeline
        ))
        .help(format!("sinops run {} --plan {file}", plan.pipeline))
        .into());
    }
    let adjustments = Adjustments::deserialize(&plan.adjustments)
        .map_err(|error| Problem::error(format!("{file} is not carried out: {error}")))?;
    Ok(Saved {
        file,
        plan,
        adjustments,
    })
}

/// Refuses to go on if anything moved since the plan was kept.
pub(crate) fn hold(saved: &Saved, planned: &Planned, planner: &Planner) -> Result<(), Failure> {
    let moved = planner
        .moved(&saved.plan, planned)
        .map_err(Failure::Fault)?;
    if moved.is_empty() {
        return Ok(());
    }
    let mut words: Vec<String> = moved
        .iter()
        .take(MOST_NAMED)
        .map(Moved::to_string)
        .collect();
    if moved.len() > MOST_NAMED {
        words.push(format!("and {} more", moved.len() - MOST_NAMED));
    }
    Err(Problem::error(format!(
        "{} is not carried out: since {} something has moved: {}",
        saved.file,
        saved.plan.made_at,
        words.join("; ")
    ))
    .help(format!(
        "look at what would be done now, and keep that: `sinops plan -o {}`",
        saved.file
    ))
    .into())
}

/// Keeps a plan in a file, whole or not at all; only its owner may read it.
pub(crate) fn keep(
    path: &Path,
    task: &Task,
    planned: &Planned,
    planner: &Planner,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let shown = path.display();
    let adjustments = serde_json::to_value(&task.adjustments)
        .map_err(|error| Failure::Fault(error.to_string()))?;
    let document = planner
        .keep(planned, &task.pipeline, &task.only, adjustments)
        .and_then(|plan| plan.document())
        .map_err(Failure::Fault)?;
    let place = context.surroundings.absolute(path);
    write_plan(&place, &document)
        .map_err(|error| Problem::error(format!("the plan cannot be kept in {shown}: {error}")))?;
    context.terminal.say(&format!(
        "kept in {shown}; `sinops run {} --plan {shown}` does exactly this, or nothing",
        task.pipeline
    ));
    Ok(())
}
