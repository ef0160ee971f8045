//! Defaults and implied values of the tree in between.

use std::path::Path;

use indexmap::IndexMap;

use crate::normalize;
use crate::tree::{Fields, Mark, Node, Value};

/// What stands for a value that is not given.
pub(super) fn defaults(project: &mut Node) {
    normalize::contexts(project);
    for service in normalize::services(project) {
        for (secret, mark) in normalize::items_of(service, "secrets") {
            let source = secret.get("source").and_then(Node::scalar_text);
            let target = format!("/run/secrets/{}", source.unwrap_or_default());
            default(secret, "target", &target, mark);
        }
        for (port, mark) in normalize::items_of(service, "ports") {
            default(port, "protocol", "tcp", mark);
            default(port, "mode", "ingress", mark);
        }
        for (request, mark) in normalize::items_of(service, "gpus") {
            device(request, mark);
        }
        let devices = service
            .get_mut("deploy")
            .and_then(|deploy| deploy.get_mut("resources")?.get_mut("reservations"));
        if let Some(reservations) = devices {
            for (request, mark) in normalize::items_of(reservations, "devices") {
                device(request, mark);
            }
        }
    }
}

fn default(fields: &mut Fields, key: &str, value: &str, mark: Mark) {
    fields
        .entry(key.to_owned())
        .or_insert_with(|| Node::text(value, mark));
}

fn device(request: &mut Fields, mark: Mark) {
    if !request.contains_key("device_ids") {
        default(request, "count", "all", mark);
    }
}

/// Values for what a list of variables names without one, and for configs from outside.
pub(super) fn listed(project: &mut Node, variables: &IndexMap<String, String>) {
    for service in normalize::services(project) {
        let list = service.get_mut("environment").and_then(Node::as_list_mut);
        for item in list.into_iter().flatten() {
            if let Some(name) = item.as_text()
                && let Some(known) = variables.get(name)
            {
                item.value = Value::Text(format!("{name}={known}"));
            }
        }
    }
    let configs = project.get_mut("configs").and_then(Node::as_map_mut);
    for config in configs.into_iter().flat_map(Fields::values_mut) {
        let name = config.get("environment").and_then(Node::as_text);
        if let Some(known) = name.and_then(|name| variables.get(name)).cloned() {
            let content = config.with(Value::Text(known));
            if let Some(fields) = config.as_map_mut() {
                fields.insert("content".to_owned(), content);
            }
        }
    }
}

/// What a project means without saying it.
pub(super) fn project(project: &mut Node, name: &str, variables: &IndexMap<String, String>) {
    let mut uses_default = false;
    for service in normalize::services(project) {
        let mark = service.mark;
        if let Some(fields) = service.as_map_mut() {
            uses_default |= normalize::networks(fields, mark);
            if let Some(policy) = fields.get_mut("pull_policy")
                && policy.as_text() == Some("if_not_present")
            {
                policy.value = Value::Text("missing".to_owned());
            }
            if let Some(build) = fields.get_mut("build").and_then(Node::as_map_mut) {
                if !build.contains_key("dockerfile_inline") {
                    default(build, "dockerfile", "Dockerfile", mark);
                }
                if let Some(arguments) = build.get_mut("args") {
                    resolve(arguments, variables, false);
                }
            }
            if let Some(environment) = fields.get_mut("environment") {
                resolve(environment, variables, true);
            }
            normalize::dependencies(fields, mark);
            for dependency in fields
                .get_mut("depends_on")
                .and_then(Node::as_map_mut)
                .into_iter()
                .flat_map(Fields::values_mut)
            {
                if let Some(fields) = dependency.as_map_mut() {
                    fields
                        .entry("required".to_owned())
                        .or_insert_with(|| Node::bool(true, mark));
                }
            }
            for (mount, _) in normalize::items(fields, "volumes") {
                if let Some(target) = mount.get_mut("target")
                    && let Value::Text(path) = &target.value
                {
                    let clean = crate::paths::clean(Path::new(path));
                    target.value = Value::Text(clean.display().to_string());
                }
            }
        }
    }
    normalize::names(project, name, uses_default);
}

/// Values for what is named without one.
fn resolve(node: &mut Node, variables: &IndexMap<String, String>, keep: bool) {
    match &mut node.value {
        Value::Map(fields) => fields.retain(|name, value| {
            if !value.is_null() {
                return true;
            }
            if let Some(known) = variables.get(name) {
                value.value = Value::Text(known.clone());
                return true;
            }
            keep
        }),
        Value::List(items) => {
            items.retain_mut(|item| {
                let Some(text) = item.as_text().filter(|text| !text.contains('=')) else {
                    return item.as_text().is_some();
                };
                match variables.get(text) {
                    Some(known) => {
                        item.value = Value::Text(format!("{text}={known}"));
                        true
                    }
                    None => keep,
                }
            });
            if items.is_empty() {
                node.value = Value::Null;
            }
        }
        _ => {}
    }
}
