//! Bars on a terminal: one line per service that is under way, one for all.

use super::{Progress, after, gist, lasting};
use crate::problem::printable;
use crate::render::text::{pad, wrap};
use crate::terminal::{Page, Terminal};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sinops_core::action::Operation;
use sinops_core::plan::Plan;
use sinops_runtime::run::Event;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Names longer than this do not widen their column.
const WIDEST_NAME: usize = 30;
const TICK: Duration = Duration::from_millis(120);

/// Bars.
#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    services: HashMap<String, ServiceBar>,
    tiers: Vec<String>,
    /// Positions of the actions that start something.
    starts: HashSet<usize>,
    /// Columns for the names of services.
    name_width: usize,
    page: Page,
}

/// The line of a service.
#[derive(Debug)]
struct ServiceBar {
    bar: ProgressBar,
    tier: Option<String>,
}

impl Bars {
    pub(super) fn new(plan: &Plan, terminal: &Terminal) -> Self {
        let page = terminal.err_page();
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let total = all.add(ProgressBar::new(plan.actions.len() as u64));
        total.set_style(style("{bar:20} {pos}/{len} {wide_msg}", page));
        total.enable_steady_tick(TICK);
        terminal.set_bars(Some(all.clone()));
        let starts = |operation: &Operation| {
            matches!(
                operation,
                Operation::StartContainer { .. } | Operation::StartExisting { .. }
            )
        };
        let actions = || {
            plan.actions
                .iter()
                .map(|planned| &planned.action)
                .enumerate()
        };
        let names = actions().filter_map(|(_, action)| action.service.as_ref());
        Self {
            all,
            total,
            services: HashMap::new(),
            tiers: plan.tiers.clone(),
            starts: actions()
                .filter(|(_, action)| starts(&action.operation))
                .map(|(index, _)| index)
                .collect(),
            name_width: names
                .map(|name| name.len())
                .max()
                .unwrap_or(0)
                .min(WIDEST_NAME),
            page,
        }
    }

    fn begin(&mut self, what: &str, service: Option<&str>, tier: Option<&str>) {
        if let Some(tier) = tier
            && let Some(index) = self.tiers.iter().position(|known| known == tier)
        {
            let place = format!("tier {} of {}: {tier}", index + 1, self.tiers.len());
            self.total.set_message(printable(&place));
        }
        let Some(service) = service else {
            if tier.is_none() {
                self.total.set_message(printable(what));
            }
            return;
        };
        let (page, width) = (self.page, self.name_width);
        let (all, total) = (&self.all, &self.total);
        let line = self.services.entry(service.to_owned()).or_insert_with(|| {
            let bar = all.insert_before(total, ProgressBar::new_spinner());
            bar.set_style(style("{spinner} {prefix} {wide_msg}", page));
            bar.set_prefix(pad(&printable(service), width));
            bar.enable_steady_tick(TICK);
            ServiceBar {
                bar,
                tier: tier.map(str::to_owned),
            }
        });
        line.bar.set_message(printable(what));
    }

    /// A service that is started has a gate before it; all else is over now.
    fn done(&mut self, index: usize, service: &str) {
        match self.services.get(service) {
            Some(line) if self.starts.contains(&index) => line.bar.set_message("started"),
            _ => self.end(service),
        }
    }

    fn end(&mut self, service: &str) {
        if let Some(line) = self.services.remove(service) {
            line.bar.finish_and_clear();
            self.all.remove(&line.bar);
        }
    }

    /// Services without a gate of their own end with their tier.
    fn end_tier(&mut self, tier: &str) {
        let over: Vec<String> = self
            .services
            .iter()
            .filter(|(_, line)| line.tier.as_deref() == Some(tier))
            .map(|(service, _)| service.clone())
            .collect();
        for service in over {
            self.end(&service);
        }
    }
}

impl Progress for Bars {
    fn event(&mut self, event: &Event, terminal: &Terminal) {
        match event {
            Event::ActionStarted {
                what,
                service,
                tier,
                ..
            } => {
                self.begin(what, service.as_deref(), tier.as_deref());
            }
            Event::ActionDone { index, service, .. } => {
                self.total.inc(1);
                if let Some(service) = service {
                    self.done(*index, service);
                }
            }
            Event::Progress {
                what,
                service,
                text,
                ..
            } => {
                let line = service.as_ref().and_then(|name| self.services.get(name));
                let text = gist(text, self.page.width.saturating_sub(24));
                match line {
                    Some(line) => line.bar.set_message(text),
                    None => self
                        .total
                        .set_message(format!("{}: {text}", printable(what))),
                }
            }
            Event::Waiting {
                service,
                check,
                output,
                waited_ms,
            } => {
                if let Some(line) = self.services.get(service) {
                    let room = self
                        .page
                        .width
                        .saturating_sub(self.name_width.max(service.len()) + 22);
                    line.bar.set_message(format!(
                        "{} {}: {}",
                        after(*waited_ms),
                        printable(check),
                        gist(output, room)
                    ));
                }
            }
            Event::Healthy { service, .. } => self.end(service),
            Event::ActionFailed {
                service: Some(service),
                ..
            } => self.end(service),
            Event::TierDone { tier, .. } => self.end_tier(tier),
            Event::Undoing { what } => self.total.set_message(printable(&format!("undo: {what}"))),
            _ => {}
        }
        if let Some(line) = lasting(event, self.page.paint) {
            terminal.say(&wrap(&line, self.page.width).join("\n  "));
        }
    }

    fn finish(&mut self, terminal: &Terminal) {
        for (_, line) in self.services.drain() {
            line.bar.finish_and_clear();
        }
        self.total.finish_and_clear();
        terminal.set_bars(None);
    }
}

fn style(template: &str, page: Page) -> ProgressStyle {
    let template = if page.paint.on {
        template
            .replace("{spinner}", "{spinner:.cyan}")
            .replace("{bar:20}", "{bar:20.cyan}")
    } else {
        template.to_owned()
    };
    ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ")
}
