//! The view of containers that collectors get: those of the stack and no others.

use crate::engines::{Engine, EngineError, ExecOutput, State};
use crate::plugins::{ContainerAccess, ContainerError};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Where neither compose nor the image says: Docker's own default.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(30);

/// Access to a set of containers for one call of a collector.
#[derive(Debug)]
pub(super) struct StackContainers {
    engine: Arc<dyn Engine>,
    /// What the caller saw of each just before; asking the engine again would
    /// cost as much as the check itself. None: it could not be seen.
    seen: HashMap<String, Option<State>>,
}

impl StackContainers {
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        seen: impl IntoIterator<Item = (String, Option<State>)>,
    ) -> Self {
        Self {
            engine,
            seen: seen.into_iter().collect(),
        }
    }

    fn find(&self, id: &str) -> Result<&Option<State>, ContainerError> {
        let found = self.seen.get(id);
        found.ok_or_else(|| ContainerError::NotFound(id.to_owned()))
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
        match self.find(container)? {
            Some(state) => Ok(state.clone()),
            // For the engine's own words on why.
            None => self.engine.inspect(container).await.map_err(convert),
        }
    }

    async fn health_check(&self, container: &str) -> Result<ExecOutput, ContainerError> {
        let state = self.inspect(container).await?;
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
        self.find(container)?;
        self.engine
            .exec(container, command, timeout)
            .await
            .map_err(convert)
    }
}
