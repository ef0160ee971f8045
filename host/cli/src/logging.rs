//! Log lines of the program and of plugins, on standard error.

use crate::surroundings::Surroundings;
use crate::terminal::Terminal;
use std::io::{self, Write};
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Variable with a filter as of `tracing_subscriber`, for when -vv is not enough.
const VARIABLE: &str = "SINOPS_LOG";

/// Begins to log; `verbose` counts the -v.
pub(crate) fn start(verbose: u8, surroundings: &Surroundings, terminal: &Arc<Terminal>) {
    let filter = match (surroundings.variable(VARIABLE), verbose) {
        (Some(filter), _) => EnvFilter::new(filter),
        (None, 0) => EnvFilter::new("sinops=warn"),
        (None, 1) => EnvFilter::new("sinops=info"),
        (None, _) => EnvFilter::new("sinops=debug,warn"),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(ToTerminal(Arc::clone(terminal)))
        .with_ansi(terminal.err_page().paint.on)
        .with_target(verbose > 1)
        .without_time();
    // Only fails if there is a subscriber already, which then does the work.
    let _ = subscriber.try_init();
}

/// Hands whole lines to the terminal, which knows of bars and of secrets.
#[derive(Debug)]
struct ToTerminal(Arc<Terminal>);

impl<'a> MakeWriter<'a> for ToTerminal {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            terminal: &self.0,
            text: Vec::new(),
        }
    }
}

/// One event's line, written when it is complete.
#[derive(Debug)]
struct Line<'a> {
    terminal: &'a Terminal,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.terminal.say(&String::from_utf8_lossy(&self.text));
        }
    }
}
