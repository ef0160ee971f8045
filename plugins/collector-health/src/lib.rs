//! Says of every service whether it is healthy. The same plugin judges the
//! gates of a deploy and watches production.
//!
//! `probe` looks, `verdict` judges what was seen, `families` makes
//! series of it.

mod families;
mod probe;
mod verdict;

use schemars::JsonSchema;
use serde::Deserialize;
use sinops_sdk::collector::{Collector, Reading, Target};
use sinops_sdk::{Ask, Error, ask};
use std::collections::BTreeMap;

/// Settings of the plugin.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    /// By service: a check other than the one that the compose files declare.
    pub services: BTreeMap<String, Probe>,
}

/// One check; exactly one of `http`, `tcp` and `command`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// Path that answers 2xx or 3xx: `/health`. Needs `port`.
    pub http: Option<String>,
    /// Port inside the container for `http`.
    pub port: Option<u16>,
    /// Port inside the container that accepts connections.
    pub tcp: Option<u16>,
    /// Command that ends with 0 in the container.
    pub command: Option<Vec<String>>,
    /// How long it may take, in seconds; 5 where it does not say.
    pub timeout: Option<u64>,
}

impl Health {
    fn check(&self) -> Result<(), Error> {
        for (name, probe) in &self.services {
            let wrong =
                |text: &str| Err(Error::Settings(format!("settings.services.{name}: {text}")));
            let kinds = [
                probe.http.is_some(),
                probe.tcp.is_some(),
                probe.command.is_some(),
            ];
            match kinds.iter().filter(|&&it| it).count() {
                1 => {}
                0 => return wrong("name one of `http`, `tcp` and `command`"),
                _ => return wrong("name only one of `http`, `tcp` and `command`"),
            }
            match (&probe.http, probe.port) {
                (Some(path), Some(_)) if path.starts_with('/') => {}
                (Some(_), Some(_)) => return wrong("`http` is a path and starts with `/`"),
                (Some(_), None) => {
                    return wrong("`http` needs `port`, the one inside the container");
                }
                (None, Some(_)) => return wrong("`port` belongs to `http`"),
                (None, None) => {}
            }
            if probe.command.as_ref().is_some_and(Vec::is_empty) {
                return wrong("`command` is empty");
            }
        }
        Ok(())
    }
}

impl Collector for Health {
    fn asks() -> Vec<Ask> {
        vec![
            ask::containers("tell whether a container runs"),
            ask::health_check("run the health checks that services declare"),
            ask::exec("run the commands in its settings; not needed without"),
            ask::http("*", "ask the paths in its settings; not needed without"),
            ask::tcp(
                "*",
                "connect to the ports in its settings; not needed without",
            ),
        ]
    }

    fn collect(&self, targets: &[Target], _now: u64) -> Result<Reading, Error> {
        self.check()?;
        let mut seen = Vec::with_capacity(targets.len());
        for target in targets {
            seen.push(probe::target(target, self.services.get(&target.name))?);
        }
        Ok(Reading {
            families: families::of(&seen),
            checks: seen.into_iter().map(|seen| seen.check).collect(),
        })
    }
}

sinops_sdk::collector!(Health);
