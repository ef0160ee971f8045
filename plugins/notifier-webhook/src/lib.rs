//! Posts every notification as JSON to a URL.
//!
//! This file is the whole plugin: settings, what it asks for, one request. The
//! shape of the body is in [`body`].

pub mod body;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::notifier::{self, Failure, Notification, Notifier, Receipt};
use sinops_sdk::{Ask, MaybeSecret, SecretRef, ask, http};
use std::collections::BTreeMap;

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to post: a URL, or `{ secret: NAME }` if the URL is secret.
    pub url: MaybeSecret,
    /// Sent as `Authorization: Bearer …`.
    pub bearer: Option<SecretRef>,
    /// More headers; a value may be `{ secret: NAME }`.
    #[serde(default)]
    pub headers: BTreeMap<String, MaybeSecret>,
}

impl Notifier for Webhook {
    fn asks() -> Vec<Ask> {
        vec![
            ask::http("*", "post notifications to the URL in its settings"),
            ask::secret("*", "the URL, the bearer token or a header"),
        ]
    }

    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
        let mut request = http::Request::post(self.url.url()).json(&body::of(notification));
        for (name, value) in &self.headers {
            request = request.header(name, value.header());
        }
        if let Some(token) = &self.bearer {
            request = request.header("authorization", format!("Bearer {}", token.placeholder()));
        }
        notifier::delivered(&request.send()?)
    }
}

sinops_sdk::notifier!(Webhook);
