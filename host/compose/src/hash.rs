//! One number for all that forces a container to be made anew.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::model::{Project, Service};

/// What a running container does not show: it changes without a new container.
const OUTSIDE: [&str; 11] = [
    "attach",
    "depends_on",
    "develop",
    "profiles",
    "scale",
    "pull_policy",
    "build",
    "deploy",
    "pre_stop",
    "provider",
    "x-sinops",
];
/// What of `deploy` reaches the container.
const DEPLOY: [&str; 2] = ["resources", "restart_policy"];

/// The SHA-256 in hex over the service, the networks it is attached to, and the
/// volumes it mounts. The order of keys in the files has no influence.
#[must_use]
pub fn config_hash(service: &Service, project: &Project) -> String {
    let mut fields = object(serde_json::to_value(service).unwrap_or_default());
    let deploy = fields
        .get("deploy")
        .cloned()
        .map(object)
        .unwrap_or_default();
    let process = service
        .extensions
        .get("x-sinops")
        .and_then(|own| own.get("process"))
        .cloned();
    fields.retain(|key, _| !OUTSIDE.contains(&key.as_str()));
    let deploy: Map<String, Value> = deploy
        .into_iter()
        .filter(|(key, value)| DEPLOY.contains(&key.as_str()) && *value != json!({}))
        .collect();
    let networks: Map<String, Value> = service
        .networks
        .keys()
        .filter_map(|key| Some((key, project.networks.get(key)?)))
        .map(|(key, network)| {
            let value = if network.external {
                json!(network.name)
            } else {
                json!([
                    network.name,
                    network.driver,
                    network.driver_opts,
                    network.ipam,
                    network.internal,
                    network.enable_ipv6
                ])
            };
            (key.clone(), value)
        })
        .collect();
    let volumes: Map<String, Value> = service
        .volumes
        .iter()
        .filter(|mount| mount.kind == "volume")
        .filter_map(|mount| mount.source.as_ref())
        .filter_map(|key| Some((key, project.volumes.get(key)?)))
        .map(|(key, volume)| {
            (
                key.clone(),
                json!([volume.name, volume.driver, volume.driver_opts]),
            )
        })
        .collect();
    let all = json!({
        "service": fields, "deploy": deploy, "process": process,
        "networks": networks, "volumes": volumes,
    });
    let mut text = String::new();
    canonical(&all, &mut text);
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// JSON with sorted keys.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in sorted {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}
