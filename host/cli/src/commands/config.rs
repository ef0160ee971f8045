//! `sinops config`: prints what the compose files come to.

use super::{Context, Outcome};
use crate::args::{Config, ConfigFormat};
use crate::failure::{Failure, SUCCESS};
use crate::project;

pub(crate) fn run(args: &Config, context: &Context<'_>) -> Outcome {
    let config = project::load_config(context)?;
    let compose = project::load_compose(context, Some(&config))?;
    if args.quiet {
        return Ok(SUCCESS);
    }
    if args.services {
        for name in compose.project.services.keys() {
            context.terminal.result(name);
        }
        return Ok(SUCCESS);
    }
    let text = match args.format {
        ConfigFormat::Json => sinops_compose::to_json(&compose.project)
            .map_err(|error| Failure::Fault(error.to_string()))
            .map(|document| format!("{document:#}"))?,
        ConfigFormat::Yaml => sinops_compose::to_yaml(&compose.project)
            .map_err(|error| Failure::Fault(error.to_string()))?,
    };
    context.terminal.result(&text);
    Ok(SUCCESS)
}
