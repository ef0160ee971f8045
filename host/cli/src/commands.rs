//! One file per command; this one only chooses.

mod completions;
mod config;
pub(crate) mod doctor;
mod down;
mod drift;
mod generate;
mod history;
mod init;
mod plan;
mod plugin;
mod rollback;
mod run;
mod status;
mod supervise;
mod version;

use crate::args::{Cli, Command, Global};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::render::diagnosis;
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

impl Context<'_> {
    /// Says what is worth a warning.
    pub(crate) fn warn(&self, problems: Vec<Problem>) {
        if !problems.is_empty() {
            let problems = relative(problems, self.surroundings);
            self.terminal
                .say(&diagnosis::problems(&problems, self.terminal.err_page()));
        }
    }
}

/// Runs asynchronous work to its end. What it leaves behind does not keep the
/// process: after a second Ctrl-C nothing is waited for.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Fault(format!("no runtime can be started: {error}")))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

/// Signals cannot be listened to: nothing is begun that could not be stopped.
pub(crate) fn no_signals(error: &std::io::Error) -> Failure {
    Failure::Fault(format!("signals cannot be listened to: {error}"))
}

/// Names files as the user does.
pub(crate) fn relative(problems: Vec<Problem>, surroundings: &Surroundings) -> Vec<Problem> {
    problems
        .into_iter()
        .map(|problem| problem.relative_to(&surroundings.folder))
        .collect()
}

/// Runs the command that the user named.
pub(crate) fn run(cli: Cli, surroundings: &Surroundings, terminal: &Terminal) -> Outcome {
    let context = Context {
        global: cli.global,
        surroundings,
        terminal,
    };
    match cli.command {
        Command::Doctor(args) => doctor::run(&args, &context),
        Command::Config(args) => config::run(&args, &context),
        Command::Init(args) => init::run(&args, &context),
        Command::Completions(args) => completions::run(&args, &context),
        Command::Version(args) => version::run(&args, &context),
        Command::Run(args) => run::run(&args, &context),
        Command::Plan(args) => plan::run(&args, &context),
        Command::Generate(args) => generate::run(&args, &context),
        Command::Down(args) => down::run(&args, &context),
        Command::History(args) => history::run(&args, &context),
        Command::Rollback(args) => rollback::run(&args, &context),
        Command::Drift(args) => drift::run(&args, &context),
        Command::Status(args) => status::run(&args, &context),
        Command::Plugin(command) => plugin::run(&command, &context),
        Command::Supervise(args) => supervise::run(&args),
    }
}
