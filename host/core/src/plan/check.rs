//! Whether the host would execute an action at all.

use crate::action::{Action, Existing, Operation};
use crate::observed::Observed;
use crate::stack::Stack;
use std::path::{Component, Path};

/// Suffix of a container that a run keeps until its tier is healthy.
pub const PREVIOUS: &str = ".previous";

pub(super) fn action(stack: &Stack, observed: &Observed, action: &Action) -> Result<(), String> {
    if let Some(tier) = &action.tier
        && !stack.tiers.iter().any(|known| known.name == *tier)
    {
        return Err(format!("there is no tier `{tier}`"));
    }
    match &action.operation {
        Operation::EnsureNetwork { key } => {
            let network = stack
                .networks
                .iter()
                .find(|known| known.key == *key)
                .ok_or_else(|| format!("no compose file declares the network `{key}`"))?;
            if network.external && !network.create_external {
                return Err(format!(
                    "the network `{}` is external; sinops.yaml does not let us make it (`networks: {{ {key}: {{ create: true }} }}`)",
                    network.name
                ));
            }
        }
        Operation::EnsureVolume { key } => {
            let volume = stack
                .volumes
                .iter()
                .find(|known| known.key == *key)
                .ok_or_else(|| format!("no compose file declares the volume `{key}`"))?;
            if volume.external {
                return Err(format!(
                    "the volume `{}` is external and never made by us",
                    volume.name
                ));
            }
        }
        Operation::PullImage { image } => {
            if !stack
                .services
                .iter()
                .any(|service| service.image.as_ref() == Some(image))
            {
                return Err(format!("no service uses the image `{image}`"));
            }
        }
        Operation::BuildImage { service: name } => {
            let declared = service(stack, name)?.definition.get("build");
            if declared.is_none_or(serde_json::Value::is_null) {
                return Err(format!("`{name}` does not declare how its image is built"));
            }
        }
        Operation::CreateContainer {
            service: name,
            number,
        }
        | Operation::StartContainer {
            service: name,
            number,
        } => {
            let replicas = service(stack, name)?.replicas;
            if *number == 0 || *number > replicas {
                return Err(format!(
                    "`{name}` has {replicas} replicas, there is no number {number}"
                ));
            }
        }
        Operation::RunOneOff { service: name, .. } => {
            service(stack, name)?;
        }
        Operation::StartExisting { container }
        | Operation::StopContainer { container, .. }
        | Operation::RemoveContainer { container }
        | Operation::Reload { container, .. } => ours(stack, observed, container)?,
        Operation::RenameContainer { container, name } => {
            ours(stack, observed, container)?;
            let wanted = stack
                .services
                .iter()
                .flat_map(|service| &service.container_names);
            let allowed = wanted
                .into_iter()
                .any(|known| known == name || name.strip_suffix(PREVIOUS) == Some(known));
            if !allowed {
                return Err(format!("`{name}` is not a container name of this stack"));
            }
        }
        Operation::RemoveNetwork { name } => {
            let mine = observed.networks.iter().any(|network| {
                network.name == *name && network.project.as_ref() == Some(&stack.project)
            });
            if !mine {
                return Err(format!(
                    "the network `{name}` does not belong to the project `{}`",
                    stack.project
                ));
            }
        }
        Operation::WriteFile { path, .. } => relative(path)?,
        Operation::Gate { services, .. } => {
            for name in services {
                service(stack, name)?;
            }
        }
        Operation::Custom { .. } => {}
    }
    Ok(())
}

fn service<'a>(stack: &'a Stack, name: &str) -> Result<&'a crate::stack::Service, String> {
    stack
        .service(name)
        .ok_or_else(|| format!("there is no service `{name}`"))
}

/// A plugin may only touch containers of its own project.
fn ours(stack: &Stack, observed: &Observed, container: &Existing) -> Result<(), String> {
    match observed
        .containers
        .iter()
        .find(|known| known.id == container.id)
    {
        None => Err(format!(
            "there is no container {} ({})",
            container.name, container.id
        )),
        Some(known) if known.project.as_ref() != Some(&stack.project) => Err(format!(
            "the container `{}` does not belong to the project `{}`",
            known.name, stack.project
        )),
        Some(_) => Ok(()),
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
    Ok(())
}
