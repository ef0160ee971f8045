//! sinops:host/containers: the stack's own containers, seen through whoever
//! runs the call.

use super::bindings::sinops::host::containers::{Error, Host, Output, State};
use super::guest::Guest;
use crate::engines;
use async_trait::async_trait;
use sinops_core::grants::Capability;
use sinops_core::observed::Health;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a command's output that a guest gets.
const OUTPUT: usize = 4096;

/// Access to the containers of one stack; others are `NotFound`.
#[async_trait]
pub trait ContainerAccess: Send + Sync + fmt::Debug {
    /// State of a container, by id.
    async fn inspect(&self, container: &str) -> Result<engines::State, ContainerError>;

    /// Runs the health check that the service declares, with its own timeout.
    async fn health_check(&self, container: &str) -> Result<engines::ExecOutput, ContainerError>;

    /// Runs a command.
    async fn exec(
        &self,
        container: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<engines::ExecOutput, ContainerError>;
}

/// Why it could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// Not of this stack.
    #[error("no container `{0}` in this stack")]
    NotFound(String),
    /// Refused by whoever gives access.
    #[error("{0}")]
    Denied(String),
    /// The service declares no health check.
    #[error("the service declares no health check")]
    NoCheck,
    /// It took longer than allowed.
    #[error("it took longer than allowed")]
    Timeout,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl From<ContainerError> for Error {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::NotFound(_) => Self::NotFound(error.to_string()),
            ContainerError::Denied(text) => Self::Denied(text),
            ContainerError::NoCheck => Self::NoCheck,
            ContainerError::Timeout => Self::Timeout,
            ContainerError::Other(text) => Self::Other(text),
        }
    }
}

impl Guest {
    fn access(
        &self,
        granted: bool,
        key: &str,
        ask: &Capability,
    ) -> Result<Arc<dyn ContainerAccess>, Error> {
        if let Some(reason) = self.call.refuse_if_pure("containers") {
            return Err(Error::Denied(reason));
        }
        if !granted {
            let plugin = &self.call.plugin;
            let reason = if self.call.asks.contains(ask) {
                format!(
                    "`{key}` is not granted; add `{key}: true` to `grants:` of plugin `{plugin}` in sinops.yaml"
                )
            } else {
                format!(
                    "`{key}` is not granted: plugin `{plugin}` does not ask for it in its description"
                )
            };
            return Err(Error::Denied(self.call.deny(reason)));
        }
        self.containers
            .clone()
            .ok_or_else(|| Error::Other("there is no engine in this run".into()))
    }

    fn output(&self, output: &engines::ExecOutput) -> Output {
        let text = self.call.secrets.redact(&output.text);
        let mut start = text.len().saturating_sub(OUTPUT);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        Output {
            exit_code: output.exit_code,
            text: text.get(start..).unwrap_or_default().to_owned(),
        }
    }
}

impl Host for Guest {
    async fn inspect(&mut self, container: String) -> wasmtime::Result<Result<State, Error>> {
        let access = match self.access(
            self.call.grants.containers,
            "containers",
            &Capability::Containers,
        ) {
            Ok(access) => access,
            Err(error) => return Ok(Err(error)),
        };
        Ok(access
            .inspect(&container)
            .await
            .map(|state| State {
                running: state.running,
                health: match state.health {
                    Health::None => "none",
                    Health::Starting => "starting",
                    Health::Healthy => "healthy",
                    Health::Unhealthy => "unhealthy",
                }
                .to_owned(),
                health_output: self.call.secrets.redact(&state.health_output),
                restarts: state.restarts,
                exit_code: state.exit_code,
            })
            .map_err(Into::into))
    }

    async fn health_check(&mut self, container: String) -> wasmtime::Result<Result<Output, Error>> {
        let access = match self.access(
            self.call.grants.health_check,
            "health-check",
            &Capability::HealthCheck,
        ) {
            Ok(access) => access,
            Err(error) => return Ok(Err(error)),
        };
        let result = access.health_check(&container).await;
        Ok(result
            .map(|output| self.output(&output))
            .map_err(Into::into))
    }

    async fn exec(
        &mut self,
        container: String,
        command: Vec<String>,
        timeout_ms: u64,
    ) -> wasmtime::Result<Result<Output, Error>> {
        let access = match self.access(self.call.grants.exec, "exec", &Capability::Exec) {
            Ok(access) => access,
            Err(error) => return Ok(Err(error)),
        };
        let timeout = Duration::from_millis(timeout_ms).min(self.call.limits.wall);
        let result = access.exec(&container, &command, timeout).await;
        Ok(result
            .map(|output| self.output(&output))
            .map_err(Into::into))
    }
}
