//! What is told to people.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much something matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Soon a problem.
    Warning,
    /// A problem.
    Critical,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Something started to be wrong.
    Firing,
    /// It is right again.
    Resolved,
    /// A run ended well.
    Succeeded,
    /// A run failed.
    Failed,
}

/// What to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Notification {
    /// Stable across retries.
    pub id: String,
    /// What happened.
    pub status: Status,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Plain text.
    pub body: String,
    /// Facts in order.
    pub fields: Vec<(String, String)>,
    /// Project.
    pub project: String,
    /// Milliseconds since the epoch.
    pub time: u64,
}

/// What a notifier answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Delivered; the other side's reference.
    Sent(String),
    /// Try again, not before the given time.
    Retry {
        /// At least this long from now.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// Trying again cannot help.
    Permanent(String),
}
