//! The sinops command: arguments, rendering, exit codes.
//!
//! The only crate that prints. It finds the files, calls the crates that
//! decide and act, and turns what they say into text, JSON and an exit code.

mod args;
mod builtins;
mod commands;
mod discovery;
mod failure;
mod files;
mod interrupt;
mod locate;
mod logging;
mod problem;
mod project;
mod render;
mod session;
mod surroundings;
mod terminal;

use clap::Parser;
use failure::Failure;
use problem::Problem;
use render::diagnosis;
use std::process::ExitCode;
use std::sync::Arc;
use surroundings::Surroundings;
use terminal::Terminal;

fn main() -> ExitCode {
    failure::guard(|| {
        let cli = match args::Cli::try_parse() {
            Ok(cli) => cli,
            Err(error) => return failure::usage(&error),
        };
        let Ok(surroundings) = Surroundings::of_process() else {
            return failure::without_folder();
        };
        let terminal = Arc::new(Terminal::new(cli.global.color, &surroundings));
        logging::start(cli.global.verbose, &surroundings, &terminal);
        let outcome = commands::run(cli, &surroundings, &terminal);
        let outcome = outcome.and_then(|code| match terminal.finish() {
            Ok(()) => Ok(code),
            Err(error) => {
                Err(Problem::error(format!("standard output cannot be written: {error}")).into())
            }
        });
        match outcome {
            Ok(code) => ExitCode::from(code),
            Err(failure) => {
                let code = failure.exit_code();
                explain(failure, &surroundings, &terminal);
                ExitCode::from(code)
            }
        }
    })
}

/// Says what the run itself has not said yet.
fn explain(failure: Failure, surroundings: &Surroundings, terminal: &Terminal) {
    match failure {
        Failure::Problems(problems) => {
            let problems = commands::relative(problems, surroundings);
            terminal.say(&diagnosis::problems(&problems, terminal.err_page()));
            if let Some(sum) = diagnosis::sum(&problems) {
                terminal.say(&sum);
            }
        }
        Failure::Fault(words) => terminal.say(&failure::fault_text(&words)),
        Failure::Interrupted(Some(words)) => terminal.say(words),
        Failure::Reported | Failure::Interrupted(None) => {}
    }
}
