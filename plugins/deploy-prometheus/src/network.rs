//! How one service reaches another.
//!
//! By its name on a network that both share, at the port inside the container;
//! on the process engine everything is on localhost.

use sinops_sdk::types::{Service, Stack};

/// Names under which a service reaches each replica of another.
pub(crate) fn hosts(stack: &Stack, from: &Service, to: &Service) -> Vec<String> {
    if stack.engine == "process" || to.name == from.name {
        vec!["localhost".to_owned()]
    } else if to.replicas > 1 {
        to.container_names.clone()
    } else {
        vec![to.name.clone()]
    }
}

/// Whether it can at all.
pub(crate) fn reaches(stack: &Stack, from: &Service, to: &Service) -> bool {
    stack.engine == "process"
        || to.name == from.name
        || to
            .networks
            .iter()
            .any(|network| from.networks.contains(network))
}
