//! Judges samples by rules.

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::evaluator::{Evaluator, Finding};
use sinops_sdk::types::MetricFamily;
use sinops_sdk::{Error, Severity};

/// What stands under `rules:`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PluginType(pub Vec<Rule>);

/// One rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name of the alert.
    pub name: String,
    /// Full name of the series.
    pub metric: String,
    /// Highest value that is right.
    pub max: f64,
}

impl Evaluator for PluginType {
    fn evaluate(&self, samples: &[MetricFamily], _now: u64) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        for rule in &self.0 {
            let series = samples.iter().flat_map(|family| &family.samples);
            for sample in series.filter(|it| it.name == rule.metric && it.value > rule.max) {
                findings.push(Finding {
                    rule: rule.name.clone(),
                    severity: Severity::Warning,
                    labels: sample.labels.clone(),
                    value: sample.value,
                    summary: format!("{} is {}", rule.metric, sample.value),
                });
            }
        }
        Ok(findings)
    }
}

sinops_sdk::evaluator!(PluginType);
