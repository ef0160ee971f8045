//! Restart policies in the engine's terms, which are fewer than compose's.

use super::super::ContainerSpec;
use super::super::restart::{Condition, Restart};
use super::EngineError;
use bollard::models::{RestartPolicy, RestartPolicyNameEnum};

pub(super) fn policy(spec: &ContainerSpec) -> Result<Option<RestartPolicy>, EngineError> {
    let Some(declared) = Restart::declared(spec, "docker")? else {
        return Ok(None);
    };
    let service = &spec.service_name;
    // Warned of and not refused: every stack written with Swarm in mind has them.
    if declared.delay.is_some() || declared.window.is_some() {
        tracing::warn!(
            service,
            "deploy.restart_policy.delay and .window have no effect: the engine sets its own pauses between restarts"
        );
    }
    let name = match declared.condition {
        Condition::Never => RestartPolicyNameEnum::NO,
        Condition::OnFailure => RestartPolicyNameEnum::ON_FAILURE,
        Condition::Always => RestartPolicyNameEnum::ALWAYS,
        Condition::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
    };
    let counted = name == RestartPolicyNameEnum::ON_FAILURE;
    if declared.attempts.is_some() && !counted {
        tracing::warn!(
            service,
            "deploy.restart_policy.max_attempts has no effect with condition {name}: the engine counts with on-failure only"
        );
    }
    Ok(Some(RestartPolicy {
        name: Some(name),
        maximum_retry_count: declared
            .attempts
            .filter(|_| counted)
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::{Deploy, RestartPolicy as Declared, Service};

    #[test]
    fn a_count_is_sent_only_where_the_engine_takes_it() {
        use RestartPolicyNameEnum as Name;
        for (condition, expected) in [
            ("none", (Name::NO, None)),
            ("any", (Name::ALWAYS, None)),
            ("unless-stopped", (Name::UNLESS_STOPPED, None)),
            ("on-failure", (Name::ON_FAILURE, Some(3))),
        ] {
            let spec = ContainerSpec {
                service: Service {
                    deploy: Some(Deploy {
                        restart_policy: Some(Declared {
                            condition: Some(condition.to_owned()),
                            max_attempts: Some(3),
                            ..Declared::default()
                        }),
                        ..Deploy::default()
                    }),
                    ..Service::default()
                },
                ..ContainerSpec::default()
            };
            let found = policy(&spec).unwrap().unwrap();
            assert_eq!((found.name.unwrap(), found.maximum_retry_count), expected);
        }
    }
}
