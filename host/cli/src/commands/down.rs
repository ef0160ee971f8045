//! `sinops down`: the deploy pipeline with the opposite goal.

use super::run::{Task, go};
use super::{Context, Outcome};
use crate::args::Down;
use sinops_core::action::Goal;
use sinops_core::config::DEPLOY;

pub(crate) fn run(args: &Down, context: &Context<'_>) -> Outcome {
    let task = Task {
        goal: Goal::Down,
        volumes: args.volumes,
        dry_run: args.preview.dry_run,
        exit_code: args.preview.exit_code,
        format: args.preview.format,
        ..Task::of(DEPLOY)
    };
    go(&task, context)
}
