//! What is there, held against what is wanted: the differences that steps decide by.

use super::applied;
use super::contents::Reader;
use super::live::Live;
use super::planner::Planner;
use serde_json::json;
use sinops_compose::Project;
use sinops_core::contents::differences;
use sinops_core::observed::Observed;
use sinops_core::resource;
use sinops_core::stack::Service;
use std::collections::HashMap;

impl Planner {
    /// Notes at each container of the project how it differs from what its service wants.
    pub(super) fn compare(&self, reader: &mut Reader, live: &Live, observed: &mut Observed) {
        let stack = &self.setup().stack;
        let services: HashMap<&str, &Service> = stack
            .services
            .iter()
            .map(|service| (service.name.as_str(), service))
            .collect();
        applied::overlay(&self.state_directory(), observed);
        let images: HashMap<String, String> = observed
            .images
            .iter()
            .map(|image| (image.reference.clone(), image.id.clone()))
            .collect();
        for container in &mut observed.containers {
            if container.project.as_ref() != Some(&stack.project) {
                continue;
            }
            let Some(&service) = container
                .service
                .as_deref()
                .and_then(|name| services.get(name))
            else {
                continue;
            };
            let salt = container.contents.as_ref().map(|it| it.salt.as_str());
            let wanted = reader.of(&self.setup().project, service, salt.unwrap_or_default());
            let image = service.image.as_deref();
            let image = image.and_then(|it| images.get(it)).map(String::as_str);
            container.differences = differences(container, service, &wanted, image);
            let live = live.get(&container.id).into_iter().flatten();
            container.differences.extend(live.cloned());
        }
    }
}

/// Notes at each network and volume of the project how it differs from its declaration.
pub(super) fn resources(project: &Project, observed: &mut Observed) {
    let declared: HashMap<&str, &sinops_compose::Network> = project
        .networks
        .values()
        .filter(|network| !network.external)
        .map(|network| (network.name.as_str(), network))
        .collect();
    for network in &mut observed.networks {
        network.differences = match declared.get(network.name.as_str()) {
            Some(declared) => {
                resource::network(&json!(declared), network.definition.as_ref(), &network.live)
            }
            None => Vec::new(),
        };
    }
    let declared: HashMap<&str, &sinops_compose::Volume> = project
        .volumes
        .values()
        .filter(|volume| !volume.external)
        .map(|volume| (volume.name.as_str(), volume))
        .collect();
    for volume in &mut observed.volumes {
        volume.differences = match declared.get(volume.name.as_str()) {
            Some(declared) => resource::volume(&json!(declared), &volume.live),
            None => Vec::new(),
        };
    }
}
