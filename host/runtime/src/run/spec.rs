//! From the stack to what the engine needs to make a container.

use super::planner::Setup;
use crate::engines::ContainerSpec;
use sinops_core::stack::Service;

pub(super) fn container(setup: &Setup, name: &str, number: u32) -> Result<ContainerSpec, String> {
    let planned = setup.stack.service(name).ok_or_else(|| unknown(name))?;
    of(setup, planned, number)
}

fn unknown(name: &str) -> String {
    format!("there is no service `{name}`")
}

/// The same of a service that has been found.
pub(super) fn of(setup: &Setup, planned: &Service, number: u32) -> Result<ContainerSpec, String> {
    let name = planned.name.as_str();
    let service = setup.project.services.get(name);
    let service = service.ok_or_else(|| unknown(name))?;
    let index = usize::try_from(number).unwrap_or(0).saturating_sub(1);
    let container = planned.container_names.get(index);
    Ok(ContainerSpec {
        project: setup.stack.project.clone(),
        project_directory: setup.stack.project_directory.clone(),
        config_files: setup
            .config_files
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        service_name: name.to_owned(),
        number,
        name: container
            .ok_or_else(|| format!("`{name}` has no replica {number}"))?
            .clone(),
        config_hash: planned.config_hash.clone(),
        definition: planned.made_from.clone(),
        contents: sinops_core::contents::Contents::default(),
        one_off: false,
        service: service.clone(),
        siblings: service
            .links
            .iter()
            .map(|link| link.split(':').next().unwrap_or(link))
            .filter_map(|other| setup.stack.service(other))
            .map(|other| (other.name.clone(), other.container_names.clone()))
            .collect(),
        networks: setup.project.networks.clone(),
        volumes: setup.project.volumes.clone(),
        secrets: setup.project.secrets.clone(),
        configs: setup.project.configs.clone(),
    })
}
