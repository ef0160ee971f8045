//! `sinops version`: what to put into a report of a fault.

use super::{Context, Outcome};
use crate::args::{Format, Version};
use crate::failure::SUCCESS;
use serde_json::json;

pub(crate) fn run(args: &Version, context: &Context<'_>) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let text = match args.format {
        Format::Text => format!("sinops {version}\nplugin contracts sinops:plugin@0.1.0"),
        Format::Json => {
            json!({ "version": version, "contracts": "sinops:plugin@0.1.0" }).to_string()
        }
    };
    context.terminal.result(&text);
    Ok(SUCCESS)
}
