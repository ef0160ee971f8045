//! What collectors bring and evaluators find.

use crate::notification::Severity;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Service name.
    pub name: String,
    /// Container id.
    pub container: Option<String>,
    /// `80=127.0.0.1:8080`: port inside, and where the host reaches it.
    pub endpoints: Vec<String>,
    /// Canonical compose definition.
    pub definition: Value,
}

/// Verdict of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Good.
    Pass,
    /// Not yet.
    Pending,
    /// Bad.
    Fail,
}

/// One check of one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Target's name.
    pub target: String,
    /// `command`, `http`, `tcp`, `engine`.
    pub name: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Last output.
    pub output: String,
    /// How long it took.
    pub took: Duration,
}

/// What one round brought.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reading {
    /// Samples.
    pub families: Vec<MetricFamily>,
    /// Verdicts.
    pub checks: Vec<Check>,
}

/// OpenMetrics metric types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words of OpenMetrics 1.0")]
pub enum MetricType {
    #[default]
    Unknown,
    Gauge,
    Counter,
    Histogram,
    Summary,
    Info,
    Stateset,
}

/// A metric family.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MetricFamily {
    /// Name.
    pub name: String,
    /// Help.
    pub help: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Type.
    pub metric_type: MetricType,
    /// Samples.
    pub samples: Vec<Sample>,
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sample {
    /// Full series name.
    pub name: String,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Value.
    pub value: f64,
    /// Milliseconds since the epoch; none: time of collection.
    pub time: Option<u64>,
}

/// A rule that is violated right now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Rule.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// Identity together with the rule.
    pub labels: Vec<(String, String)>,
    /// Value.
    pub value: f64,
    /// One line.
    pub summary: String,
}
