//! notifier: tells people.

use super::Exports;
use super::exports::notifier as wit;
use super::tally::Tally;
use super::types::{to_labels, to_severity};
use crate::plugins::call::Phase;
use crate::plugins::error::PluginError;
use crate::plugins::plugin::Plugin;
use serde_json::Value;
use sinops_core::notification::{Delivery, Notification, Status};
use sinops_core::plugin::Role;
use std::time::Duration;

impl Plugin {
    /// Delivers one notification.
    ///
    /// # Errors
    /// If the plugin was refused something, does not accept its settings or
    /// misbehaves. A delivery that failed is a [`Delivery`].
    pub async fn notify(
        &self,
        notification: &Notification,
        settings: &Value,
    ) -> Result<Delivery, PluginError> {
        let call = self.call(Role::Notifier, "notify", Phase::Effects)?;
        let Exports::Notifier(at) = self.exports().clone() else {
            return Err(PluginError::host("role"));
        };
        let argument = wit::Notification {
            id: notification.id.clone(),
            status: match notification.status {
                Status::Firing => wit::Status::Firing,
                Status::Resolved => wit::Status::Resolved,
                Status::Succeeded => wit::Status::Succeeded,
                Status::Failed => wit::Status::Failed,
            },
            severity: to_severity(notification.severity),
            title: notification.title.clone(),
            body: notification.body.clone(),
            fields: to_labels(&notification.fields),
            project: notification.project.clone(),
            time: notification.time,
        };
        let settings = settings.to_string();
        let answer = self
            .run(call.clone(), None, move |store, instance| {
                Box::pin(async move {
                    at.load(&mut *store, &instance)?
                        .call_notify(store, &argument, &settings)
                        .await
                })
            })
            .await?;
        let plugin = call.plugin.to_string();
        let operation = call.operation;
        if let (Err(_), Some(reason)) = (&answer, call.denial()) {
            return Err(PluginError::Denied {
                plugin,
                operation,
                reason,
            });
        }
        let mut tally = Tally::default();
        let mut clean = |text: String| call.secrets.redact(&tally.text(text));
        let delivery = match answer {
            Ok(receipt) => Delivery::Sent(clean(receipt.reference)),
            Err(wit::Failure::Retry(retry)) => Delivery::Retry {
                after: retry.after.map(Duration::from_millis),
                reason: clean(retry.reason),
            },
            Err(wit::Failure::Permanent(reason)) => Delivery::Permanent(clean(reason)),
            Err(wit::Failure::Settings(message)) => {
                return Err(PluginError::Settings {
                    plugin,
                    operation,
                    message: clean(message),
                });
            }
            Err(wit::Failure::Other(reason)) => Delivery::Retry {
                after: None,
                reason: clean(reason),
            },
        };
        tally.finish(&call, delivery)
    }
}
