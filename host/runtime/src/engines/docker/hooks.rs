//! `post_start` and `pre_stop`: commands run in the container after its start and
//! before its stop. They travel with the container, in a label, so that whoever
//! starts or stops it later runs what it was made with.
//!
//! A `post_start` that fails fails the start. A `pre_stop` that fails is told and
//! does not keep the container from being stopped: nothing could take it down then.

use super::{DockerEngine, EngineError};
use bollard::exec::CreateExecOptions;
use serde::{Deserialize, Serialize};
use sinops_compose::{Hook, Service};
use std::collections::HashMap;
use std::time::Duration;

const LABEL: &str = "sinops.hooks";
/// Neither a start nor a stop waits longer for one command.
const LIMIT: Duration = Duration::from_secs(600);

/// The hooks of a container.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Hooks {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    post_start: Vec<Hook>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pre_stop: Vec<Hook>,
}

/// The label of a service that has hooks.
pub(super) fn label(service: &Service) -> Option<(String, String)> {
    if service.post_start.is_empty() && service.pre_stop.is_empty() {
        return None;
    }
    let hooks = Hooks {
        post_start: service.post_start.clone(),
        pre_stop: service.pre_stop.clone(),
    };
    let text = serde_json::to_string(&hooks).unwrap_or_default();
    Some((LABEL.to_owned(), text))
}

impl Hooks {
    pub(super) fn of(labels: Option<&HashMap<String, String>>) -> Self {
        let text = labels.and_then(|labels| labels.get(LABEL));
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    pub(super) fn of_service(service: &Service) -> Self {
        Self {
            post_start: service.post_start.clone(),
            pre_stop: service.pre_stop.clone(),
        }
    }
}

impl DockerEngine {
    /// Keeps what a container's label says, so that its start needs no look.
    pub(super) fn know_hooks(&self, id: &str, hooks: Hooks) {
        if let Ok(mut known) = self.hooks.lock() {
            known.insert(id.to_owned(), hooks);
        }
    }

    pub(super) async fn after_start(&self, id: &str) -> Result<(), EngineError> {
        let known = self.hooks.lock().ok().and_then(|all| all.get(id).cloned());
        let hooks = match known {
            Some(hooks) => hooks,
            None => {
                let found = self
                    .docker
                    .inspect_container(
                        id,
                        None::<bollard::query_parameters::InspectContainerOptions>,
                    )
                    .await
                    .map_err(|error| self.fault(&format!("look at container {id}"), error))?;
                let labels = found.config.and_then(|config| config.labels);
                Hooks::of(labels.as_ref())
            }
        };
        for hook in &hooks.post_start {
            self.hook(id, "post_start", hook).await?;
        }
        Ok(())
    }

    pub(super) async fn before_stop(&self, id: &str, hooks: &Hooks) {
        for hook in &hooks.pre_stop {
            if let Err(error) = self.hook(id, "pre_stop", hook).await {
                tracing::warn!("{error}; the container is stopped all the same");
            }
        }
    }

    async fn hook(&self, id: &str, kind: &str, hook: &Hook) -> Result<(), EngineError> {
        let words = hook.command.clone().unwrap_or_default();
        let operation = format!("{kind} `{}` in container {id}", words.join(" "));
        let environment: Vec<String> = hook
            .environment
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)))
            .collect();
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(words),
            user: hook.user.clone(),
            privileged: hook.privileged.then_some(true),
            working_dir: hook.working_dir.clone(),
            env: (!environment.is_empty()).then_some(environment),
            ..CreateExecOptions::default()
        };
        let ended = tokio::time::timeout(LIMIT, self.run_exec(id, options, &operation))
            .await
            .map_err(|_| EngineError::Timeout {
                what: operation.clone(),
                after: LIMIT,
            })??;
        if ended.exit_code == 0 {
            return Ok(());
        }
        Err(EngineError::Other {
            operation,
            message: format!("ended with {}\n{}", ended.exit_code, ended.text.trim()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_travel_in_a_label() {
        let service: Service = serde_json::from_value(serde_json::json!({
            "post_start": [{"command": ["a", "b"], "user": "root", "environment": {"X": "1"}}],
        }))
        .unwrap();
        let labels = label(&service).into_iter().collect();
        let read = Hooks::of(Some(&labels));
        assert_eq!(read.post_start, service.post_start);
        assert!(read.pre_stop.is_empty());
        assert!(label(&Service::default()).is_none());
    }
}
