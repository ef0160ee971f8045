//! Whether the host would execute an action at all.

use crate::action::{Action, Existing, Operation};
use crate::generated::LEDGER;
use crate::observed::{Container, Observed};
use crate::stack::{Service, Stack};
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

/// Suffix of a container that a run keeps until its tier is healthy.
pub const PREVIOUS: &str = ".previous";

/// What actions may name, gathered once.
pub(super) struct Known<'a> {
    stack: &'a Stack,
    observed: &'a Observed,
    tiers: HashSet<&'a str>,
    services: HashMap<&'a str, &'a Service>,
    images: HashSet<&'a str>,
    container_names: HashSet<&'a str>,
    /// By id.
    containers: HashMap<&'a str, &'a Container>,
}

impl<'a> Known<'a> {
    pub(super) fn of(stack: &'a Stack, observed: &'a Observed) -> Self {
        let services = &stack.services;
        let by_name = services.iter().map(|it| (it.name.as_str(), it));
        let names = services.iter().flat_map(|it| &it.container_names);
        let containers = observed.containers.iter();
        Self {
            stack,
            observed,
            tiers: stack.tiers.iter().map(|it| it.name.as_str()).collect(),
            services: by_name.collect(),
            images: services
                .iter()
                .filter_map(|it| it.image.as_deref())
                .collect(),
            container_names: names.map(String::as_str).collect(),
            containers: containers.map(|it| (it.id.as_str(), it)).collect(),
        }
    }

    pub(super) fn permits(&self, action: &Action) -> Result<(), String> {
        if let Some(tier) = &action.tier
            && !self.tiers.contains(tier.as_str())
        {
            return Err(format!("there is no tier `{tier}`"));
        }
        match &action.operation {
            Operation::EnsureNetwork { key } => self.network(key),
            Operation::EnsureVolume { key } => self.volume(key),
            Operation::PullImage { image } if self.images.contains(image.as_str()) => Ok(()),
            Operation::PullImage { image } => Err(format!("no service uses the image `{image}`")),
            Operation::BuildImage { service: name } => {
                let declared = self.service(name)?.definition.get("build");
                if declared.is_none_or(serde_json::Value::is_null) {
                    return Err(format!("`{name}` does not declare how its image is built"));
                }
                Ok(())
            }
            Operation::CreateContainer {
                service: name,
                number,
            }
            | Operation::StartContainer {
                service: name,
                number,
            } => {
                let replicas = self.service(name)?.replicas;
                if *number == 0 || *number > replicas {
                    return Err(format!(
                        "`{name}` has {replicas} replicas, there is no number {number}"
                    ));
                }
                Ok(())
            }
            Operation::RunOneOff { service: name, .. } => self.service(name).map(drop),
            Operation::StartExisting { container }
            | Operation::StopContainer { container, .. }
            | Operation::RemoveContainer { container }
            | Operation::Reload { container, .. } => self.ours(container),
            Operation::RenameContainer { container, name } => {
                self.ours(container)?;
                let wanted = name.strip_suffix(PREVIOUS).unwrap_or(name);
                if !self.container_names.contains(name.as_str())
                    && !self.container_names.contains(wanted)
                {
                    return Err(format!("`{name}` is not a container name of this stack"));
                }
                Ok(())
            }
            Operation::RemoveNetwork { name } => {
                let project = Some(&self.stack.project);
                let mut networks = self.observed.networks.iter();
                if !networks.any(|it| it.name == *name && it.project.as_ref() == project) {
                    return Err(format!(
                        "the network `{name}` does not belong to the project `{}`",
                        self.stack.project
                    ));
                }
                Ok(())
            }
            Operation::WriteFile { path, .. } => relative(path),
            Operation::Gate { services, .. } => services
                .iter()
                .try_for_each(|name| self.service(name).map(drop)),
            Operation::Custom { .. } => Ok(()),
        }
    }

    fn network(&self, key: &str) -> Result<(), String> {
        let network = self.stack.networks.iter().find(|known| known.key == *key);
        let network =
            network.ok_or_else(|| format!("no compose file declares the network `{key}`"))?;
        if network.external && !network.create_external {
            return Err(format!(
                "the network `{}` is external; sinops.yaml does not let us make it (`networks: {{ {key}: {{ create: true }} }}`)",
                network.name
            ));
        }
        Ok(())
    }

    fn volume(&self, key: &str) -> Result<(), String> {
        let volume = self.stack.volumes.iter().find(|known| known.key == *key);
        let volume =
            volume.ok_or_else(|| format!("no compose file declares the volume `{key}`"))?;
        if volume.external {
            return Err(format!(
                "the volume `{}` is external and never made by us",
                volume.name
            ));
        }
        Ok(())
    }

    fn service(&self, name: &str) -> Result<&'a Service, String> {
        let found = self.services.get(name).copied();
        found.ok_or_else(|| format!("there is no service `{name}`"))
    }

    /// A plugin may only touch containers of its own project.
    fn ours(&self, container: &Existing) -> Result<(), String> {
        match self.containers.get(container.id.as_str()) {
            None => Err(format!(
                "there is no container {} ({})",
                container.name, container.id
            )),
            Some(known) if known.project.as_ref() != Some(&self.stack.project) => Err(format!(
                "the container `{}` does not belong to the project `{}`",
                known.name, self.stack.project
            )),
            Some(_) => Ok(()),
        }
    }
}

fn relative(path: &str) -> Result<(), String> {
    let plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain || path.contains('\0') {
        return Err(format!(
            "`{path}` is not a relative path below the output folder"
        ));
    }
    if path == LEDGER {
        return Err(format!("`{path}` is where sinops notes what it wrote"));
    }
    Ok(())
}
