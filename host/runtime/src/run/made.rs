//! The containers that a run made, and those that it has yet to make.

use sinops_core::action::Operation;
use sinops_core::plan::Plan;
use std::collections::{BTreeSet, HashMap};

/// A container that this run made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) id: String,
    pub(super) name: String,
}

/// Containers that this run made, by service and number.
#[derive(Debug, Default)]
pub(super) struct MadeContainers {
    made: HashMap<(String, u32), Made>,
    /// That the plan still has to make.
    awaited: BTreeSet<(String, u32)>,
}

impl MadeContainers {
    pub(super) fn insert(&mut self, service: &str, number: u32, made: Made) {
        let key = (service.to_owned(), number);
        self.awaited.remove(&key);
        self.made.insert(key, made);
    }

    pub(super) fn get(&self, service: &str, number: u32) -> Option<Made> {
        self.made.get(&(service.to_owned(), number)).cloned()
    }

    pub(super) fn has(&self, container: &str) -> bool {
        self.made.values().any(|made| made.id == container)
    }

    pub(super) fn await_all(&mut self, plan: &Plan) {
        let creates = plan
            .actions
            .iter()
            .filter_map(|planned| match &planned.action.operation {
                Operation::CreateContainer { service, number } => Some((service.clone(), *number)),
                _ => None,
            });
        self.awaited = creates.collect();
    }

    /// Whether the plan has yet to make the container of a replica.
    pub(super) fn is_awaited(&self, service: &str, number: u32) -> bool {
        self.awaited.contains(&(service.to_owned(), number))
    }
}
