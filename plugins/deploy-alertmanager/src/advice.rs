//! What keeps the generated files from having an effect.

use crate::config::too_old;
use crate::{Alertmanager, CONFIG};
use serde_json::Value;
use sinops_programs::Version;
use sinops_sdk::Severity::{Info, Warning};
use sinops_sdk::deploy_step::{Mounted, Planning, Problem};
use sinops_sdk::types::Service;

pub(crate) fn add(
    settings: &Alertmanager,
    planning: &Planning,
    alertmanager: &Service,
    version: Option<Version>,
    problems: &mut Vec<Problem>,
) {
    let name = alertmanager.name.as_str();
    if settings.receivers.is_empty() {
        problems.push(
            Problem::new(
                Warning,
                format!("`{name}` tells nobody: there are no receivers"),
            )
            .service(name)
            .hint("name some in the settings of deploy-alertmanager: `receivers:`"),
        );
    }
    if too_old(settings, version) {
        problems.push(
            Problem::new(
                Warning,
                format!(
                    "`{name}` is too old for update-message: it writes a new message each time"
                ),
            )
            .service(name)
            .hint("Alertmanager 0.32 and later can")
            .at(["services", name, "image"]),
        );
    }
    if planning.stack.engine == "process" {
        return;
    }
    mounted(planning, alertmanager, problems);
    let definition = alertmanager.compose();
    let places = places(&definition);
    for path in settings.secret_files() {
        let there = places.iter().any(|place| {
            path == place
                || path
                    .strip_prefix(place.trim_end_matches('/'))
                    .is_some_and(|rest| rest.starts_with('/'))
        });
        if !there {
            let file = path.rsplit('/').next().unwrap_or(path);
            problems.push(
                Problem::new(Warning, format!("`{name}` has no file {path}: notifications with it fail"))
                    .service(name)
                    .hint(format!("add a compose secret: `secrets: [{file}]`, and below the top-level `secrets:` where `{file}` comes from"))
                    .at(["services", name]),
            );
        }
    }
}

fn mounted(planning: &Planning, alertmanager: &Service, problems: &mut Vec<Problem>) {
    let name = alertmanager.name.as_str();
    let folder = planning.shown(planning.stack.output_directory.trim_end_matches('/'));
    let line = format!("`{folder}/alertmanager:/etc/alertmanager:ro`");
    let (severity, text, hint) = match planning.mounted(alertmanager, CONFIG) {
        Mounted::Folder => return,
        Mounted::No => (
            Warning,
            "does not mount the generated configuration: it runs with another one",
            format!("add {line} to its volumes"),
        ),
        Mounted::File => (
            Info,
            "mounts the generated file alone: it sees neither templates nor changes",
            format!("mount the folder instead: {line}"),
        ),
    };
    problems.push(
        Problem::new(severity, format!("`{name}` {text}"))
            .service(name)
            .hint(hint)
            .at(["services", name, "volumes"]),
    );
}

/// Paths in the container that are mounted or given as secrets.
fn places(definition: &Value) -> Vec<String> {
    let list = |key| definition.get(key).and_then(Value::as_array);
    let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    let volumes = list("volumes")
        .into_iter()
        .flatten()
        .filter_map(|it| text(it, "target"));
    let secrets = list("secrets").into_iter().flatten().filter_map(|it| {
        let target = it
            .as_str()
            .map(str::to_owned)
            .or_else(|| text(it, "target"))
            .or_else(|| text(it, "source"))?;
        Some(if target.starts_with('/') {
            target
        } else {
            format!("/run/secrets/{target}")
        })
    });
    volumes.chain(secrets).collect()
}
