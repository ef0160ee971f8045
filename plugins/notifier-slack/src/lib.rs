//! Tells a Slack channel through an incoming webhook.
//!
//! The webhook's URL is the credential, so it is a secret and never plain
//! text. [`message`] composes, [`answer`] reads what Slack says.

pub mod answer;
pub mod message;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::notifier::{Failure, Notification, Notifier, Receipt};
use sinops_sdk::{Ask, SecretRef, ask, http};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The webhook's URL: `{ secret: NAME }`.
    pub url: SecretRef,
    /// Who is called when something critical fires or fails: `<!channel>`,
    /// `<@U012AB3CD>` or `<!subteam^S012AB3CD>`.
    pub mention: Option<String>,
}

impl Notifier for Slack {
    fn asks() -> Vec<Ask> {
        vec![
            // Compatible servers (Mattermost and others) have origins of their own.
            ask::http("*", "deliver messages to the incoming webhook"),
            ask::secret("*", "the webhook's URL, which is the credential"),
        ]
    }

    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
        let message = message::of(notification, self.mention.as_deref());
        answer::read(&http::Request::post(self.url.url()).json(&message).send()?)
    }
}

sinops_sdk::notifier!(Slack);
