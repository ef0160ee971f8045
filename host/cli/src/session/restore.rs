//! A release made ready to be deployed again: its project with today's secrets, and its
//! images by content where a tag means another one now.

use crate::commands::Context;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::project::Loaded;
use sinops_compose::{Project, Service};
use sinops_core::config::stack::image_reference;
use sinops_core::release::{Release, Unrestored};
use sinops_runtime::engines::{Engine, Scope};

/// Puts a release in the place of what the files come to.
pub(crate) fn contents(
    loaded: &mut Loaded,
    release: Release,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let number = release.number;
    let project = {
        let value = |reference: &str| value(reference, loaded, context);
        release
            .project(&value)
            .map_err(|error| unrestored(number, &error))?
    };
    let networks = &mut loaded.config.config.networks;
    networks.retain(|key, _| project.networks.contains_key(key));
    loaded.config.config.tiers.clone_from(&release.tiers);
    loaded.replace(project)?;
    let changed: Vec<&str> = loaded
        .stack
        .services
        .iter()
        .filter(|service| {
            let released = release.services.get(&service.name);
            released.is_some_and(|it| it.config_hash != service.config_hash)
        })
        .map(|service| service.name.as_str())
        .collect();
    if !changed.is_empty() {
        context.warn(vec![
            Problem::warning(format!(
                "values of secrets have changed since release {number}, those of today are used: {}",
                changed.join(", ")
            ))
            .help("a release holds secrets by reference only"),
        ]);
    }
    let now = sinops_runtime::run::files(&loaded.compose.project);
    let other: Vec<String> = release
        .files
        .iter()
        .filter(|(path, digest)| now.get(*path) != Some(*digest))
        .map(|(path, _)| context.surroundings.shown(path))
        .collect();
    if !other.is_empty() {
        context.warn(vec![
            Problem::warning(format!(
                "these files have changed since release {number} and stay as they are: {}",
                other.join(", ")
            ))
            .help("a release holds what they held by digest only: get them from your repository"),
        ]);
    }
    loaded.source = Some(release);
    Ok(())
}

/// Today's value of a secret that a release refers to.
fn value(reference: &str, loaded: &Loaded, context: &Context<'_>) -> Option<String> {
    let variable = |name: &str| {
        let of_files = loaded.compose.environment.get(name).cloned();
        of_files.or_else(|| context.surroundings.environment.get(name).cloned())
    };
    if let Some(name) = reference.strip_prefix("env:") {
        return variable(name);
    }
    let (service, name) = reference.strip_prefix("service:")?.rsplit_once(':')?;
    let declared = loaded.compose.project.services.get(service);
    let declared = declared.and_then(|it| it.environment.get(name).cloned().flatten());
    declared.or_else(|| variable(name))
}

fn unrestored(number: u64, error: &Unrestored) -> Problem {
    let problem = Problem::error(format!("release {number} cannot be deployed: {error}"));
    match error {
        Unrestored::Missing(_) => problem.help(
            "`env:NAME` is a variable of the environment or of .env, `service:WEB:NAME` one of a \
             service in the compose files: set it for this command",
        ),
        Unrestored::Damaged(_) => problem,
    }
}

/// The project with images by content where their tag has moved or is gone.
pub(super) async fn images(
    project: &Project,
    release: &Release,
    engine: &dyn Engine,
) -> Result<Project, Failure> {
    let ids = release
        .services
        .values()
        .filter_map(|it| it.image_id.clone());
    let reference = |name: &str, service: &Service| image_reference(&project.name, name, service);
    let services = project.services.iter();
    let tags = services.filter_map(|(name, service)| reference(name, service));
    let scope = Scope {
        images: ids.chain(tags).collect(),
        ..Scope::default()
    };
    let view = engine
        .observe(&scope)
        .await
        .map_err(|error| crate::problem::convert::engine(&error))?;
    let id = |reference: &str| {
        let mut images = view.images.iter();
        images
            .find(|image| image.reference == reference)
            .map(|image| image.id.as_str())
    };
    let mut pinned = project.clone();
    let mut gone = Vec::new();
    for (name, service) in &mut pinned.services {
        let Some(released) = release.services.get(name) else {
            continue;
        };
        let (Some(image), Some(wanted)) = (reference(name, service), &released.image_id) else {
            continue;
        };
        if id(&image) == Some(wanted) {
            continue;
        }
        let digest = released.digests.first();
        // What it was built from is not what it is now.
        service.build = None;
        service.image = Some(match (id(wanted), digest) {
            (Some(_), _) => wanted.clone(),
            (None, Some(digest)) => digest.clone(),
            (None, None) => {
                gone.push(format!("{name} ({image}, {wanted})"));
                continue;
            }
        });
    }
    if gone.is_empty() {
        return Ok(pinned);
    }
    Err(Problem::error(format!(
        "images of release {} are not on this engine any more, and no registry has them: {}",
        release.number,
        gone.join(", ")
    ))
    .help("nothing was changed; load them with `docker load`, or go back to another release (`sinops history`)")
    .into())
}
