//! `sinops plugin list`.

use super::Workshop;
use crate::args::{Format, PluginList};
use crate::builtins;
use crate::commands::{self, Context, Outcome};
use crate::failure::{Failure, SUCCESS};
use crate::problem::Problem;
use crate::problem::printable;
use crate::render::table::Table;
use serde::Serialize;
use sinops_core::config::{Config, PluginSource, PluginUse};
use sinops_core::plugin::Role;

/// One plugin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: String,
    source: String,
    role: Option<Role>,
    version: Option<String>,
    summary: String,
    /// Why it could not be asked.
    problem: Option<String>,
}

pub(super) fn run(args: &PluginList, context: &Context<'_>) -> Outcome {
    let workshop = Workshop::open(context)?;
    let entries = commands::block_on(async {
        let mut entries = Vec::new();
        for usage in uses(&workshop.config.config) {
            entries.push(entry(&workshop, &usage).await);
        }
        Ok(entries)
    })?;
    if builtins::all().is_empty() {
        context.warn(vec![
            Problem::warning(builtins::NONE).help(builtins::NONE_HELP),
        ]);
    }
    match args.format {
        Format::Json => {
            let document = serde_json::to_string_pretty(&entries)
                .map_err(|error| Failure::Fault(error.to_string()))?;
            context.terminal.result(&document);
        }
        Format::Text => show(&entries, context),
    }
    Ok(SUCCESS)
}

/// The built-ins as they are, then what sinops.yaml makes of them.
fn uses(config: &Config) -> Vec<PluginUse> {
    let configured: Vec<&PluginUse> = config.plugins().collect();
    builtins::all()
        .iter()
        .filter(|builtin| !configured.iter().any(|usage| usage.name == builtin.name))
        .map(|builtin| config.plugin(builtin.name))
        .chain(configured.iter().map(|usage| (*usage).clone()))
        .collect()
}

async fn entry(workshop: &Workshop, usage: &PluginUse) -> Entry {
    let source = match &usage.source {
        PluginSource::Builtin(name) if *name == usage.name => "built-in".to_owned(),
        PluginSource::Builtin(name) => format!("built-in {name}"),
        PluginSource::File(path) => path.clone(),
    };
    let mut entry = Entry {
        name: usage.name.clone(),
        source,
        role: None,
        version: None,
        summary: String::new(),
        problem: None,
    };
    match workshop.load(usage).await {
        Ok(plugin) => {
            let description = plugin.description();
            entry.role = Some(description.role);
            entry.version = Some(description.version.clone());
            entry.summary.clone_from(&description.summary);
        }
        Err(Failure::Problems(problems)) => {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            entry.problem = Some(words.join("; "));
        }
        Err(_) => entry.problem = Some("it could not be loaded".to_owned()),
    }
    entry
}

fn show(entries: &[Entry], context: &Context<'_>) {
    let page = context.terminal.out_page();
    let mut table = Table::default();
    table.row(["name", "role", "version", "source", ""].map(|it| page.paint.quiet(it)));
    for entry in entries {
        let words = match &entry.problem {
            Some(problem) => page.paint.bad(&printable(problem)),
            None => printable(&entry.summary),
        };
        table.row([
            printable(&entry.name),
            entry
                .role
                .map_or_else(|| "?".to_owned(), |role| role.to_string()),
            printable(entry.version.as_deref().unwrap_or("?")),
            printable(&entry.source),
            words,
        ]);
    }
    context
        .terminal
        .result(&table.lines(0, page.width).join("\n"));
}
