//! Containers of the project that another program made, `docker compose` above all:
//! one that is what would be made is taken over as it is.

use super::planner::Setup;
use super::spec;
use crate::engines::{Difference, Engine};
use futures::StreamExt;
use sinops_core::observed::{Container, ContainerStatus, Observed};

/// The engine answers so many at once.
const AT_ONCE: usize = 4;

/// Gives containers that match their service the hash of it, and tells how the others
/// differ. Containers that sinops made cost nothing here.
pub(super) async fn adopt(engine: &dyn Engine, setup: &Setup, observed: &mut Observed) {
    let candidates: Vec<(usize, &Container)> = observed
        .containers
        .iter()
        .enumerate()
        .filter(|(_, container)| {
            container.project.as_ref() == Some(&setup.stack.project)
                && container.config_hash.is_none()
                && container.status != ContainerStatus::Dead
        })
        .collect();
    let found: Vec<(usize, String, Vec<Difference>)> = futures::stream::iter(candidates)
        .map(|(index, container)| async move {
            let service = container.service.as_deref()?;
            let hash = setup.stack.service(service)?.config_hash.clone();
            let spec = spec::container(setup, service, container.number).ok()?;
            match engine.differences(&container.id, &spec).await {
                Ok(differences) => Some((index, hash, differences)),
                Err(error) => {
                    tracing::debug!(container = container.name, "cannot be compared: {error}");
                    None
                }
            }
        })
        .buffered(AT_ONCE)
        .filter_map(|found| async { found })
        .collect()
        .await;
    for (index, hash, differences) in found {
        let Some(container) = observed.containers.get_mut(index) else {
            continue;
        };
        if differences.is_empty() {
            container.config_hash = Some(hash);
        }
        // Values stay unsaid: any of them may be a password.
        for Difference { path, .. } in differences {
            tracing::warn!(
                "{} was made by another program with another {path}",
                container.name
            );
        }
    }
}
