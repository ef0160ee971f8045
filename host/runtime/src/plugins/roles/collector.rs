//! collector: looks at targets and reports.

use super::exports::collector as wit;
use super::tally::Tally;
use super::types::family;
use super::{Exports, failure};
use crate::plugins::call::Phase;
use crate::plugins::containers::ContainerAccess;
use crate::plugins::error::PluginError;
use crate::plugins::plugin::Plugin;
use serde_json::Value;
use sinops_core::monitor::{Check, Reading, Target, Verdict};
use sinops_core::plugin::Role;
use std::sync::Arc;
use std::time::Duration;

impl Plugin {
    /// One round over all targets; `now` in milliseconds since the epoch.
    ///
    /// # Errors
    /// If the plugin says so, was refused something or misbehaves. A target
    /// that fails is part of the reading.
    pub async fn collect(
        &self,
        targets: &[Target],
        now: u64,
        settings: &Value,
        containers: Arc<dyn ContainerAccess>,
    ) -> Result<Reading, PluginError> {
        let call = self.call(Role::Collector, "collect", Phase::Effects)?;
        let Exports::Collector(at) = self.exports().clone() else {
            return Err(PluginError::host("role"));
        };
        let targets: Vec<wit::Target> = targets
            .iter()
            .map(|target| wit::Target {
                name: target.name.clone(),
                container: target.container.clone(),
                endpoints: target.endpoints.clone(),
                definition: target.definition.to_string(),
            })
            .collect();
        let settings = settings.to_string();
        let answer = self
            .run(call.clone(), Some(containers), move |store, instance| {
                Box::pin(async move {
                    at.load(&mut *store, &instance)?
                        .call_collect(store, &targets, now, &settings)
                        .await
                })
            })
            .await?;
        let reading = answer.map_err(|error| failure(&call, error))?;
        let mut tally = Tally::default();
        let reading = Reading {
            families: tally.list(reading.families, family),
            checks: tally.list(reading.checks, |tally, check| Check {
                target: tally.text(check.target),
                name: tally.text(check.name),
                verdict: match check.verdict {
                    wit::Verdict::Pass => Verdict::Pass,
                    wit::Verdict::Pending => Verdict::Pending,
                    wit::Verdict::Fail => Verdict::Fail,
                },
                output: tally.text(check.output),
                took: Duration::from_millis(check.took),
            }),
        };
        tally.finish(&call, reading)
    }
}
