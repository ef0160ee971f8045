//! How a command ends that did not go well, and the exit code it gives.

use crate::problem::Problem;
use std::any::Any;
use std::process::ExitCode;

/// Done, or nothing to do.
pub(crate) const SUCCESS: u8 = 0;
/// The input is wrong, or the run failed.
const FAILED: u8 = 1;
/// With `--exit-code`: there is something to do. Nothing else gives this code,
/// wrong usage included.
pub(crate) const CHANGES: u8 = 2;
/// sinops is at fault (`EX_SOFTWARE`).
const FAULT: u8 = 70;
/// Ctrl-C: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to mend, in words.
    Problems(Vec<Problem>),
    /// A run failed and its report is printed.
    Reported,
    /// Ctrl-C; what to say, if what became of the run is not printed yet.
    Interrupted(Option<&'static str>),
    /// Our own fault.
    Fault(String),
}

impl Failure {
    /// The code that the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Problems(_) | Self::Reported => FAILED,
            Self::Interrupted(_) => INTERRUPTED,
            Self::Fault(_) => FAULT,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

/// Prints wrong usage as clap words it; help and version go to standard output.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { FAILED } else { SUCCESS };
    // A reader who left (`sinops --help | head`) is no failure.
    let _ = error.print();
    ExitCode::from(code)
}

/// Runs the program; a panic becomes a plain message and code 70.
pub(crate) fn guard(program: impl FnOnce() -> ExitCode + std::panic::UnwindSafe) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        use std::io::Write;
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {at}"));
        let words = format!("{}{place}", words(panic.payload()));
        let _ = writeln!(std::io::stderr(), "{}", fault_text(&words));
    }));
    std::panic::catch_unwind(program).unwrap_or_else(|_| ExitCode::from(FAULT))
}

/// What to say when sinops itself is at fault.
pub(crate) fn fault_text(words: &str) -> String {
    format!(
        "sinops: this is a fault of sinops, not of your input: {words}\n  \
         A run that was under way is in its journal: run the same command again to go on.\n  \
         Please report it with the output of `sinops version` and the command that you ran."
    )
}

/// The folder that the process stands in is gone, or may not be read.
pub(crate) fn without_folder() -> ExitCode {
    use std::io::Write;
    let _ = writeln!(
        std::io::stderr(),
        "sinops: the current folder cannot be read (was it removed?)\n  help: cd to another folder"
    );
    ExitCode::from(FAILED)
}

/// What a panic said.
fn words(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_our_fault() {
        let code = guard(|| panic!("broken inside"));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(70)));
        let _ = std::panic::take_hook();
    }
}
