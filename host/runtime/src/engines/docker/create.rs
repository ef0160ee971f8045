//! Making a container: look up what the body needs, create, attach further
//! networks, copy files in. What fails half-way is taken away again.

use super::super::ContainerSpec;
use super::attach;
use super::body::{self, Lookups, Plan};
use super::compose_hash;
use super::connect::Endpoint;
use super::converse::{self, Call};
use super::files::{self, Content};
use super::hooks::Hooks;
use super::security;
use super::{DockerEngine, Effect, EngineError};
use crate::engines::labels;
use bollard::body_full;
use bollard::models::{
    ContainerCreateBody, ContainerSummary, ContainerSummaryStateEnum, NetworkConnectRequest,
};
use bollard::query_parameters as query;
use serde_json::Value;
use sinops_core::plan::PREVIOUS;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

impl DockerEngine {
    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<Effect, EngineError> {
        let lookups = self.lookups(spec).await?;
        let Plan {
            mut body,
            connect,
            mac_address,
        } = body::plan(spec, &lookups, self.api)?;
        // Here alone: a plan makes bodies of all services to look at them.
        let hash = compose_hash::of(spec, &lookups).map(labels::compose_hash);
        body.labels.get_or_insert_default().extend(hash);
        let mut copies = Vec::new();
        for copy in files::copies(spec)? {
            let bytes = match &copy.content {
                Content::Text(text) => text.clone().into_bytes(),
                Content::File(path) => read(path).await?,
            };
            copies.push((copy, bytes));
        }
        let made = self.make(spec, body, mac_address).await?;
        self.know_hooks(&made, Hooks::of_service(&spec.service));
        if let Err(error) = self.complete(spec, &made, connect, &copies).await {
            if let Err(second) = self.remove(&made).await {
                tracing::warn!(
                    container = spec.name,
                    "half made, and could not be removed: {second}"
                );
            }
            return Err(error);
        }
        Ok(Effect {
            changed: true,
            id: Some(made),
        })
    }

    /// The call itself. Not bollard's, whose body has no word for the container-wide
    /// MAC address of engines before API 1.44.
    async fn make(
        &self,
        spec: &ContainerSpec,
        body: ContainerCreateBody,
        mac_address: Option<String>,
    ) -> Result<String, EngineError> {
        let operation = format!("create container {}", spec.name);
        let wrong = |message: String| EngineError::Other {
            operation: operation.clone(),
            message,
        };
        let mut body = serde_json::to_value(body).map_err(|error| wrong(error.to_string()))?;
        if let (Some(address), Value::Object(fields)) = (mac_address, &mut body) {
            fields.insert("MacAddress".to_owned(), address.into());
        }
        let mut parameters = vec![("name", spec.name.clone())];
        if let Some(platform) = &spec.service.platform {
            parameters.push(("platform", platform.clone()));
        }
        let call = Call {
            method: http::Method::POST,
            operation: operation.clone(),
            path: format!("/containers/create{}", converse::query(&parameters)),
            headers: vec![(http::header::CONTENT_TYPE, "application/json".to_owned())],
            body: converse::whole(body.to_string()),
            silence: self.patience,
        };
        let mut answer = Value::Null;
        self.converse(call, &mut |line| answer = line).await?;
        let warnings = answer.get("Warnings").and_then(Value::as_array);
        for warning in warnings.into_iter().flatten().filter_map(Value::as_str) {
            tracing::warn!(container = spec.name, "{warning}");
        }
        let id = answer.get("Id").and_then(Value::as_str);
        id.map(str::to_owned)
            .ok_or_else(|| wrong("the engine named no container".to_owned()))
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
        // Into a read-only container only volumes can be written, each by itself.
        let mut folders: BTreeMap<&str, Vec<&(files::Copy, Vec<u8>)>> = BTreeMap::new();
        for copy in copies {
            let folder = if spec.service.read_only {
                copy.0.folder()
            } else {
                "/"
            };
            folders.entry(folder).or_default().push(copy);
        }
        let operation = format!("copy secrets and configs into container {}", spec.name);
        for (folder, copies) in folders {
            let archive = files::archive(folder, &copies).map_err(|error| EngineError::Other {
                operation: operation.clone(),
                message: error.to_string(),
            })?;
            let options = query::UploadToContainerOptionsBuilder::default()
                .path(folder)
                // Their owners are kept.
                .copy_uidgid("1")
                .build();
            self.docker
                .upload_to_container(id, Some(options), body_full(archive.into()))
                .await
                .map_err(|error| self.fault(&operation, error))?;
        }
        Ok(())
    }

    pub(super) async fn lookups(&self, spec: &ContainerSpec) -> Result<Lookups, EngineError> {
        let service = &spec.service;
        let mut services = HashMap::new();
        for name in attach::shared_services(service) {
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
                let profile = String::from_utf8_lossy(&bytes);
                seccomp.insert(file.to_owned(), security::compact(&profile));
            }
        }
        Ok(Lookups {
            image_id: Some(self.image_id(&body::image(spec)?).await?),
            socket: self.socket(),
            services,
            seccomp,
        })
    }

    /// In place of what is only there once the run has come so far.
    pub(super) fn stand_ins(&self, spec: &ContainerSpec) -> Lookups {
        let services = attach::shared_services(&spec.service).into_iter();
        Lookups {
            socket: self.socket(),
            services: services.map(|it| (it.to_owned(), it.to_owned())).collect(),
            ..Lookups::default()
        }
    }

    fn socket(&self) -> Option<String> {
        match &self.endpoint {
            Endpoint::Unix(path) => Some(path.to_string_lossy().into_owned()),
            Endpoint::Tcp { .. } => None,
        }
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
        // One that was put aside is about to go.
        let aside = |container: &ContainerSummary| {
            let mut names = container.names.iter().flatten();
            names.any(|name| name.ends_with(PREVIOUS))
        };
        let one_off = |container: &ContainerSummary| {
            let labels = container.labels.as_ref();
            labels
                .and_then(|all| all.get(labels::ONE_OFF))
                .map(String::as_str)
                == Some("True")
        };
        found.retain(|container| !one_off(container));
        found.sort_by_key(|container| {
            (
                aside(container),
                container.state != Some(ContainerSummaryStateEnum::RUNNING),
            )
        });
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
