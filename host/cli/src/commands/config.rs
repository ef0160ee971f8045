//! `sinops config`: prints what the compose files come to.

use super::{Context, Outcome};
use crate::args::{Config, ConfigFormat, Names};
use crate::failure::{Failure, SUCCESS};
use crate::problem::Problem;
use crate::project::{self, ComposeProject};
use serde_json::{Value, json};
use sinops_compose::Skip;

pub(crate) fn run(args: &Config, context: &Context<'_>) -> Outcome {
    let text = text(args, context)?;
    if args.quiet {
        return Ok(SUCCESS);
    }
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

/// What is asked for, loaded and written out.
fn text(args: &Config, context: &Context<'_>) -> Result<String, Failure> {
    let config = project::load_config(context)?;
    let names = args.names();
    let format = args.format.unwrap_or_default();
    let skip = Skip {
        normalization: args.no_normalize,
        paths: args.no_path_resolution,
        consistency: args.no_consistency,
        environment: names.is_some_and(|names| names != Names::Environment),
        container_names: names.is_some(),
    };
    if args.no_interpolate || names == Some(Names::Variables) {
        let model = project::load_raw(context, &config, skip)?;
        return match names {
            Some(Names::Variables) => variables(args.format, &model.value),
            Some(_) => {
                let services = model.value.get("services").and_then(Value::as_object);
                let names: Vec<&str> = services
                    .into_iter()
                    .flat_map(|services| services.keys().map(String::as_str))
                    .collect();
                Ok(names.join("\n"))
            }
            None => written(format, &model.value),
        };
    }
    // docker compose lists all of these, whatever services are named.
    let whole = matches!(
        names,
        Some(Names::Services | Names::Volumes | Names::Networks | Names::Models | Names::Hashes)
    );
    let only = if whole { &[][..] } else { &args.only };
    let compose = project::load_services(context, &config, only, skip)?;
    match names {
        Some(Names::Hashes) => Ok(hashes(&args.hash, &compose)?.join("\n")),
        Some(names) => Ok(list(names, &compose).join("\n")),
        None => document(format, &compose),
    }
}

/// A tree as it is.
fn written(format: ConfigFormat, value: &Value) -> Result<String, Failure> {
    match format {
        ConfigFormat::Json => Ok(format!("{value:#}")),
        ConfigFormat::Yaml => {
            sinops_compose::raw_to_yaml(value).map_err(|error| Failure::Fault(error.to_string()))
        }
    }
}

/// The variables that a tree names: a table, unless a format is asked for.
fn variables(format: Option<ConfigFormat>, model: &Value) -> Result<String, Failure> {
    let found = sinops_compose::variables(model);
    match format {
        Some(ConfigFormat::Json) => {
            let value = serde_json::to_value(&found);
            value
                .map(|value| format!("{value:#}"))
                .map_err(|error| Failure::Fault(error.to_string()))
        }
        Some(ConfigFormat::Yaml) => {
            // The keys that compose's YAML writer makes of the names of its fields.
            let lines = found.iter().map(|(name, it)| {
                let fields = json!({
                    "name": it.name, "defaultvalue": it.default_value,
                    "presencevalue": it.presence_value, "required": it.required,
                });
                (name.clone(), fields)
            });
            written(ConfigFormat::Yaml, &Value::Object(lines.collect()))
        }
        None => {
            let head = ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"].map(str::to_owned);
            let rows = found.values().map(|it| {
                let required = it.required.to_string();
                let values = [&it.default_value, &it.presence_value].map(String::clone);
                let [default, presence] = values;
                [it.name.clone(), required, default, presence]
            });
            let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
            Ok(table(&rows).join("\n"))
        }
    }
}

/// Columns of twenty characters and more, with three between them.
fn table(rows: &[[String; 4]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let longest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        (longest + 3).max(20)
    };
    let widths = [width(0), width(1), width(2), 0];
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths);
        cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect::<String>()
    };
    rows.iter().map(line).collect()
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
        // Not lists of names alone.
        Names::Hashes | Names::Variables => Vec::new(),
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
