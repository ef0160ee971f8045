//! The canonical project as text, in the form of `docker compose config`.
//!
//! Dollar signs are doubled, so that the text loads to the same project again.

use serde_json::Value;

use crate::model::{Project, Service};

/// Why a project could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the project cannot be written: {0}")]
pub struct OutputError(String);

/// As YAML.
///
/// # Errors
/// When an extension holds something that YAML cannot express.
pub fn to_yaml(project: &Project) -> Result<String, OutputError> {
    let value = complete(project)?;
    serde_saphyr::to_string(&value).map_err(|error| OutputError(error.to_string()))
}

/// A tree of [`load_raw`](crate::load_raw) as YAML: dollar signs stay as they are.
///
/// # Errors
/// When it holds something that YAML cannot express.
pub fn raw_to_yaml(value: &Value) -> Result<String, OutputError> {
    serde_saphyr::to_string(value).map_err(|error| OutputError(error.to_string()))
}

/// As JSON, key for key what docker compose prints: it leaves `models` out,
/// `ipam.options`, and all extensions but those of the top level.
///
/// # Errors
/// When an extension holds something that JSON cannot express.
pub fn to_json(project: &Project) -> Result<Value, OutputError> {
    let mut value = complete(project)?;
    if let Value::Object(sections) = &mut value {
        sections.shift_remove("models");
        let networks = sections.get_mut("networks").and_then(Value::as_object_mut);
        for network in networks.into_iter().flat_map(serde_json::Map::values_mut) {
            if let Some(ipam) = network.get_mut("ipam").and_then(Value::as_object_mut) {
                ipam.shift_remove("options");
            }
        }
        let services = sections.get_mut("services").and_then(Value::as_object_mut);
        for service in services.into_iter().flat_map(serde_json::Map::values_mut) {
            limits(service);
        }
        for (name, section) in sections.iter_mut() {
            if name.starts_with("x-") {
                no_empty_lists(section);
            } else {
                named(section);
            }
        }
    }
    Ok(value)
}

/// One service in the same form, dollar signs as they are.
pub(crate) fn service(service: &Service) -> Result<Value, OutputError> {
    let mut value =
        serde_json::to_value(service).map_err(|error| OutputError(error.to_string()))?;
    limits(&mut value);
    plain(&mut value);
    Ok(value)
}

fn limits(service: &mut Value) {
    no_zero_limits(service.get_mut("ulimits"));
    let build = service.get_mut("build");
    no_zero_limits(build.and_then(|build| build.get_mut("ulimits")));
}

/// To compose, an empty list of an extension is nothing at all.
fn no_empty_lists(value: &mut Value) {
    match value {
        Value::Array(items) if items.is_empty() => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(no_empty_lists),
        Value::Object(fields) => fields.values_mut().for_each(no_empty_lists),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A limit of zero is left out.
fn no_zero_limits(ulimits: Option<&mut Value>) {
    let ulimits = ulimits.and_then(Value::as_object_mut);
    for limit in ulimits.into_iter().flat_map(serde_json::Map::values_mut) {
        match limit {
            Value::Object(fields) => fields.retain(|_, number| *number != 0),
            _ if *limit == 0 => *limit = Value::Object(serde_json::Map::new()),
            _ => {}
        }
    }
}

/// Maps whose keys are the user's, so that `x-…` is a name there.
const NAMED: [&str; 14] = [
    "annotations",
    "args",
    "additional_contexts",
    "aux_addresses",
    "depends_on",
    "driver_opts",
    "environment",
    "labels",
    "models",
    "networks",
    "options",
    "storage_opt",
    "sysctls",
    "ulimits",
];

/// Without extensions, in a map whose keys are names.
fn named(value: &mut Value) {
    if let Value::Object(fields) = value {
        for field in fields.values_mut() {
            plain(field);
        }
    }
}

/// Without extensions, in an object of the specification.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !key.starts_with("x-"));
            for (key, field) in fields.iter_mut() {
                if NAMED.contains(&key.as_str()) {
                    named(field);
                } else {
                    plain(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn complete(project: &Project) -> Result<Value, OutputError> {
    let mut value =
        serde_json::to_value(project).map_err(|error| OutputError(error.to_string()))?;
    escape(&mut value);
    Ok(value)
}

fn escape(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('$') => *text = text.replace('$', "$$"),
        Value::Array(items) => items.iter_mut().for_each(escape),
        Value::Object(fields) => {
            if fields.keys().any(|key| key.contains('$')) {
                let old = std::mem::take(fields);
                fields.extend(
                    old.into_iter()
                        .map(|(key, value)| (key.replace('$', "$$"), value)),
                );
            }
            fields.values_mut().for_each(escape);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
