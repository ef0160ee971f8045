//! Published and exposed ports.

use super::super::ContainerSpec;
use super::EngineError;
use super::body::unsupported;
use bollard::models::PortBinding;
use sinops_compose::Port;
use std::collections::{BTreeMap, HashMap};

pub(super) type Ports = (HashMap<String, Option<Vec<PortBinding>>>, Vec<String>);

/// Bindings by `80/tcp`, and what is exposed. Of a range on the host the engine gives
/// each container, and so each replica, a port of its own.
pub(super) fn ports(spec: &ContainerSpec, network_mode: &str) -> Result<Ports, EngineError> {
    let mut bindings: BTreeMap<String, Vec<PortBinding>> = BTreeMap::new();
    let mut exposed: Vec<String> = Vec::new();
    for port in &spec.service.ports {
        let Port {
            target, published, ..
        } = port;
        if network_mode == "host" {
            // There it is published as it is, and under no other number.
            if published
                .as_ref()
                .is_some_and(|text| *text != target.to_string())
            {
                return Err(unsupported(
                    spec,
                    "ports (another number on the host) with network_mode: host",
                ));
            }
            continue;
        }
        let key = format!("{target}/{}", port.protocol.as_deref().unwrap_or("tcp"));
        bindings.entry(key).or_default().push(PortBinding {
            host_ip: port.host_ip.clone(),
            host_port: Some(published.clone().unwrap_or_default()),
        });
    }
    exposed.extend(bindings.keys().cloned());
    for text in &spec.service.expose {
        let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
            return Err(unsupported(spec, &format!("expose: `{text}`")));
        };
        exposed.extend((first..=last).map(|port| format!("{port}/{protocol}")));
    }
    exposed.sort_unstable();
    exposed.dedup();
    let bindings = bindings
        .into_iter()
        .map(|(key, list)| (key, Some(list)))
        .collect();
    Ok((bindings, exposed))
}
