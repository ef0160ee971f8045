//! Restart policies: compose's two notations in the engine's terms.

use super::super::ContainerSpec;
use super::EngineError;
use super::body::unsupported;
use bollard::models::{RestartPolicy, RestartPolicyNameEnum};

/// `deploy.restart_policy` goes before `restart`, as in compose.
pub(super) fn policy(spec: &ContainerSpec) -> Result<Option<RestartPolicy>, EngineError> {
    let declared = spec
        .service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.restart_policy.as_ref());
    if let Some(policy) = declared {
        for (name, value) in [("delay", &policy.delay), ("window", &policy.window)] {
            if value.is_some() {
                // Every stack that was written with Swarm in mind has them.
                tracing::warn!(
                    service = spec.service_name,
                    "deploy.restart_policy.{name} has no effect: the engine sets its own pauses between restarts"
                );
            }
        }
        let condition = policy.condition.as_deref().unwrap_or("any");
        let name = name(condition).ok_or_else(|| {
            unsupported(
                spec,
                &format!("deploy.restart_policy.condition: {condition}"),
            )
        })?;
        let attempts = policy
            .max_attempts
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let counted = name == RestartPolicyNameEnum::ON_FAILURE;
        if attempts.is_some() && !counted {
            tracing::warn!(
                service = spec.service_name,
                "deploy.restart_policy.max_attempts has no effect with condition {condition}: the engine counts with on-failure only"
            );
        }
        return Ok(Some(RestartPolicy {
            name: Some(name),
            maximum_retry_count: attempts.filter(|_| counted),
        }));
    }
    let Some(text) = spec.service.restart.as_deref() else {
        return Ok(None);
    };
    let refused = || unsupported(spec, &format!("restart: {text}"));
    let (condition, attempts) = match text.split_once(':') {
        Some(("on-failure", number)) => {
            ("on-failure", Some(number.parse().map_err(|_| refused())?))
        }
        Some(_) => return Err(refused()),
        None => (text, None),
    };
    Ok(Some(RestartPolicy {
        name: Some(name(condition).ok_or_else(refused)?),
        maximum_retry_count: attempts,
    }))
}

fn name(condition: &str) -> Option<RestartPolicyNameEnum> {
    match condition {
        "no" | "none" | "" => Some(RestartPolicyNameEnum::NO),
        "always" | "any" => Some(RestartPolicyNameEnum::ALWAYS),
        "unless-stopped" => Some(RestartPolicyNameEnum::UNLESS_STOPPED),
        "on-failure" => Some(RestartPolicyNameEnum::ON_FAILURE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::{Deploy, RestartPolicy as Declared, Service};

    fn spec(restart: Option<&str>, condition: Option<(&str, Option<u64>)>) -> ContainerSpec {
        ContainerSpec {
            service: Service {
                restart: restart.map(str::to_owned),
                deploy: condition.map(|(condition, max_attempts)| Deploy {
                    restart_policy: Some(Declared {
                        condition: Some(condition.to_owned()),
                        max_attempts,
                        delay: Some("5s".to_owned()),
                        window: None,
                    }),
                    ..Deploy::default()
                }),
                ..Service::default()
            },
            ..ContainerSpec::default()
        }
    }

    #[test]
    fn both_notations() {
        use RestartPolicyNameEnum as Name;
        for (restart, condition, expected) in [
            (Some("no"), None, (Name::NO, None)),
            (Some("on-failure:3"), None, (Name::ON_FAILURE, Some(3))),
            (Some("unless-stopped"), None, (Name::UNLESS_STOPPED, None)),
            (Some("no"), Some(("any", None)), (Name::ALWAYS, None)),
            (None, Some(("none", None)), (Name::NO, None)),
            (
                None,
                Some(("on-failure", Some(2))),
                (Name::ON_FAILURE, Some(2)),
            ),
            // The engine would refuse a count there.
            (
                None,
                Some(("unless-stopped", Some(3))),
                (Name::UNLESS_STOPPED, None),
            ),
        ] {
            let found = policy(&spec(restart, condition)).unwrap().unwrap();
            assert_eq!(
                (found.name.unwrap(), found.maximum_retry_count),
                expected,
                "{restart:?} {condition:?}"
            );
        }
        assert_eq!(policy(&spec(None, None)).unwrap(), None);
        for text in ["sometimes", "always:3", "on-failure:often"] {
            let error = policy(&spec(Some(text), None)).unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
