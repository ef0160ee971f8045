//! `sinops run monitor`: rounds of checks, on the terminal and to the notifiers.

use super::stoppable;
use crate::args::{Format, Run};
use crate::commands::{self, Context, Outcome};
use crate::failure::{Failure, SUCCESS};
use crate::interrupt::Interrupts;
use crate::problem::convert;
use crate::project;
use crate::render::monitor;
use crate::session::{self, Disk};
use sinops_core::config::MONITOR;
use sinops_core::monitor::Verdict;
use sinops_runtime::run::{Monitor, Round};

pub(super) fn run(args: &Run, context: &Context<'_>) -> Outcome {
    let format = args.preview.format;
    let mut loaded = project::load(context)?;
    let monitor = &mut loaded.config.config.monitor;
    monitor.listen = args.listen.map(|listen| listen.0).or(monitor.listen);
    commands::block_on(async {
        let interrupts = Interrupts::listen().map_err(|error| commands::no_signals(&error))?;
        let (planner, place) = stoppable(
            &interrupts,
            session::open(context, loaded, Disk::Keep, Some(MONITOR)),
        )
        .await?;
        let mut watcher = Monitor::new(&planner);
        let refused = |error| Failure::Problems(convert::run(error, &place));
        if args.once {
            let round = stoppable(&interrupts, async {
                watcher.round().await.map_err(refused)
            })
            .await?;
            show(&round, None, format, context);
            return if is_well(&round) {
                Ok(SUCCESS)
            } else {
                Err(Failure::Reported)
            };
        }
        if let Some(address) = watcher.listen().await.map_err(refused)? {
            let text = format!("serving http://{address}/metrics");
            context.terminal.say(&text);
        }
        let mut before: Option<Round> = None;
        let watched = watcher
            .watch(&interrupts.run, |round| {
                show(round, before.as_ref(), format, context);
                before = Some(round.clone());
            })
            .await;
        watched.map_err(refused)?;
        Ok(SUCCESS)
    })
}

/// Nothing is wrong and everything was asked.
fn is_well(round: &Round) -> bool {
    round.findings.is_empty()
        && round.failed.is_empty()
        && round
            .checks
            .iter()
            .all(|check| check.verdict != Verdict::Fail)
}

fn show(round: &Round, before: Option<&Round>, format: Format, context: &Context<'_>) {
    match format {
        Format::Json => match serde_json::to_string(round) {
            Ok(line) => context.terminal.result(&line),
            Err(error) => tracing::error!(%error, "a round has no JSON form"),
        },
        Format::Text => {
            let text = monitor::round(round, before, context.terminal.out_page());
            if !text.is_empty() {
                context.terminal.result(&text);
            }
        }
    }
}
