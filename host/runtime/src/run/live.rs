//! Containers as the engine says they are, field by field: those that another program
//! made, `docker compose` above all, and for drift those of sinops as well.

use super::planner::{LookOnly, Setup};
use super::secrecy::Known;
use super::spec;
use crate::engines::Difference;
use futures::StreamExt;
use sinops_core::change::{Change, Subject};
use sinops_core::observed::{Container, ContainerStatus, Observed};
use std::collections::HashMap;

/// The engine answers so many at once.
const AT_ONCE: usize = 4;

/// How containers differ from what would be made, by id; secrets hidden.
pub(super) type Live = HashMap<String, Vec<Change>>;

/// Compares. A container of another program that matches its service gets the hash of it:
/// it is taken over as it is. Containers that sinops made cost nothing here, unless they
/// are to be looked at `closely`.
pub(super) async fn look(
    engine: &LookOnly,
    setup: &Setup,
    closely: bool,
    observed: &mut Observed,
) -> Live {
    let candidates: Vec<(usize, &Container)> = observed
        .containers
        .iter()
        .enumerate()
        .filter(|(_, container)| {
            container.project.as_ref() == Some(&setup.stack.project)
                && (closely || container.config_hash.is_none())
                && container.status != ContainerStatus::Dead
        })
        .collect();
    if candidates.is_empty() {
        return Live::new();
    }
    let found: Vec<(usize, String, Vec<Difference>)> = futures::stream::iter(candidates)
        .map(|(index, container)| async move {
            let service = container.service.as_deref()?;
            let hash = setup.stack.service(service)?.config_hash.clone();
            // Of another definition: what it was made from tells how it differs.
            if container
                .config_hash
                .as_ref()
                .is_some_and(|own| *own != hash)
            {
                return None;
            }
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
    let known = Known::of(setup);
    let mut live = Live::new();
    for (index, hash, mut differences) in found {
        let Some(container) = observed.containers.get_mut(index) else {
            continue;
        };
        if container.config_hash.is_some() {
            // Its labels tell of what cannot be read back, and of its image.
            differences.retain(|it| !it.unknown && !it.path.starts_with("image"));
        } else if differences.is_empty() {
            container.config_hash = Some(hash);
        }
        let changes = differences.into_iter().map(|it| shown(&known, it));
        live.insert(container.id.clone(), changes.collect());
    }
    live
}

/// Any value may be a password.
fn shown(known: &Known, difference: Difference) -> Change {
    let Difference { path, old, new, .. } = difference;
    let hidden = |text: Option<String>| text.map(|text| known.conceal(&path, &text));
    let (old, new) = (hidden(old), hidden(new));
    Change::new(Subject::Field, path, old, new)
}
