//! How the containers of a service give way to new ones: how many at once, how long they
//! must be healthy, and what happens when they are not.
//!
//! A service's own word (`x-sinops.update`) goes before compose's
//! `deploy.update_config`, that before its tier's, and that before the whole file's.

use crate::units::Span;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// What holds for a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Update {
    /// Containers of the service that are replaced at once; 0: all.
    pub max_parallel: u32,
    /// A new container must stay healthy for so long.
    pub min_healthy_time: Duration,
    /// It must be healthy after so long; none: the gate of its tier says.
    pub healthy_deadline: Option<Duration>,
    /// A run that fails because of it is taken back.
    pub auto_revert: bool,
    /// So many are replaced first, while the old ones serve.
    pub canary: u32,
    /// Which of old and new goes first.
    pub order: Order,
}

/// Which of old and new goes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The new one, where nothing is in the way.
    #[default]
    Auto,
    /// The new one.
    StartFirst,
    /// The old one.
    StopFirst,
}

impl Default for Update {
    fn default() -> Self {
        Self {
            max_parallel: 0,
            min_healthy_time: Duration::ZERO,
            healthy_deadline: None,
            auto_revert: true,
            canary: 0,
            order: Order::Auto,
        }
    }
}

impl Update {
    /// As steps see it, below `x-sinops.update` of the definition: what is theirs to do.
    #[must_use]
    pub fn for_steps(&self) -> Value {
        json!({ "max-parallel": self.max_parallel, "canary": self.canary, "order": self.order })
    }
}

/// What somebody says about it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented at Update")]
pub struct Changes {
    pub max_parallel: Option<u32>,
    pub min_healthy_time: Option<Span>,
    pub healthy_deadline: Option<Span>,
    pub auto_revert: Option<bool>,
    pub canary: Option<u32>,
    pub order: Option<Order>,
}

impl Changes {
    /// With what is said here on top.
    #[must_use]
    pub fn applied(&self, base: &Update) -> Update {
        Update {
            max_parallel: self.max_parallel.unwrap_or(base.max_parallel),
            min_healthy_time: self
                .min_healthy_time
                .as_ref()
                .map_or(base.min_healthy_time, |it| it.0),
            healthy_deadline: self
                .healthy_deadline
                .as_ref()
                .map(|it| it.0)
                .or(base.healthy_deadline),
            auto_revert: self.auto_revert.unwrap_or(base.auto_revert),
            canary: self.canary.unwrap_or(base.canary),
            order: self.order.unwrap_or(base.order),
        }
    }

    /// From compose's `deploy.update_config`. Swarm pauses a failed update unless told
    /// otherwise; here it is taken back unless `failure_action: pause` is written.
    ///
    /// # Errors
    /// What is not honoured, in words.
    pub fn from_compose(update: &Value) -> Result<Self, String> {
        let text = |key: &str| update.get(key).and_then(Value::as_str);
        let time = |key: &str| -> Result<Option<Duration>, String> {
            let Some(text) = text(key) else {
                return Ok(None);
            };
            let time = sinops_compose::parse_duration(text);
            time.map(Some).map_err(|error| format!("`{key}`: {error}"))
        };
        let number = |key: &str| match update.get(key) {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_f64(),
            None => None,
        };
        if number("max_failure_ratio").is_some_and(|ratio| ratio > 0.0) {
            return Err(
                "`max_failure_ratio` is not honoured: one that fails is one too many".into(),
            );
        }
        let auto_revert = match text("failure_action") {
            None => None,
            Some("rollback") => Some(true),
            Some("pause") => Some(false),
            Some(other) => {
                return Err(format!(
                    "`failure_action: {other}` is not honoured: it is `rollback` or `pause`"
                ));
            }
        };
        let order = match text("order") {
            None => None,
            Some("start-first") => Some(Order::StartFirst),
            Some("stop-first") => Some(Order::StopFirst),
            Some(other) => {
                return Err(format!(
                    "`order: {other}`: it is `start-first` or `stop-first`"
                ));
            }
        };
        // Both are time in which the new ones must not fail before the next are touched.
        let healthy = time("monitor")?.max(time("delay")?);
        Ok(Self {
            max_parallel: number("parallelism").map(whole),
            min_healthy_time: healthy.map(Span),
            healthy_deadline: None,
            auto_revert,
            canary: None,
            order,
        })
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float saturates, and this one was read from a count"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_says_it_in_its_own_words() {
        let changes = Changes::from_compose(&json!({
            "parallelism": 2, "delay": "5s", "monitor": "1m", "order": "stop-first",
            "failure_action": "pause", "max_failure_ratio": 0,
        }))
        .unwrap();
        let update = changes.applied(&Update::default());
        assert_eq!(
            update,
            Update {
                max_parallel: 2,
                min_healthy_time: Duration::from_secs(60),
                healthy_deadline: None,
                auto_revert: false,
                canary: 0,
                order: Order::StopFirst,
            }
        );
        for (update, part) in [
            (json!({ "failure_action": "continue" }), "failure_action"),
            (json!({ "max_failure_ratio": 0.5 }), "max_failure_ratio"),
            (json!({ "delay": "soon" }), "delay"),
        ] {
            assert!(Changes::from_compose(&update).unwrap_err().contains(part));
        }
    }
}
