//! `sinops drift`: the last release through the ordinary plan, against what runs, looked
//! at closely.

use super::history::problem;
use super::run::{Task, go_with};
use super::{Context, Outcome};
use crate::args::Drift;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::project::{self, Loaded};
use crate::session::restore;
use sinops_core::release::Release;
use sinops_runtime::run::Releases;

pub(crate) fn run(args: &Drift, context: &Context<'_>) -> Outcome {
    let (loaded, release) = match load(context) {
        Ok((loaded, release)) => (Ok(loaded), Some(release)),
        Err(failure) => (Err(failure), None),
    };
    let pipeline = release.as_ref().map(|it| it.pipeline.clone());
    let task = Task {
        only: args.services.clone(),
        dry_run: !args.repair,
        exit_code: args.exit_code,
        format: args.format,
        drift: release,
        ..Task::of(pipeline.unwrap_or_default())
    };
    go_with(&task, loaded, context)
}

fn load(context: &Context<'_>) -> Result<(Loaded, Release), Failure> {
    let mut loaded = project::load(context)?;
    let project = &loaded.stack.project;
    let releases = Releases::of(&loaded.state_directory()).of_project(project);
    let newest = releases.map_err(|error| problem(&error))?.pop();
    let Some(release) = newest else {
        return Err(Problem::error(format!(
            "no release of the project `{project}` was deployed from here: there is nothing to compare with"
        ))
        .help("`sinops run deploy` writes one; `sinops plan` compares with the files")
        .into());
    };
    restore::contents(&mut loaded, release.clone(), context)?;
    Ok((loaded, release))
}
