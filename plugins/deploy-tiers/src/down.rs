//! Takes the stack down: dependents before what they depend on, then the
//! project's networks. Volumes hold data and stay.

use crate::index::{Index, by_dependency};
use crate::{Tiers, orphans};
use sinops_sdk::deploy_step::{Action, Operation, Planning, Proposal};
use sinops_sdk::types::{Container, Service};
use std::collections::{BTreeMap, HashMap};

pub(crate) fn plan(settings: &Tiers, planning: &Planning) -> Proposal {
    let stack = &planning.stack;
    let wanted =
        |service: &Service| planning.only.is_empty() || planning.only.contains(&service.name);
    let mut actions = Vec::new();
    let mut problems = Vec::new();
    let mut gone: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let index = Index::of(planning);
    let mut by_tier: HashMap<&str, Vec<&Service>> = HashMap::new();
    for service in stack.services.iter().filter(|it| wanted(it)) {
        by_tier.entry(&service.tier).or_default().push(service);
    }
    for tier in stack.tiers.iter().rev() {
        let services = by_tier.remove(tier.name.as_str()).unwrap_or_default();
        for service in by_dependency(&services).into_iter().rev() {
            // Whoever depends on it has stopped before.
            let dependents = index.dependents(&service.name).iter();
            let after: Vec<String> = dependents
                .flat_map(|other| gone.get(other.name.as_str()).cloned().unwrap_or_default())
                .collect();
            let mut ids = Vec::new();
            for container in index.containers(&service.name) {
                let from = actions.len();
                let id =
                    orphans::remove(container, "the stack is taken down", &after, &mut actions);
                ids.push(id);
                for action in actions.iter_mut().skip(from) {
                    action.tier = Some(tier.name.clone());
                }
            }
            gone.insert(&service.name, ids);
        }
    }
    if planning.only.is_empty() {
        let orphans = orphans::of(planning, &index);
        orphans::handle(settings, &orphans, &[], &mut actions, &mut problems);
        let staying = if settings.remove_orphans {
            Vec::new()
        } else {
            orphans
        };
        networks(planning, &staying, &mut actions);
    }
    Proposal { actions, problems }
}

/// The project's own networks that nothing uses any more.
fn networks(planning: &Planning, staying: &[&Container], actions: &mut Vec<Action>) {
    let after: Vec<String> = actions.iter().map(|action| action.id.clone()).collect();
    let stack = &planning.stack;
    for network in stack.networks.iter().filter(|network| !network.external) {
        let ours = planning.observed.networks.iter().any(|known| {
            known.name == network.name && known.project.as_deref() == Some(stack.project.as_str())
        });
        let used = staying
            .iter()
            .any(|container| container.addresses.iter().any(|it| it.key == network.name));
        if ours && !used {
            let operation = Operation::RemoveNetwork(network.name.clone());
            let id = format!("remove-network:{}", network.key);
            let action = Action::new(id, operation, "the stack is taken down");
            actions.push(action.after(after.clone()));
        }
    }
}
