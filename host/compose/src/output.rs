//! The canonical project as text, in the form of `docker compose config`.
//!
//! Dollar signs are doubled, so that the text loads to the same project again.

use serde_json::Value;

use crate::model::Project;

/// Why a project could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the project cannot be written: {0}")]
pub struct OutputError(String);

/// As YAML.
///
/// # Errors
/// When an extension holds something that YAML cannot express.
pub fn to_yaml(project: &Project) -> Result<String, OutputError> {
    let value = to_json(project)?;
    serde_saphyr::to_string(&value).map_err(|error| OutputError(error.to_string()))
}

/// As JSON.
///
/// # Errors
/// When an extension holds something that JSON cannot express.
pub fn to_json(project: &Project) -> Result<Value, OutputError> {
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
