//! Looks at the stack and brings checks and samples.

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::collector::{Check, Collector, Reading, Target, Verdict, gauge};
use sinops_sdk::{Ask, Error, ask, containers};

/// Settings of the plugin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginType {
    /// Restarts from which on a service fails.
    #[serde(default = "most_restarts")]
    pub most_restarts: u32,
}

fn most_restarts() -> u32 {
    3
}

impl Collector for PluginType {
    fn asks() -> Vec<Ask> {
        vec![ask::containers(
            "read how often each container was restarted",
        )]
    }

    fn collect(&self, targets: &[Target], _now: u64) -> Result<Reading, Error> {
        let mut reading = Reading::default();
        let mut samples = Vec::new();
        for target in targets {
            let Some(id) = &target.container else {
                continue;
            };
            let state = match containers::inspect(id) {
                Ok(state) => state,
                Err(containers::Error::Denied(text)) => return Err(Error::Denied(text)),
                // What has gone since is no business of this collector.
                Err(_) => continue,
            };
            samples.push((
                vec![("service", target.name.clone())],
                f64::from(state.restarts),
            ));
            reading.checks.push(Check {
                target: target.name.clone(),
                name: "restarts".to_owned(),
                verdict: if state.restarts < self.most_restarts {
                    Verdict::Pass
                } else {
                    Verdict::Fail
                },
                output: format!("{} restarts", state.restarts),
                took: 0,
            });
        }
        let help = "How often the engine has restarted the container.";
        reading.families.push(gauge("restarts", help, "", samples));
        Ok(reading)
    }
}

sinops_sdk::collector!(PluginType);
