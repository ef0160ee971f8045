//! `sinops plugin inspect`: what a plugin is, asks for, and was granted.

use super::Workshop;
use crate::args::{Format, PluginInspect};
use crate::builtins;
use crate::commands::{self, Context, Outcome};
use crate::failure::SUCCESS;
use crate::render::plugin::{self, Sheet};
use sinops_core::config::{PluginSource, PluginUse};

pub(super) fn run(args: &PluginInspect, context: &Context<'_>) -> Outcome {
    let workshop = Workshop::open(context)?;
    let usage = usage(&args.plugin, &workshop, context);
    let plugin = commands::block_on(workshop.load(&usage))?;
    let sheet = Sheet {
        name: plugin.name(),
        digest: plugin.digest(),
        source: match &usage.source {
            PluginSource::Builtin(name) => format!("built-in {name}"),
            PluginSource::File(path) => path.clone(),
        },
        description: plugin.description(),
        granted: plugin.granted(),
        limits: usage.limits,
        settings_problems: plugin
            .validate_settings(&usage.settings)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path.join("."), problem.message))
            .collect(),
        configured: is_configured(&usage, &workshop),
    };
    let text = match args.format {
        Format::Json => format!("{:#}", plugin::json(&sheet)),
        Format::Text => plugin::text(&sheet, context.terminal.out_page()),
    };
    context.terminal.result(&text);
    Ok(SUCCESS)
}

fn is_configured(usage: &PluginUse, workshop: &Workshop) -> bool {
    workshop
        .config
        .config
        .plugins()
        .any(|known| known.name == usage.name)
}

/// A name of sinops.yaml or of a built-in; everything else is a file.
fn usage(text: &str, workshop: &Workshop, context: &Context<'_>) -> PluginUse {
    let config = &workshop.config.config;
    let known = config.plugins().any(|usage| usage.name == text)
        || builtins::all().iter().any(|builtin| builtin.name == text);
    let mut usage = config.plugin(text);
    if !known && let PluginSource::File(path) = PluginSource::parse(text) {
        let path = context.surroundings.absolute(path.as_ref());
        // The name that sinops.yaml would probably give it.
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        usage.name = stem.to_string_lossy().replace('_', "-");
        usage.source = PluginSource::File(path.display().to_string());
    }
    usage
}
