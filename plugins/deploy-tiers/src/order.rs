//! Whether a new container may start while the old one still serves.
//!
//! Start-first where nothing that only one of the two can have is in the way: a host
//! port, a static address, the container's name, data that both would write. Otherwise
//! stop-first. `update.order` of the service decides where both are possible.

use serde_json::Value;
use sinops_sdk::deploy_step::Planning;
use sinops_sdk::types::{Container, PortUse, Service};
use std::collections::{BTreeMap, HashMap};

/// In which order a container gives way to its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// The new one starts and passes its gate while the old one serves.
    StartFirst,
    /// The old one stops first, for this reason.
    StopFirst(String),
}

/// What the services of a stack want that no two containers can have.
#[derive(Debug, Default)]
pub(crate) struct Exclusive<'a> {
    definitions: BTreeMap<&'a str, Value>,
    /// Host port and protocol, with the service that wants it.
    ports: BTreeMap<(u16, String), &'a str>,
    /// Address, with the service that wants it.
    addresses: BTreeMap<String, &'a str>,
    /// By name.
    containers: HashMap<&'a str, &'a Container>,
    /// By the name of the container that has them.
    held: HashMap<&'a str, Vec<&'a PortUse>>,
    local_processes: bool,
}

impl<'a> Exclusive<'a> {
    pub(crate) fn of(planning: &'a Planning) -> Self {
        let mut all = Self {
            local_processes: planning.stack.engine == "process",
            ..Self::default()
        };
        for container in &planning.observed.containers {
            all.containers.insert(&container.name, container);
        }
        for used in &planning.observed.ports {
            if let Some(container) = &used.container {
                all.held.entry(container).or_default().push(used);
            }
        }
        for service in &planning.stack.services {
            let definition = service.compose();
            for port in items(&definition, "ports") {
                if let Published::One(number) = published(port) {
                    let key = (number, protocol(port).to_owned());
                    all.ports.insert(key, &service.name);
                }
            }
            for (_, address) in addresses(&definition) {
                all.addresses.insert(address.to_owned(), &service.name);
            }
            all.definitions.insert(&service.name, definition);
        }
        all
    }

    /// The order for a service whose container `old` is to be replaced.
    pub(crate) fn order(&self, service: &Service, old: &str) -> Order {
        let wanted = self
            .definitions
            .get(service.name.as_str())
            .and_then(declared_order);
        if wanted == Some("stop-first") {
            return Order::StopFirst("its `order` says so".to_owned());
        }
        let impossible = self.impossible(service, old);
        let unwise = || {
            (wanted != Some("start-first"))
                .then(|| self.unwise(service))
                .flatten()
        };
        match impossible.or_else(unwise) {
            Some(why) => Order::StopFirst(why),
            None => Order::StartFirst,
        }
    }

    /// What would make the start of the new one fail.
    fn impossible(&self, service: &Service, old: &str) -> Option<String> {
        if self.local_processes {
            return Some("local processes share the ports of the machine".to_owned());
        }
        let definition = self.definitions.get(service.name.as_str())?;
        match text(definition, "network_mode") {
            Some("host") => return Some("it uses the network of the host".to_owned()),
            Some(mode) if mode.starts_with("service:") || mode.starts_with("container:") => {
                return Some("it shares the network of another container".to_owned());
            }
            _ => {}
        }
        for port in items(definition, "ports") {
            match published(port) {
                Published::One(number) => {
                    return Some(format!("it publishes the host port {number}"));
                }
                Published::Range(from, to) => {
                    let holds = u32::from(to.saturating_sub(from)) + 1;
                    if holds < service.replicas.saturating_mul(2) {
                        return Some(format!(
                            "its host ports {from}-{to} are too few for old and new"
                        ));
                    }
                }
                Published::Any => {}
            }
        }
        if let Some((network, address)) = addresses(definition).next() {
            return Some(format!("it has the static address {address} in {network}"));
        }
        // What the old one holds may be what another service is to get.
        let mut held = self.held.get(old).into_iter().flatten();
        let port = held.find_map(|used| {
            let wants = self.ports.get(&(used.port, used.protocol.clone()))?;
            Some(format!("`{wants}` gets its host port {}", used.port))
        });
        port.or_else(|| {
            self.containers.get(old)?.addresses.iter().find_map(|at| {
                let wants = self.addresses.get(&at.value)?;
                Some(format!("`{wants}` gets its address {}", at.value))
            })
        })
    }

    /// What would work, but not be what the old one's users expect.
    fn unwise(&self, service: &Service) -> Option<String> {
        let definition = self.definitions.get(service.name.as_str())?;
        if text(definition, "container_name").is_some() {
            return Some("others know it by its container_name".to_owned());
        }
        let written = items(definition, "volumes").find(|mount| {
            let shared = matches!(text(mount, "type"), Some("volume" | "bind" | "cluster"));
            let named = text(mount, "source").is_some();
            let read_only = mount.get("read_only").and_then(Value::as_bool) == Some(true);
            shared && named && !read_only
        })?;
        let target = text(written, "target").unwrap_or_default();
        Some(format!("both would write to {target}"))
    }
}

/// The host side of a port.
enum Published {
    /// The engine chooses.
    Any,
    One(u16),
    /// The engine chooses from these.
    Range(u16, u16),
}

fn published(port: &Value) -> Published {
    let words = match port.get("published") {
        Some(Value::String(words)) => words.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Published::Any,
    };
    match words.split_once('-') {
        Some((from, to)) => match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) if from < to => Published::Range(from, to),
            (Ok(from), _) => Published::One(from),
            _ => Published::Any,
        },
        None => match words.parse() {
            Ok(0) | Err(_) => Published::Any,
            Ok(number) => Published::One(number),
        },
    }
}

fn protocol(port: &Value) -> &str {
    text(port, "protocol").unwrap_or("tcp")
}

/// Networks with a static address in them.
fn addresses(definition: &Value) -> impl Iterator<Item = (&str, &str)> {
    let networks = definition.get("networks").and_then(Value::as_object);
    networks
        .into_iter()
        .flatten()
        .flat_map(|(network, attachment)| {
            ["ipv4_address", "ipv6_address", "mac_address"]
                .into_iter()
                .filter_map(move |key| Some((network.as_str(), text(attachment, key)?)))
        })
}

/// sinops.yaml's word before the compose file's.
fn declared_order(definition: &Value) -> Option<&str> {
    let update = definition
        .get("x-sinops")
        .and_then(|ours| ours.get("update"));
    let ours = update.and_then(|update| text(update, "order"));
    let compose = definition
        .get("deploy")
        .and_then(|deploy| deploy.get("update_config"))
        .and_then(|update| text(update, "order"));
    ours.or(compose).filter(|order| *order != "auto")
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sinops_sdk::types::Stack;

    fn order(definition: &Value) -> Order {
        order_in("docker", definition, "")
    }

    fn order_in(engine: &str, definition: &Value, other: &str) -> Order {
        let service = |name: &str, definition: &Value| Service {
            name: name.to_owned(),
            replicas: 2,
            definition: definition.to_string(),
            ..Service::default()
        };
        let web = service("web", definition);
        let planning = Planning {
            stack: Stack {
                engine: engine.to_owned(),
                services: vec![
                    web.clone(),
                    service("other", &json!({ "ports": [{ "published": other }] })),
                ],
                ..Stack::default()
            },
            observed: sinops_sdk::types::Observed {
                ports: vec![PortUse {
                    port: 8001,
                    protocol: "tcp".to_owned(),
                    address: "0.0.0.0".to_owned(),
                    container: Some("p-web-1".to_owned()),
                }],
                ..Default::default()
            },
            ..Planning::default()
        };
        Exclusive::of(&planning).order(&web, "p-web-1")
    }

    #[test]
    fn start_first_only_where_nothing_is_in_the_way() {
        for definition in [
            json!({}),
            json!({ "ports": [{ "target": 80 }] }),
            json!({ "ports": [{ "target": 80, "published": "8000-8003" }] }),
            json!({ "networks": { "a": null, "b": { "aliases": ["x"] } } }),
            json!({ "volumes": [
                { "type": "volume", "source": "v", "target": "/v", "read_only": true },
                { "type": "volume", "target": "/anonymous" },
                { "type": "tmpfs", "target": "/t" },
            ] }),
            json!({ "container_name": "web", "deploy": { "update_config": { "order": "start-first" } } }),
        ] {
            assert_eq!(order(&definition), Order::StartFirst, "{definition}");
        }
        for (definition, why) in [
            (
                json!({ "ports": [{ "target": 80, "published": "80" }] }),
                "host port 80",
            ),
            (
                json!({ "ports": [{ "target": 80, "published": "8000-8002" }] }),
                "too few",
            ),
            (
                json!({ "networks": { "a": { "ipv4_address": "10.0.0.2" } } }),
                "10.0.0.2",
            ),
            (json!({ "network_mode": "host" }), "network of the host"),
            (json!({ "container_name": "web" }), "container_name"),
            (
                json!({ "volumes": [{ "type": "bind", "source": "/s", "target": "/t" }] }),
                "write to /t",
            ),
            (
                json!({ "x-sinops": { "update": { "order": "stop-first" } } }),
                "`order`",
            ),
            (
                json!({
                    "ports": [{ "published": "80" }],
                    "deploy": { "update_config": { "order": "start-first" } },
                }),
                "host port 80",
            ),
        ] {
            let Order::StopFirst(found) = order(&definition) else {
                panic!("{definition} cannot start first");
            };
            assert!(found.contains(why), "{found}");
        }
    }

    #[test]
    fn what_another_service_or_the_machine_needs_is_freed_first() {
        for (engine, other, why) in [
            ("docker", "8001", "`other` gets its host port 8001"),
            ("process", "", "local processes"),
        ] {
            let Order::StopFirst(found) = order_in(engine, &json!({}), other) else {
                panic!("{why}");
            };
            assert!(found.contains(why), "{found}");
        }
    }
}
