//! What is looked up again and again, gathered once: planning stays linear.

use sinops_sdk::deploy_step::{Operation, Planning};
use sinops_sdk::types::{Condition, Container, Service};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct Index<'a> {
    services: HashMap<&'a str, &'a Service>,
    /// Of the project, by service.
    containers: HashMap<&'a str, Vec<&'a Container>>,
    /// Who depends on a service.
    dependents: HashMap<&'a str, Vec<&'a Service>>,
    /// Services that others wait for until they have ended.
    complete: HashSet<&'a str>,
    /// Containers that an earlier step reloads or starts again, by id.
    renewed_before: HashSet<&'a str>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(planning: &'a Planning) -> Self {
        let stack = &planning.stack;
        let mut index = Self::default();
        for service in &stack.services {
            index.services.insert(&service.name, service);
            for dependency in &service.depends_on {
                let dependents = index.dependents.entry(&dependency.service).or_default();
                dependents.push(service);
                if dependency.condition == Condition::Completed {
                    index.complete.insert(&dependency.service);
                }
            }
        }
        for container in &planning.observed.containers {
            if let (Some(project), Some(service)) = (&container.project, &container.service)
                && *project == stack.project
            {
                index.containers.entry(service).or_default().push(container);
            }
        }
        for action in &planning.proposed {
            match &action.operation {
                Operation::Reload(it) => index.renewed_before.insert(&it.container.id),
                Operation::StartExisting(it) => index.renewed_before.insert(&it.id),
                _ => continue,
            };
        }
        index
    }

    pub(crate) fn service(&self, name: &str) -> Option<&'a Service> {
        self.services.get(name).copied()
    }

    /// All containers of a service, leftovers of interrupted runs too.
    pub(crate) fn containers(&self, service: &str) -> &[&'a Container] {
        self.containers.get(service).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn dependents(&self, service: &str) -> &[&'a Service] {
        self.dependents.get(service).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn completes(&self, service: &str) -> bool {
        self.complete.contains(service)
    }

    pub(crate) fn is_renewed_before(&self, container: &str) -> bool {
        self.renewed_before.contains(container)
    }
}

/// Dependencies first, otherwise in the order of the files. A cycle, which the
/// host refuses before it asks, keeps its order.
pub(crate) fn by_dependency<'a>(services: &[&'a Service]) -> Vec<&'a Service> {
    let position: HashMap<&str, usize> = services
        .iter()
        .enumerate()
        .map(|(index, service)| (service.name.as_str(), index))
        .collect();
    let mut waits = vec![0_usize; services.len()];
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); services.len()];
    for (index, service) in services.iter().enumerate() {
        for dependency in &service.depends_on {
            if let Some(&other) = position.get(dependency.service.as_str())
                && let (Some(count), Some(list)) = (waits.get_mut(index), dependents.get_mut(other))
            {
                *count += 1;
                list.push(index);
            }
        }
    }
    let free = |waits: &[usize], index: usize| waits.get(index) == Some(&0);
    let mut ready: Vec<usize> = (0..services.len()).filter(|&it| free(&waits, it)).collect();
    let mut sorted = Vec::with_capacity(services.len());
    while !ready.is_empty() {
        let mut next = Vec::new();
        for index in ready {
            sorted.push(index);
            for &dependent in dependents.get(index).into_iter().flatten() {
                if let Some(count) = waits.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(dependent);
                    }
                }
            }
        }
        next.sort_unstable();
        ready = next;
    }
    let placed: HashSet<usize> = sorted.iter().copied().collect();
    sorted.extend((0..services.len()).filter(|index| !placed.contains(index)));
    sorted
        .into_iter()
        .filter_map(|index| services.get(index).copied())
        .collect()
}
