//! Judges the latest samples by thresholds and by absence. How long something
//! has to be wrong, and who is told, is the host's.

mod judge;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::Error;
use sinops_sdk::evaluator::{Evaluator, Finding};
use sinops_sdk::types::MetricFamily;
use std::collections::BTreeMap;

/// What stands under `rules:`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Thresholds(pub Vec<Rule>);

/// One rule.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Name of the alert.
    pub name: String,
    /// Full name of the series: `sinops_service_up`.
    pub metric: String,
    /// Labels that a series must have.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// How the value is compared, or `absent`: there is no such series.
    pub op: Operator,
    /// What it is compared with; none for `absent`.
    pub value: Option<f64>,
    /// How much it matters; `warning` where it does not say.
    #[serde(default)]
    pub severity: Level,
    /// One line for people; `{value}` and `{LABEL}` stand for those of the
    /// series.
    pub summary: Option<String>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "they say it themselves")]
pub enum Operator {
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    Different,
    #[serde(rename = "absent")]
    Absent,
}

/// Severity as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they say it themselves")]
pub enum Level {
    Info,
    #[default]
    Warning,
    Critical,
}

impl Evaluator for Thresholds {
    fn evaluate(&self, samples: &[MetricFamily], _now: u64) -> Result<Vec<Finding>, Error> {
        for (index, rule) in self.0.iter().enumerate() {
            let wrong = match (rule.op, rule.value) {
                (Operator::Absent, Some(_)) => "`absent` compares with no `value`",
                (Operator::Absent, None) | (_, Some(_)) => continue,
                (_, None) => "`value` is missing",
            };
            return Err(Error::Settings(format!(
                "rules[{index}] `{}`: {wrong}",
                rule.name
            )));
        }
        Ok(self
            .0
            .iter()
            .flat_map(|rule| judge::rule(rule, samples))
            .collect())
    }
}

sinops_sdk::evaluator!(Thresholds);
