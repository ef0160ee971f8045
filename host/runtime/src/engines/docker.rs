//! Docker Engine 20.10 (API 1.41) and newer, through bollard.
//!
//! Here lives all that knows bollard's types; nothing of them leaves this
//! folder. What a compose attribute means to the engine is in [`body`] and
//! its neighbours, as plain functions; the calls are in the other modules.

mod attach;
mod blkio;
mod body;
mod build;
mod compose_hash;
mod connect;
mod converse;
mod create;
mod credentials;
mod events;
mod fault;
mod files;
mod hooks;
mod images;
mod inspect;
mod lease;
mod limits;
mod machine;
mod matching;
mod mounts;
mod observe;
mod output;
mod ports;
mod reattach;
mod refusals;
mod resources;
mod restart;
mod security;

use super::{
    ContainerSpec, Difference, Effect, Engine, EngineError, EngineOperation, ExecOutput, LeaseBook,
    Scope, State, View,
};
use async_trait::async_trait;
use bollard::Docker;
use bollard::query_parameters as query;
use connect::{Api, Endpoint};
use credentials::Credentials;
use fault::fault;
use futures::stream::BoxStream;
use hooks::Hooks;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// The engine's own, where a container declares none.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// A connection to a Docker Engine.
#[derive(Debug)]
pub struct DockerEngine {
    docker: Docker,
    api: Api,
    version: String,
    endpoint: Endpoint,
    /// Added to what a call may take by its nature, before the engine counts as hung.
    patience: Duration,
    /// The engine lets two networks of one name be made at the same moment.
    making_network: tokio::sync::Mutex<()>,
    /// Ids of images already looked at, so that a create needs no look of its own.
    image_ids: Mutex<HashMap<String, String>>,
    credentials: Credentials,
    /// Of containers that declare none; asked for once.
    habits: OnceLock<machine::Habits>,
    /// Of the containers looked at or made.
    hooks: Mutex<HashMap<String, Hooks>>,
}

#[async_trait]
impl Engine for DockerEngine {
    async fn observe(&self, scope: &Scope) -> Result<View, EngineError> {
        self.look(scope).await
    }

    async fn execute(&self, operation: &EngineOperation) -> Result<Effect, EngineError> {
        match operation {
            EngineOperation::EnsureNetwork(spec) => self.ensure_network(spec).await,
            EngineOperation::EnsureVolume(spec) => self.ensure_volume(spec).await,
            EngineOperation::Pull(spec) => self.pull(spec).await,
            EngineOperation::Build(spec) => self.build(spec).await,
            EngineOperation::Create(spec) => self.create(spec).await,
            EngineOperation::Start(id) => self.start(id).await,
            EngineOperation::Stop { id, grace } => self.stop(id, *grace).await,
            EngineOperation::Rename { id, name } => self.rename(id, name).await,
            EngineOperation::Remove(id) => self.remove(id).await,
            EngineOperation::RemoveNetwork(name) => self.remove_network(name).await,
            EngineOperation::RemoveVolume(name) => self.remove_volume(name).await,
            EngineOperation::Signal { id, signal } => self.signal(id, signal).await,
        }
    }

    async fn inspect(&self, container: &str) -> Result<State, EngineError> {
        let found = self
            .docker
            .inspect_container(container, None::<query::InspectContainerOptions>)
            .await
            .map_err(|error| self.fault(&format!("inspect container {container}"), error))?;
        Ok(inspect::state(&found, self.endpoint.host()))
    }

    async fn exec(
        &self,
        container: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, EngineError> {
        tokio::time::timeout(timeout, self.run_in(container, command))
            .await
            .map_err(|_| EngineError::Timeout {
                what: format!("`{}` in container {container}", command.join(" ")),
                after: timeout,
            })?
    }

    async fn differences(
        &self,
        container: &str,
        spec: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        self.compare(container, spec).await
    }

    fn refuses(&self, spec: &ContainerSpec) -> Option<EngineError> {
        let error = body::plan(spec, &self.stand_ins(spec), self.api).err()?;
        matches!(error, EngineError::Unsupported { .. }).then_some(error)
    }

    async fn manifest(&self, reference: &str) -> Result<(), EngineError> {
        DockerEngine::manifest(self, reference).await
    }

    async fn logs(&self, container: &str, lines: usize) -> Result<Vec<String>, EngineError> {
        self.last_lines(container, lines).await
    }

    fn leases(&self) -> Option<&dyn LeaseBook> {
        Some(self)
    }

    fn happenings(&self, project: &str) -> BoxStream<'static, String> {
        events::of(&self.docker, project)
    }
}

impl DockerEngine {
    /// Registries are asked with what this Docker config holds; it need not be there.
    #[must_use]
    pub fn with_config(mut self, file: PathBuf) -> Self {
        self.credentials = Credentials { file: Some(file) };
        self
    }

    fn fault(&self, operation: &str, error: bollard::errors::Error) -> EngineError {
        fault(&self.endpoint, operation, self.patience, error)
    }

    async fn start(&self, id: &str) -> Result<Effect, EngineError> {
        match self.start_once(id).await {
            Err(EngineError::NotFound { what }) if what.contains("network ") => {
                if !self.reattach(id).await? {
                    return Err(EngineError::NotFound { what });
                }
                self.start_once(id).await?;
            }
            started => started?,
        }
        if let Err(error) = self.after_start(id).await {
            // What is said not to have started does not go on running.
            if let Err(second) = self.stop(id, None).await {
                tracing::warn!("container {id} could not be stopped: {second}");
            }
            return Err(error);
        }
        // The engine answers alike whether it ran already.
        Ok(Effect {
            changed: true,
            id: Some(id.to_owned()),
        })
    }

    async fn start_once(&self, id: &str) -> Result<(), EngineError> {
        self.docker
            .start_container(id, None::<query::StartContainerOptions>)
            .await
            .map_err(|error| self.fault(&format!("start container {id}"), error))
    }

    async fn stop(&self, id: &str, grace: Option<Duration>) -> Result<Effect, EngineError> {
        let operation = format!("stop container {id}");
        let found = self
            .docker
            .inspect_container(id, None::<query::InspectContainerOptions>)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        let unchanged = Effect {
            changed: false,
            id: Some(id.to_owned()),
        };
        let state = found.state.unwrap_or_default();
        if !state.running.unwrap_or_default() && !state.restarting.unwrap_or_default() {
            return Ok(unchanged);
        }
        if state.running.unwrap_or_default() && !state.restarting.unwrap_or_default() {
            let labels = found.config.as_ref().and_then(|it| it.labels.as_ref());
            self.before_stop(id, &Hooks::of(labels)).await;
        }
        let declared = found
            .config
            .and_then(|config| config.stop_timeout)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(DEFAULT_GRACE, Duration::from_secs);
        let wait = grace.unwrap_or(declared);
        let seconds = grace.map(|grace| {
            let whole = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
            i32::try_from(whole).unwrap_or(i32::MAX)
        });
        let patience = wait.saturating_add(self.patience);
        self.docker
            .clone()
            .with_timeout(patience)
            .stop_container(
                id,
                Some(query::StopContainerOptions {
                    signal: None,
                    t: seconds,
                }),
            )
            .await
            .map_err(|error| fault(&self.endpoint, &operation, patience, error))?;
        Ok(Effect {
            changed: true,
            ..unchanged
        })
    }

    async fn rename(&self, id: &str, name: &str) -> Result<Effect, EngineError> {
        let options = query::RenameContainerOptionsBuilder::default()
            .name(name)
            .build();
        self.docker
            .rename_container(id, options)
            .await
            .map_err(|error| self.fault(&format!("rename container {id} to {name}"), error))?;
        Ok(Effect {
            changed: true,
            id: Some(id.to_owned()),
        })
    }

    async fn remove(&self, id: &str) -> Result<Effect, EngineError> {
        match self.stop(id, None).await {
            Ok(_) => {}
            Err(EngineError::NotFound { .. }) => return Ok(Effect::default()),
            Err(error) => return Err(error),
        }
        let options = query::RemoveContainerOptionsBuilder::default()
            .v(true)
            // It may have been started again in between.
            .force(true)
            .build();
        match self
            .docker
            .remove_container(id, Some(options))
            .await
            .map_err(|error| self.fault(&format!("remove container {id}"), error))
        {
            Ok(()) => Ok(Effect {
                changed: true,
                id: None,
            }),
            Err(EngineError::NotFound { .. }) => Ok(Effect::default()),
            Err(EngineError::Conflict { message }) if message.contains("already in progress") => {
                Ok(Effect::default())
            }
            Err(error) => Err(error),
        }
    }

    async fn signal(&self, id: &str, signal: &str) -> Result<Effect, EngineError> {
        let options = query::KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        self.docker
            .kill_container(id, Some(options))
            .await
            .map_err(|error| self.fault(&format!("send {signal} to container {id}"), error))?;
        Ok(Effect {
            changed: true,
            id: Some(id.to_owned()),
        })
    }
}
