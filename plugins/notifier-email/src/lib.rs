//! Tells people by mail. The plugin composes; the host logs in at the
//! operator's relay and delivers.

pub mod message;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::notifier::{Failure, Notification, Notifier, Receipt};
use sinops_sdk::{Ask, ask, mail};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Email {
    /// Addresses of the recipients.
    pub to: Vec<String>,
    /// In front of every subject; `[sinops]` where it does not say.
    #[serde(default = "subject_prefix")]
    pub subject_prefix: String,
}

fn subject_prefix() -> String {
    "[sinops]".to_owned()
}

impl Notifier for Email {
    fn asks() -> Vec<Ask> {
        vec![ask::mail("*", "send to the recipients in its settings")]
    }

    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
        if self.to.is_empty() {
            return Err(Failure::Settings(
                "settings.to: name at least one address".to_owned(),
            ));
        }
        let reference = mail::send(&mail::Message {
            to: self.to.clone(),
            subject: message::subject(&self.subject_prefix, notification),
            text: message::text(notification),
            html: Some(message::html(notification)),
        })?;
        Ok(Receipt { reference })
    }
}

sinops_sdk::notifier!(Email);
