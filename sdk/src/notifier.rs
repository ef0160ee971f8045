//! The role of telling people. Retrying, grouping and silencing are the host's.

use crate::http;
use crate::mail;
use crate::plugin::{Package, describe, read_settings};
use crate::types::{Ask, Description};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

pub use crate::bindings::notifier::exports::sinops::plugin::notifier::{
    Failure, Notification, Receipt, Retry, Status,
};

/// A notifier. The type is its own settings.
pub trait Notifier: DeserializeOwned + JsonSchema {
    /// What it would like to use.
    #[must_use]
    fn asks() -> Vec<Ask> {
        Vec::new()
    }

    /// Delivers one notification.
    ///
    /// # Errors
    /// Whether another try can help, and why it was not delivered.
    fn notify(&self, notification: &Notification) -> Result<Receipt, Failure>;
}

/// The verdict on an HTTP answer by its status: 2xx is delivered; 408, 425,
/// 429 and 5xx are worth another try, not before `Retry-After`; anything else
/// will not get better.
///
/// # Errors
/// As above.
pub fn delivered(response: &http::Response) -> Result<Receipt, Failure> {
    let said = || format!("HTTP {}: {}", response.status, response.excerpt());
    match response.status {
        200..=299 => Ok(Receipt {
            reference: response.excerpt(),
        }),
        408 | 425 | 429 | 500..=599 => Err(Failure::Retry(Retry {
            after: response.retry_after().map(millis),
            reason: said(),
        })),
        _ => Err(Failure::Permanent(said())),
    }
}

/// Worth another try whenever the host likes.
pub fn retry(reason: impl Into<String>) -> Failure {
    Failure::Retry(Retry {
        after: None,
        reason: reason.into(),
    })
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Notification {
    /// One word for the status, as people read it.
    #[must_use]
    pub fn status_word(&self) -> &'static str {
        match self.status {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
            Status::Succeeded => "succeeded",
            Status::Failed => "failed",
        }
    }

    /// One word for the severity.
    #[must_use]
    pub fn severity_word(&self) -> &'static str {
        match self.severity {
            crate::Severity::Info => "info",
            crate::Severity::Warning => "warning",
            crate::Severity::Critical => "critical",
        }
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Temporary(reason) => retry(reason),
            http::Error::Denied(text) | http::Error::Invalid(text) => Self::Permanent(text),
            http::Error::Other(text) => Self::Other(text),
        }
    }
}

impl From<mail::Error> for Failure {
    fn from(error: mail::Error) -> Self {
        match error {
            mail::Error::Temporary(reason) => retry(reason),
            mail::Error::Denied(text)
            | mail::Error::Invalid(text)
            | mail::Error::Permanent(text) => Self::Permanent(text),
            mail::Error::Other(text) => Self::Other(text),
        }
    }
}

/// Between the component's exports and the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Adapter<N>(PhantomData<N>);

impl<N: Notifier + Package> crate::bindings::notifier::exports::sinops::plugin::notifier::Guest
    for Adapter<N>
{
    fn describe() -> Description {
        describe::<N>(N::asks())
    }

    fn notify(notification: Notification, settings: String) -> Result<Receipt, Failure> {
        read_settings::<N>(&settings)
            .map_err(Failure::Settings)?
            .notify(&notification)
    }
}
