//! From the stack to what the engine needs to fetch or build an image.

use super::planner::Setup;
use crate::engines::{BuildSpec, ProgressSink, PullSpec};
use sinops_core::config::stack::image_reference;

pub(super) fn pull(setup: &Setup, image: &str, progress: &ProgressSink) -> PullSpec {
    let mut services = setup.project.services.values();
    PullSpec {
        reference: image.to_owned(),
        platform: services
            .find(|service| service.image.as_deref() == Some(image))
            .and_then(|service| service.platform.clone()),
        progress: progress.clone(),
    }
}

pub(super) fn build(
    setup: &Setup,
    name: &str,
    progress: &ProgressSink,
) -> Result<BuildSpec, String> {
    let project = &setup.project;
    let service = project.services.get(name);
    let service = service.ok_or_else(|| format!("there is no service `{name}`"))?;
    let build = service.build.clone();
    Ok(BuildSpec {
        project: project.name.clone(),
        service_name: name.to_owned(),
        reference: image_reference(&project.name, name, service).unwrap_or_default(),
        project_directory: setup.stack.project_directory.clone(),
        platform: service.platform.clone(),
        build: build.ok_or_else(|| format!("`{name}` does not declare how its image is built"))?,
        progress: progress.clone(),
    })
}
