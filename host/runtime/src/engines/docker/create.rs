//! Making a container: look up what the body needs, create, attach further
//! networks, copy files in. What fails half-way is taken away again.

use super::super::ContainerSpec;
use super::body::{self, Lookups, Plan};
use super::files::{self, Content};
use super::{DockerEngine, Effect, EngineError};
use crate::engines::labels;
use bollard::body_full;
use bollard::models::NetworkConnectRequest;
use bollard::query_parameters as query;
use std::collections::{HashMap, HashSet};
use std::path::Path;

impl DockerEngine {
    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<Effect, EngineError> {
        let lookups = self.lookups(spec).await?;
        let Plan { body, connect } = body::plan(spec, &lookups, self.api)?;
        let mut copies = Vec::new();
        for copy in files::copies(spec)? {
            let bytes = match &copy.content {
                Content::Text(text) => text.clone().into_bytes(),
                Content::File(path) => read(path).await?,
            };
            copies.push((copy, bytes));
        }
        let options = query::CreateContainerOptionsBuilder::default()
            .name(&spec.name)
            .build();
        let made = self
            .docker
            .create_container(Some(options), body)
            .await
            .map_err(|error| self.fault(&format!("create container {}", spec.name), error))?;
        for warning in &made.warnings {
            tracing::warn!(container = spec.name, "{warning}");
        }
        if let Err(error) = self.complete(spec, &made.id, connect, &copies).await {
            if let Err(second) = self.remove(&made.id).await {
                tracing::warn!(
                    container = spec.name,
                    "half made, and could not be removed: {second}"
                );
            }
            return Err(error);
        }
        Ok(Effect {
            changed: true,
            id: Some(made.id),
        })
    }

    async fn complete(
        &self,
        spec: &ContainerSpec,
        id: &str,
        connect: Vec<(String, bollard::models::EndpointSettings)>,
        copies: &[(files::Copy, Vec<u8>)],
    ) -> Result<(), EngineError> {
        for (network, settings) in connect {
            let request = NetworkConnectRequest {
                container: id.to_owned(),
                endpoint_config: Some(settings),
            };
            self.docker
                .connect_network(&network, request)
                .await
                .map_err(|error| {
                    self.fault(
                        &format!("connect container {} to network {network}", spec.name),
                        error,
                    )
                })?;
        }
        if copies.is_empty() {
            return Ok(());
        }
        let operation = format!("copy secrets and configs into container {}", spec.name);
        let archive = files::archive(copies).map_err(|error| EngineError::Other {
            operation: operation.clone(),
            message: error.to_string(),
        })?;
        let options = query::UploadToContainerOptionsBuilder::default()
            .path("/")
            // Their owners are kept.
            .copy_uidgid("1")
            .build();
        self.docker
            .upload_to_container(id, Some(options), body_full(archive.into()))
            .await
            .map_err(|error| self.fault(&operation, error))
    }

    async fn lookups(&self, spec: &ContainerSpec) -> Result<Lookups, EngineError> {
        let service = &spec.service;
        let named: HashSet<&str> = [service.network_mode.as_deref(), service.pid.as_deref()]
            .into_iter()
            .flatten()
            .filter_map(|mode| mode.strip_prefix("service:"))
            .collect();
        let mut services = HashMap::new();
        for name in named {
            if let Some(id) = self.container_of(&spec.project, name).await? {
                services.insert(name.to_owned(), id);
            }
        }
        let mut seccomp = HashMap::new();
        for option in &service.security_opt {
            let file = option
                .strip_prefix("seccomp=")
                .or_else(|| option.strip_prefix("seccomp:"))
                .filter(|file| *file != "unconfined" && !file.trim_start().starts_with('{'));
            if let Some(file) = file {
                let path = Path::new(&spec.project_directory).join(file);
                let bytes = read(&path.to_string_lossy()).await?;
                seccomp.insert(
                    file.to_owned(),
                    String::from_utf8_lossy(&bytes).into_owned(),
                );
            }
        }
        Ok(Lookups {
            image_id: Some(self.image_id(&body::image(spec)?).await?),
            services,
            seccomp,
        })
    }

    /// The first container of a service, running ones before others.
    async fn container_of(
        &self,
        project: &str,
        service: &str,
    ) -> Result<Option<String>, EngineError> {
        let filters = HashMap::from([(
            "label".to_owned(),
            vec![
                format!("{}={project}", labels::PROJECT),
                format!("{}={service}", labels::SERVICE),
            ],
        )]);
        let options = query::ListContainersOptions {
            all: true,
            filters: Some(filters),
            ..query::ListContainersOptions::default()
        };
        let mut found = self
            .docker
            .list_containers(Some(options))
            .await
            .map_err(|error| {
                self.fault(&format!("find a container of service {service}"), error)
            })?;
        let running = bollard::models::ContainerSummaryStateEnum::RUNNING;
        found.sort_by_key(|container| container.state != Some(running));
        Ok(found.into_iter().find_map(|container| container.id))
    }
}

async fn read(path: &str) -> Result<Vec<u8>, EngineError> {
    tokio::fs::read(path)
        .await
        .map_err(|error| EngineError::Other {
            operation: format!("read {path}"),
            message: error.to_string(),
        })
}
