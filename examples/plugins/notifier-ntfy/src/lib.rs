//! Pushes notifications to phones through ntfy (<https://docs.ntfy.sh>).

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::notifier::{self, Failure, Notification, Notifier, Receipt, Status};
use sinops_sdk::{Ask, SecretRef, Severity, ask, http};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ntfy {
    /// `https://ntfy.sh`, or your own server.
    pub server: String,
    /// Topic that the phones subscribe to.
    pub topic: String,
    /// Access token of a protected topic: `{ secret: NAME }`.
    pub token: Option<SecretRef>,
}

impl Notifier for Ntfy {
    fn asks() -> Vec<Ask> {
        vec![
            ask::http("*", "publish to the server"),
            ask::secret("*", "the access token"),
        ]
    }

    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
        let good = matches!(notification.status, Status::Resolved | Status::Succeeded);
        let mut request = http::Request::post(&self.server).json(&serde_json::json!({
            "topic": self.topic,
            "title": format!("{}: {}", notification.project, notification.title),
            "message": notification.body,
            "tags": [if good { "white_check_mark" } else { "rotating_light" }],
            "priority": if !good && notification.severity == Severity::Critical { 5 } else { 3 },
        }));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.placeholder()));
        }
        notifier::delivered(&request.send()?)
    }
}

sinops_sdk::notifier!(Ntfy);
