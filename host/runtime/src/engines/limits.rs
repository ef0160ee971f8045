//! Limits of processes in compose's two notations.

use serde_json::Value;
use sinops_compose::Map;

/// Name, soft and hard limit.
///
/// # Errors
/// Name and value of one that is no limit.
pub(super) fn ulimits(declared: &Map<Value>) -> Result<Vec<(String, i64, i64)>, String> {
    let number = |value: &Value| {
        value
            .as_i64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
    };
    declared
        .iter()
        .map(|(name, value)| {
            let (soft, hard) = match value {
                Value::Object(both) => (
                    both.get("soft").and_then(number),
                    both.get("hard").and_then(number),
                ),
                single => (number(single), number(single)),
            };
            match (soft, hard) {
                (Some(soft), Some(hard)) => Ok((name.clone(), soft, hard)),
                _ => Err(format!("{name}: `{value}`")),
            }
        })
        .collect()
}
