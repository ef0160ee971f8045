//! The shape of the JSON that is posted. Receivers depend on it: only add.

use serde_json::{Map, Value, json};
use sinops_sdk::notifier::Notification;
use sinops_sdk::types::rfc3339;

/// The body for a notification.
#[must_use]
pub fn of(notification: &Notification) -> Value {
    let fields: Map<String, Value> = notification
        .fields
        .iter()
        .map(|field| (field.key.clone(), json!(field.value)))
        .collect();
    json!({
        "version": 1,
        "id": notification.id,
        "status": notification.status_word(),
        "severity": notification.severity_word(),
        "project": notification.project,
        "title": notification.title,
        "body": notification.body,
        "fields": fields,
        "time": rfc3339(notification.time),
    })
}
