//! `sinops down`: the deploy pipeline with the opposite goal.

use super::run::{Task, go};
use super::{Context, Outcome};
use crate::args::Down;
use sinops_core::action::Goal;
use sinops_core::config::DEPLOY;

pub(crate) fn run(args: &Down, context: &Context<'_>) -> Outcome {
    let task = Task {
        pipeline: DEPLOY.to_owned(),
        goal: Goal::Down,
        only: Vec::new(),
        volumes: args.volumes,
        dry_run: args.dry_run,
        exit_code: args.exit_code,
        format: args.format,
        adjustments: crate::args::Adjustments::default(),
        keep: None,
        saved: None,
    };
    go(&task, context)
}
