//! One file per command; this one only chooses.

mod completions;
mod version;

use crate::args::{Cli, Command, Global};
use crate::failure::Failure;
use crate::surroundings::Surroundings;
use crate::terminal::Terminal;

/// An exit code, or why there is none.
pub(crate) type Outcome = Result<u8, Failure>;

/// What every command gets.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) global: Global,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) terminal: &'a Terminal,
}

/// Runs the command that the user named.
pub(crate) fn run(cli: Cli, surroundings: &Surroundings, terminal: &Terminal) -> Outcome {
    let context = Context {
        global: cli.global,
        surroundings,
        terminal,
    };
    match cli.command {
        Command::Completions(args) => completions::run(&args, &context),
        Command::Version(args) => version::run(&args, &context),
        _ => Err(Failure::Fault("not there yet".into())),
    }
}
