//! The view of containers that collectors get: those of the stack and no others.

use crate::engines::{Engine, EngineError, ExecOutput, State};
use crate::plugins::{ContainerAccess, ContainerError};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Where neither compose nor the image says: Docker's own default.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(30);

/// Access to a set of containers.
#[derive(Debug)]
pub(super) struct StackContainers {
    engine: Arc<dyn Engine>,
    ids: HashSet<String>,
}

impl StackContainers {
    pub(super) fn new(engine: Arc<dyn Engine>, ids: impl IntoIterator<Item = String>) -> Self {
        Self {
            engine,
            ids: ids.into_iter().collect(),
        }
    }

    fn check(&self, id: &str) -> Result<(), ContainerError> {
        if self.ids.contains(id) {
            Ok(())
        } else {
            Err(ContainerError::NotFound(id.to_owned()))
        }
    }
}

fn convert(error: EngineError) -> ContainerError {
    match error {
        EngineError::NotFound { what } => ContainerError::NotFound(what),
        EngineError::Timeout { .. } => ContainerError::Timeout,
        other => ContainerError::Other(other.to_string()),
    }
}

/// The words to run for a health test, none if there is no test.
pub(super) fn health_command(test: &[String]) -> Option<Vec<String>> {
    match test {
        [kind, words @ ..] if kind == "CMD" && !words.is_empty() => Some(words.to_vec()),
        [kind, line] if kind == "CMD-SHELL" => {
            Some(vec!["/bin/sh".into(), "-c".into(), line.clone()])
        }
        _ => None,
    }
}

#[async_trait]
impl ContainerAccess for StackContainers {
    async fn inspect(&self, container: &str) -> Result<State, ContainerError> {
        self.check(container)?;
        self.engine.inspect(container).await.map_err(convert)
    }

    async fn health_check(&self, container: &str) -> Result<ExecOutput, ContainerError> {
        self.check(container)?;
        let state = self.engine.inspect(container).await.map_err(convert)?;
        let command = health_command(&state.health_test).ok_or(ContainerError::NoCheck)?;
        let timeout = state.health_timeout.unwrap_or(HEALTH_TIMEOUT);
        self.engine
            .exec(container, &command, timeout)
            .await
            .map_err(convert)
    }

    async fn exec(
        &self,
        container: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, ContainerError> {
        self.check(container)?;
        self.engine
            .exec(container, command, timeout)
            .await
            .map_err(convert)
    }
}
