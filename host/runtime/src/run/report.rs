//! What came of a run.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// All done.
    Succeeded,
    /// An action failed; what the run did was undone.
    Failed,
    /// The user stopped it; what the run did was undone.
    Interrupted,
    /// The user stopped it at once; nothing was undone.
    Aborted,
}

/// What came of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Id of the run, also the journal's file name.
    pub run: String,
    /// Compose project.
    pub project: String,
    /// Pipeline.
    pub pipeline: String,
    /// How it ended.
    pub result: RunResult,
    /// What changed, in words, in the order in which it was done.
    pub changed: Vec<String>,
    /// How long each tier took.
    pub tiers: Vec<TierTime>,
    /// All of it, in JSON as `took-ms` like everywhere else.
    #[serde(rename = "took-ms", serialize_with = "as_millis")]
    pub took: Duration,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What was taken back, in words.
    pub undone: Vec<String>,
    /// What could not be taken back, and why.
    pub left: Vec<String>,
    /// Service and `host:port` where it answers.
    pub answers: Vec<(String, String)>,
    /// Path of the journal.
    pub journal: String,
}

fn as_millis<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

/// How long a tier took, from its first action to its gate.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TierTime {
    /// Name.
    pub tier: String,
    /// Milliseconds.
    pub took_ms: u64,
}

/// Why a run failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The action, in words.
    pub what: String,
    /// Service.
    pub service: Option<String>,
    /// Tier.
    pub tier: Option<String>,
    /// The reason.
    pub message: String,
    /// Of a gate: each service that did not pass.
    pub gates: Vec<GateFailure>,
    /// No answer came: the engine may have done it all the same, and it is taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

/// A service that did not pass its gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GateFailure {
    /// Service.
    pub service: String,
    /// `command`, `http`, `tcp`, `engine`.
    pub check: String,
    /// What was asked, in words: the health command.
    pub asked: String,
    /// Last output of the check.
    pub output: String,
    /// Why it was given up.
    pub reason: String,
    /// Last lines that the container wrote.
    pub logs: Vec<String>,
}

/// A notifier and what came of telling it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// Instance name.
    pub notifier: String,
    /// Reference, or why not.
    pub outcome: Result<String, String>,
}
