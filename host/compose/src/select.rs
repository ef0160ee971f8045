//! A part of a project: some services, and what they need.

use std::collections::HashSet;

use crate::model::{Map, Project};

/// A service was asked for that the project does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no service `{0}`")]
pub struct NoSuchService(pub String);

/// Leaves the services of `names` in `project`, the ones that they depend on, and the
/// networks, volumes, secrets, configs and models that these use.
///
/// # Errors
/// When the project lacks one of them.
pub fn select_services(project: &mut Project, names: &[String]) -> Result<(), NoSuchService> {
    let mut wanted: Vec<String> = names.to_vec();
    let mut kept: HashSet<String> = HashSet::new();
    while let Some(name) = wanted.pop() {
        let service = project
            .services
            .get(&name)
            .ok_or_else(|| NoSuchService(name.clone()))?;
        if !kept.insert(name) {
            continue;
        }
        let needed = service.depends_on.iter().filter(|(other, dependency)| {
            dependency.required || project.services.contains_key(*other)
        });
        wanted.extend(needed.map(|(other, _)| other.clone()));
    }
    project.services.retain(|name, _| kept.contains(name));
    for service in project.services.values_mut() {
        service.depends_on.retain(|name, _| kept.contains(name));
    }
    drop_unused(project);
    Ok(())
}

fn drop_unused(project: &mut Project) {
    let services = project.services.values();
    let networks = services.clone().flat_map(|it| it.networks.keys());
    let volumes = services.clone().flat_map(|it| {
        let mounts = it.volumes.iter().filter(|mount| mount.kind == "volume");
        mounts.filter_map(|mount| mount.source.as_ref())
    });
    let configs = services
        .clone()
        .flat_map(|it| it.configs.iter().map(|config| &config.source));
    let secrets = services.clone().flat_map(|it| {
        let build = it.build.iter().flat_map(|build| &build.secrets);
        it.secrets.iter().chain(build).map(|secret| &secret.source)
    });
    let models = services.flat_map(|it| it.models.keys());
    let names = [
        networks.cloned().collect(),
        volumes.cloned().collect(),
        configs.cloned().collect(),
        secrets.cloned().collect(),
        models.cloned().collect(),
    ];
    let [networks, volumes, configs, secrets, models] = names;
    retain(&mut project.networks, &networks);
    retain(&mut project.volumes, &volumes);
    retain(&mut project.configs, &configs);
    retain(&mut project.secrets, &secrets);
    retain(&mut project.models, &models);
}

fn retain<V>(section: &mut Map<V>, names: &HashSet<String>) {
    section.retain(|name, _| names.contains(name));
}
