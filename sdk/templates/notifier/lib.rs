//! Tells people of alerts and of deploys that ended.

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::notifier::{self, Failure, Notification, Notifier, Receipt};
use sinops_sdk::{Ask, MaybeSecret, ask, http};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginType {
    /// Where to post: a URL, or `{ secret: NAME }`.
    pub url: MaybeSecret,
}

impl Notifier for PluginType {
    fn asks() -> Vec<Ask> {
        vec![
            ask::http("*", "post to the URL in its settings"),
            ask::secret("*", "the URL, if it is secret"),
        ]
    }

    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
        let text = format!("{}: {}", notification.status_word(), notification.title);
        notifier::delivered(&http::Request::post(self.url.url()).text(&text).send()?)
    }
}

sinops_sdk::notifier!(PluginType);
