//! `sinops config`: prints what the compose files come to.

use super::{Context, Outcome};
use crate::args::{Config, ConfigFormat, Names};
use crate::failure::{Failure, SUCCESS};
use crate::problem::Problem;
use crate::project::{self, ComposeProject};
use sinops_compose::Skip;

pub(crate) fn run(args: &Config, context: &Context<'_>) -> Outcome {
    let config = project::load_config(context)?;
    let names = args.names();
    let skip = Skip {
        normalization: args.no_normalize,
        paths: args.no_path_resolution,
        consistency: args.no_consistency,
        environment: names.is_some_and(|names| names != Names::Environment),
        container_names: names.is_some(),
    };
    // docker compose lists all of these, whatever services are named.
    let whole = matches!(
        names,
        Some(Names::Services | Names::Volumes | Names::Networks | Names::Models | Names::Hashes)
    );
    let only = if whole { &[][..] } else { &args.only };
    let compose = project::load_services(context, &config, only, skip)?;
    if args.quiet {
        return Ok(SUCCESS);
    }
    let text = match names {
        Some(Names::Hashes) => hashes(&args.hash, &compose)?.join("\n"),
        Some(names) => list(names, &compose).join("\n"),
        None => document(args.format, &compose)?,
    };
    match &args.output {
        Some(file) => {
            let file = context.surroundings.absolute(file);
            let text = format!("{}\n", text.trim_end_matches('\n'));
            std::fs::write(&file, text).map_err(|error| {
                Problem::error(format!("{} cannot be written: {error}", file.display()))
                    .help("name a file in a folder that is there and yours")
            })?;
        }
        None if text.is_empty() => {}
        None => context.terminal.result(&text),
    }
    Ok(SUCCESS)
}

fn document(format: ConfigFormat, compose: &ComposeProject) -> Result<String, Failure> {
    let text = match format {
        ConfigFormat::Json => {
            sinops_compose::to_json(&compose.project).map(|document| format!("{document:#}"))
        }
        ConfigFormat::Yaml => sinops_compose::to_yaml(&compose.project),
    };
    text.map_err(|error| Failure::Fault(error.to_string()))
}

/// `name hash`, by name.
fn hashes(wanted: &[String], compose: &ComposeProject) -> Result<Vec<String>, Failure> {
    let services = &compose.project.services;
    let all = wanted == ["*"];
    let mut names: Vec<&String> = if all {
        services.keys().collect()
    } else {
        wanted.iter().collect()
    };
    names.sort();
    let platform = compose
        .environment
        .get("DOCKER_DEFAULT_PLATFORM")
        .filter(|platform| !platform.is_empty());
    let line = |name: &String| {
        let Some(service) = services.get(name) else {
            let there: Vec<&str> = services.keys().map(String::as_str).collect();
            return Err(Problem::error(format!("there is no service `{name}`"))
                .help(format!("there are {}", there.join(", ")))
                .into());
        };
        sinops_compose::service_hash(service, platform.map(String::as_str))
            .map(|hash| format!("{name} {hash}"))
            .map_err(|error| Failure::Fault(error.to_string()))
    };
    names.into_iter().map(line).collect()
}

fn list(names: Names, compose: &ComposeProject) -> Vec<String> {
    let project = &compose.project;
    match names {
        Names::Services => project.services.keys().cloned().collect(),
        Names::Volumes => project.volumes.keys().cloned().collect(),
        Names::Networks => project.networks.keys().cloned().collect(),
        Names::Models => project
            .models
            .values()
            .filter_map(|model| model.model.clone())
            .collect(),
        Names::Profiles => compose.profiles.clone(),
        // Not a list of names alone.
        Names::Hashes => Vec::new(),
        Names::Environment => {
            let mut lines: Vec<String> = compose
                .environment
                .iter()
                .filter(|(name, _)| *name != "COMPOSE_PROJECT_NAME")
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            lines.push(format!("COMPOSE_PROJECT_NAME={}", project.name));
            lines.sort();
            lines
        }
        Names::Images => project
            .services
            .iter()
            .map(|(name, service)| match &service.image {
                Some(image) => image.clone(),
                // What a build is called that says nothing else.
                None => format!("{}-{name}", project.name),
            })
            .collect(),
    }
}
