//! A run as it goes on: bars on a terminal, plain lines elsewhere, one JSON
//! object per line for programs.

mod bars;
mod lines;

use crate::args::Format;
use crate::problem::printable;
use crate::render::text::{short_ids, took};
use crate::terminal::{Paint, Terminal};
use sinops_core::plan::Plan;
use sinops_runtime::run::Event;
use std::time::Duration;

/// Shows the events of a run.
pub(crate) trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event, terminal: &Terminal);

    /// The run is over: nothing of the progress stays on a terminal.
    fn finish(&mut self, _terminal: &Terminal) {}
}

/// The one that fits the format and the terminal.
pub(crate) fn choose(
    format: Format,
    plan: &Plan,
    terminal: &Terminal,
    verbose: bool,
) -> Box<dyn Progress> {
    match format {
        Format::Json => Box::new(Json),
        Format::Text if terminal.is_live() => Box::new(bars::Bars::new(plan, terminal)),
        Format::Text => Box::new(lines::Lines::new(terminal.err_page().paint, verbose)),
    }
}

/// One JSON object per line on standard output.
#[derive(Debug)]
struct Json;

impl Progress for Json {
    fn event(&mut self, event: &Event, terminal: &Terminal) {
        match serde_json::to_string(event) {
            Ok(line) => terminal.result(&line),
            Err(error) => tracing::error!(%error, "an event has no JSON form"),
        }
    }
}

fn after(milliseconds: u64) -> String {
    took(Duration::from_millis(milliseconds))
}

/// The first line that says something, cut for one line of the terminal.
fn gist(output: &str, most: usize) -> String {
    let line = output
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("");
    console::truncate_str(&printable(line), most, "…").into_owned()
}

/// Lines that bars and plain lines have in common: what must stay readable
/// after the run.
fn lasting(event: &Event, paint: Paint) -> Option<String> {
    let line = match event {
        Event::PreviousInterrupted { run, during } => {
            let during = match during.as_slice() {
                [] => String::new(),
                during => format!(" during: {}", during.join(", ")),
            };
            format!(
                "{} taking over run {run}, which did not end{during}",
                paint.notable("!")
            )
        }
        Event::PreviousUnreadable { journal, reason } => format!(
            "{} how the run before ended cannot be told, its journal {journal} is damaged: {reason}",
            paint.notable("!")
        ),
        Event::ActionFailed { what, message, .. } => {
            format!("{} {what}: {}", paint.bad("✗"), short_ids(message))
        }
        Event::Healthy { service, took_ms } => {
            format!(
                "{} {service} is healthy {}",
                paint.good("✓"),
                in_time(*took_ms, paint)
            )
        }
        Event::TierDone { tier, took_ms } => {
            format!(
                "{} {} done {}",
                paint.good("✓"),
                paint.strong(tier),
                in_time(*took_ms, paint)
            )
        }
        Event::Interrupted { immediately: false } => format!(
            "{} stopping: what is under way is finished, then what this run did is undone. \
             Ctrl-C again stops at once",
            paint.notable("!")
        ),
        Event::Interrupted { immediately: true } => {
            format!("{} stopping at once", paint.bad("!"))
        }
        Event::Undoing { what } => format!("{} undo: {what}", paint.notable("↶")),
        Event::UndoFailed { what, message } => {
            format!("{} could not undo: {what}: {message}", paint.bad("✗"))
        }
        Event::Started { .. }
        | Event::Progress { .. }
        | Event::ActionStarted { .. }
        | Event::ActionDone { .. }
        | Event::Waiting { .. }
        | Event::Finished { .. } => return None,
    };
    Some(line)
}

fn in_time(milliseconds: u64, paint: Paint) -> String {
    paint.quiet(&format!("in {}", after(milliseconds)))
}
