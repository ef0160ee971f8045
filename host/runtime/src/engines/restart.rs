//! Restart policies: compose's two notations as one.

use super::amounts::Amounts;
use super::{ContainerSpec, EngineError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When a container is started again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Condition {
    #[default]
    Never,
    OnFailure,
    Always,
    UnlessStopped,
}

/// What the service declares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Restart {
    pub(super) condition: Condition,
    /// None: without end.
    pub(super) attempts: Option<u64>,
    /// Pause before each.
    pub(super) delay: Option<Duration>,
    /// Having run this long, it counts as started.
    pub(super) window: Option<Duration>,
}

impl Restart {
    /// `deploy.restart_policy` goes before `restart`, as in compose.
    pub(super) fn declared(
        spec: &ContainerSpec,
        engine: &str,
    ) -> Result<Option<Self>, EngineError> {
        let refused = |attribute: &str, text: &str| EngineError::Unsupported {
            engine: engine.to_owned(),
            feature: format!("services.{}.{attribute}: {text}", spec.service_name),
        };
        let amounts = Amounts::of(spec);
        let deploy = spec
            .service
            .deploy
            .as_ref()
            .and_then(|deploy| deploy.restart_policy.as_ref());
        if let Some(policy) = deploy {
            let text = policy.condition.as_deref().unwrap_or("any");
            let time = |name: &str, text: &Option<String>| {
                text.as_deref()
                    .map(|text| amounts.duration(&format!("deploy.restart_policy.{name}"), text))
                    .transpose()
            };
            return Ok(Some(Self {
                condition: condition(text)
                    .ok_or_else(|| refused("deploy.restart_policy.condition", text))?,
                attempts: policy.max_attempts,
                delay: time("delay", &policy.delay)?,
                window: time("window", &policy.window)?,
            }));
        }
        let Some(text) = spec.service.restart.as_deref() else {
            return Ok(None);
        };
        let refused = || refused("restart", text);
        let (word, attempts) = match text.split_once(':') {
            Some(("on-failure", number)) => {
                ("on-failure", Some(number.parse().map_err(|_| refused())?))
            }
            Some(_) => return Err(refused()),
            None => (text, None),
        };
        Ok(Some(Self {
            condition: condition(word).ok_or_else(refused)?,
            attempts,
            delay: None,
            window: None,
        }))
    }
}

fn condition(text: &str) -> Option<Condition> {
    match text {
        "no" | "none" | "" => Some(Condition::Never),
        "always" | "any" => Some(Condition::Always),
        "unless-stopped" => Some(Condition::UnlessStopped),
        "on-failure" => Some(Condition::OnFailure),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::{Deploy, RestartPolicy, Service};

    fn spec(restart: Option<&str>, policy: Option<RestartPolicy>) -> ContainerSpec {
        ContainerSpec {
            service: Service {
                restart: restart.map(str::to_owned),
                deploy: policy.map(|policy| Deploy {
                    restart_policy: Some(policy),
                    ..Deploy::default()
                }),
                ..Service::default()
            },
            ..ContainerSpec::default()
        }
    }

    #[test]
    fn both_notations() {
        for (text, expected) in [
            ("no", (Condition::Never, None)),
            ("on-failure", (Condition::OnFailure, None)),
            ("on-failure:3", (Condition::OnFailure, Some(3))),
            ("always", (Condition::Always, None)),
            ("unless-stopped", (Condition::UnlessStopped, None)),
        ] {
            let found = Restart::declared(&spec(Some(text), None), "x")
                .unwrap()
                .unwrap();
            assert_eq!((found.condition, found.attempts), expected, "{text}");
        }
        for text in ["sometimes", "always:3", "on-failure:often"] {
            let error = Restart::declared(&spec(Some(text), None), "x").unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
        assert_eq!(Restart::declared(&spec(None, None), "x").unwrap(), None);
        let policy = RestartPolicy {
            max_attempts: Some(2),
            delay: Some("5s".to_owned()),
            ..RestartPolicy::default()
        };
        let found = Restart::declared(&spec(Some("no"), Some(policy)), "x")
            .unwrap()
            .unwrap();
        assert_eq!(found.condition, Condition::Always, "deploy's goes before");
        assert_eq!(found.attempts, Some(2));
        assert_eq!(found.delay, Some(Duration::from_secs(5)));
    }
}
