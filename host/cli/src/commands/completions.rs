//! `sinops completions`.

use super::{Context, Outcome};
use crate::args::{Cli, Completions};
use crate::failure::SUCCESS;
use clap::CommandFactory;

pub(crate) fn run(args: &Completions, context: &Context<'_>) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sinops", &mut script);
    context.terminal.result(&String::from_utf8_lossy(&script));
    Ok(SUCCESS)
}
