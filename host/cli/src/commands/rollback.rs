//! `sinops rollback`: an earlier release through the ordinary plan and run.

use super::history::problem;
use super::run::{Task, go_with};
use super::{Context, Outcome};
use crate::args::Rollback;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::project::{self, Loaded};
use crate::session::restore;
use sinops_core::release::{Release, before_current};
use sinops_runtime::run::Releases;

pub(crate) fn run(args: &Rollback, context: &Context<'_>) -> Outcome {
    let mut pipeline = String::new();
    let loaded = load(args, context, &mut pipeline);
    let task = Task {
        dry_run: args.preview.dry_run,
        exit_code: args.preview.exit_code,
        format: args.preview.format,
        ..Task::of(pipeline)
    };
    go_with(&task, loaded, context)
}

fn load(args: &Rollback, context: &Context<'_>, pipeline: &mut String) -> Result<Loaded, Failure> {
    let mut loaded = project::load(context)?;
    let releases = Releases::of(&loaded.state_directory());
    let release = match args.number {
        Some(number) => releases.read(number).map_err(|error| problem(&error))?,
        None => default(&releases, &loaded.stack.project)?,
    };
    if release.project != loaded.stack.project {
        return Err(Problem::error(format!(
            "release {} is of the project `{}`, these files are `{}`",
            release.number, release.project, loaded.stack.project
        ))
        .into());
    }
    pipeline.clone_from(&release.pipeline);
    restore::contents(&mut loaded, release, context)?;
    Ok(loaded)
}

fn default(releases: &Releases, project: &str) -> Result<Release, Problem> {
    let all = releases.of_project(project);
    let all = all.map_err(|error| problem(&error))?;
    before_current(&all).cloned().ok_or_else(|| {
        Problem::error("there is no release before the current one")
            .help("`sinops history` lists them, `sinops rollback N` deploys one of them")
    })
}
