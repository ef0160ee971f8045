//! `sinops init`: writes a commented sinops.yaml for the compose files.

mod document;
mod suggest;

use super::{Context, Outcome};
use crate::args::Init;
use crate::builtins::configured;
use crate::discovery::{CONFIG_NAME, is_stdin};
use crate::failure::SUCCESS;
use crate::problem::Problem;
use crate::project::{self, ComposeProject};
use crate::render::text::count;
use sinops_core::config::EngineKind;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Init, context: &Context<'_>) -> Outcome {
    // What is to be written anew must not get in the way: it is not read.
    let compose = project::load_compose(context, None)?;
    let target = match &context.global.config {
        Some(path) => context.surroundings.absolute(path),
        None => compose.directory.join(CONFIG_NAME),
    };
    let tiers = suggest::tiers(&compose.project);
    let text = document::text(&named_files(&compose, &target), &tiers);
    check(&text, &compose)?;
    write(&target, &text, args.force)?;
    context.terminal.result(&format!(
        "wrote {} for {} in {}",
        target.display(),
        count(compose.project.services.len(), "service"),
        count(tiers.len(), "tier"),
    ));
    context
        .terminal
        .say("next: read it, then `sinops run deploy --dry-run`");
    Ok(SUCCESS)
}

/// The compose files as sinops.yaml has to name them; none if they are found by
/// their usual names.
fn named_files(compose: &ComposeProject, target: &Path) -> Vec<String> {
    if compose.by_usual_names {
        return Vec::new();
    }
    let folder = target.parent().unwrap_or(Path::new(""));
    compose
        .files
        .iter()
        .filter(|file| !is_stdin(file))
        .map(|file| {
            file.strip_prefix(folder)
                .unwrap_or(file)
                .display()
                .to_string()
        })
        .collect()
}

/// A suggestion that does not load would be our fault.
fn check(text: &str, compose: &ComposeProject) -> Result<(), Problem> {
    let refused = |words: &str| {
        Problem::error(format!(
            "no sinops.yaml can be suggested for these files: {words}"
        ))
        .help("write it by hand, starting from an empty one: everything in it is optional")
    };
    let config = configured(text).map_err(|error| refused(&error.message))?;
    compose
        .stack(&config, EngineKind::Docker)
        .map(drop)
        .map_err(|errors| {
            let words: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            refused(&words.join("; "))
        })
}

fn write(target: &PathBuf, text: &str, force: bool) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options
        .open(target)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Problem::error(format!("{} is there already", target.display()))
                .help("use --force to overwrite it, or --config to write elsewhere")
        }
        _ => Problem::error(format!("{} cannot be written: {error}", target.display())),
    })
}
