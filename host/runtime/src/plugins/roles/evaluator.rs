//! evaluator: judges samples by rules. Nothing is reachable from it.

use super::tally::Tally;
use super::types::{labels, severity, to_family};
use super::{Exports, failure};
use crate::plugins::call::Phase;
use crate::plugins::error::PluginError;
use crate::plugins::plugin::Plugin;
use serde_json::Value;
use sinops_core::monitor::{Finding, MetricFamily};
use sinops_core::plugin::Role;

impl Plugin {
    /// Judges one batch of samples; `now` in milliseconds since the epoch.
    ///
    /// # Errors
    /// If the plugin says so or misbehaves.
    pub async fn evaluate(
        &self,
        rules: &Value,
        samples: &[MetricFamily],
        now: u64,
    ) -> Result<Vec<Finding>, PluginError> {
        let call = self.call(Role::Evaluator, "evaluate", Phase::Pure)?;
        let Exports::Evaluator(at) = self.exports().clone() else {
            return Err(PluginError::host("role"));
        };
        let rules = rules.to_string();
        let samples: Vec<_> = samples.iter().map(to_family).collect();
        let answer = self
            .run(call.clone(), None, move |store, instance| {
                Box::pin(async move {
                    at.load(&mut *store, &instance)?
                        .call_evaluate(store, &rules, &samples, now)
                        .await
                })
            })
            .await?;
        let findings = answer.map_err(|error| failure(&call, error))?;
        let mut tally = Tally::default();
        let findings = tally.list(findings, |tally, finding| Finding {
            rule: tally.text(finding.rule),
            severity: severity(finding.severity),
            labels: labels(tally, finding.labels),
            value: finding.value,
            summary: tally.text(finding.summary),
        });
        tally.finish(&call, findings)
    }
}
