//! Which services and resources stay in the project.

use std::collections::{HashMap, HashSet};

use crate::tree::{Fields, Node};

/// Every profile that a service names, in order.
pub(crate) fn profiles(project: &Node) -> Vec<String> {
    let services = project.get("services").and_then(Node::as_map);
    let mut names: Vec<String> = services
        .into_iter()
        .flat_map(Fields::values)
        .filter_map(|service| service.get("profiles")?.as_list())
        .flatten()
        .filter_map(Node::as_text)
        .map(ToOwned::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Takes away services of inactive profiles; returns them.
pub(crate) fn select_profiles(project: &mut Node, active: &[String]) -> Fields {
    let mut inactive = Fields::new();
    let Some(services) = project.get_mut("services").and_then(Node::as_map_mut) else {
        return inactive;
    };
    let is_active = |service: &Node| {
        let profiles = service
            .get("profiles")
            .and_then(Node::as_list)
            .unwrap_or_default();
        // Without any active profile, compose activates the one without a name.
        profiles.is_empty()
            || active.is_empty() && profiles.iter().any(|p| p.as_text() == Some(""))
            || active.iter().any(|wanted| {
                wanted == "*"
                    || profiles
                        .iter()
                        .any(|p| p.as_text() == Some(wanted.as_str()))
            })
    };
    let mut kept = Fields::with_capacity(services.len());
    for (name, service) in services.drain(..) {
        let target = if is_active(&service) {
            &mut kept
        } else {
            &mut inactive
        };
        target.insert(name, service);
    }
    *services = kept;
    inactive
}

/// Takes away the resources that no service uses, as docker compose does.
pub(crate) fn drop_unused(project: &mut Node) {
    let mut used: HashMap<&str, HashSet<String>> = HashMap::new();
    for service in project
        .get("services")
        .and_then(Node::as_map)
        .into_iter()
        .flat_map(Fields::values)
    {
        let names = service.get("networks").and_then(Node::as_map);
        used.entry("networks")
            .or_default()
            .extend(names.into_iter().flat_map(|n| n.keys().cloned()));
        let list = |key: &str| service.get(key).and_then(Node::as_list).unwrap_or_default();
        let source = |item: &Node| {
            item.get("source")
                .and_then(Node::as_text)
                .map(ToOwned::to_owned)
        };
        let volumes = list("volumes")
            .iter()
            .filter(|mount| mount.get("type").and_then(Node::as_text) == Some("volume"));
        used.entry("volumes")
            .or_default()
            .extend(volumes.filter_map(source));
        used.entry("configs")
            .or_default()
            .extend(list("configs").iter().filter_map(source));
        let models = service.get("models").and_then(Node::as_map);
        used.entry("models")
            .or_default()
            .extend(models.into_iter().flat_map(|models| models.keys().cloned()));
        let build = service.get("build").and_then(|build| build.get("secrets"));
        let build = build.and_then(Node::as_list).unwrap_or_default();
        used.entry("secrets")
            .or_default()
            .extend(list("secrets").iter().chain(build).filter_map(source));
    }
    for section in ["networks", "volumes", "secrets", "configs", "models"] {
        let names = used.remove(section).unwrap_or_default();
        if let Some(fields) = project.get_mut(section).and_then(Node::as_map_mut) {
            fields.retain(|name, _| names.contains(name));
        }
    }
}
