//! `sinops plugin new`.

use crate::args::PluginNew;
use crate::commands::{Context, Outcome};
use crate::failure::Failure;

pub(super) fn run(_args: &PluginNew, _context: &Context<'_>) -> Outcome {
    Err(Failure::Fault("later".into()))
}
