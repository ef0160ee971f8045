//! Plain lines, for logs: nothing moves, nothing is repeated for its own sake.

use super::{Progress, after, gist, lasting};
use crate::problem::printable;
use crate::terminal::{Paint, Terminal};
use sinops_runtime::run::Event;
use std::collections::HashMap;

/// A service that waits is mentioned this often.
const REMINDER_MS: u64 = 10_000;

/// Plain lines.
#[derive(Debug)]
pub(super) struct Lines {
    paint: Paint,
    verbose: bool,
    reminded: HashMap<String, u64>,
}

impl Lines {
    pub(super) fn new(paint: Paint, verbose: bool) -> Self {
        Self {
            paint,
            verbose,
            reminded: HashMap::new(),
        }
    }

    fn line(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Started {
                project,
                actions,
                journal,
                ..
            } => Some(format!(
                "running {actions} actions for {project} (journal: {journal})"
            )),
            Event::ActionStarted { what, .. } if self.verbose => Some(format!("  {what} …")),
            Event::ActionDone {
                what,
                changed,
                took_ms,
                ..
            } if *changed || self.verbose => {
                let note = if *changed { "" } else { ", as it was" };
                Some(format!(
                    "  {what} {}",
                    self.paint.quiet(&format!("({}{note})", after(*took_ms)))
                ))
            }
            // Steps of a build are what is asked for when one fails in a log.
            Event::Progress {
                what,
                text,
                lasting,
                ..
            } if *lasting || self.verbose => Some(format!("  {what}: {}", gist(text, 160))),
            Event::Waiting {
                service,
                check,
                output,
                waited_ms,
            } => {
                let last = self.reminded.entry(service.clone()).or_default();
                if waited_ms.saturating_sub(*last) < REMINDER_MS {
                    return None;
                }
                *last = *waited_ms;
                Some(format!(
                    "  {service} is not healthy after {}: {check}: {}",
                    after(*waited_ms),
                    gist(output, 120)
                ))
            }
            _ => lasting(event, self.paint).map(|line| format!("  {line}")),
        }
    }
}

impl Progress for Lines {
    fn event(&mut self, event: &Event, terminal: &Terminal) {
        if let Some(line) = self.line(event) {
            terminal.say(&if self.paint.on {
                line
            } else {
                printable(&line)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(events: &[Event]) -> Vec<String> {
        let mut lines = Lines::new(Paint { on: false }, false);
        events
            .iter()
            .filter_map(|event| lines.line(event))
            .collect()
    }

    fn waiting(waited_ms: u64) -> Event {
        Event::Waiting {
            service: "db".into(),
            check: "command".into(),
            output: "connecting\nconnection refused\n".into(),
            waited_ms,
        }
    }

    #[test]
    fn a_waiting_service_is_mentioned_now_and_then() {
        let shown = lines(&[
            waiting(200),
            waiting(9_000),
            waiting(10_500),
            waiting(12_000),
        ]);
        assert_eq!(
            shown,
            ["  db is not healthy after 10s: command: connection refused"]
        );
    }

    #[test]
    fn what_changes_nothing_is_not_mentioned() {
        let done = |changed| Event::ActionDone {
            index: 0,
            what: "create network net".into(),
            service: None,
            changed,
            took_ms: 40,
        };
        assert_eq!(
            lines(&[done(false), done(true)]),
            ["  create network net (0.0s)"]
        );
    }
}
