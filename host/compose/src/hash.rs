//! One number for all that forces a container to be made anew.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::model::{Project, Service};

/// What a running container does not show: it changes without a new container.
const OUTSIDE: [&str; 10] = [
    "attach",
    "depends_on",
    "develop",
    "profiles",
    "scale",
    "pull_policy",
    "build",
    "deploy",
    "provider",
    "x-sinops",
];
/// What of `deploy` reaches the container.
const DEPLOY: [&str; 2] = ["resources", "restart_policy"];

/// All that forces a container to be made anew: the service without what a running
/// container does not show, and the declarations of the networks, volumes, secrets and
/// configs that it uses, below `network KEY`, `volume KEY` and so on.
#[must_use]
pub fn container_definition(service: &Service, project: &Project) -> Value {
    let mut fields = object(serde_json::to_value(service).unwrap_or_default());
    let deploy: Map<String, Value> = fields
        .get("deploy")
        .cloned()
        .map(object)
        .unwrap_or_default()
        .into_iter()
        .filter(|(key, value)| DEPLOY.contains(&key.as_str()) && *value != json!({}))
        .collect();
    fields.retain(|key, value| !OUTSIDE.contains(&key.as_str()) && !value.is_null());
    if !deploy.is_empty() {
        fields.insert("deploy".to_owned(), Value::Object(deploy));
    }
    let own = service.extensions.get("x-sinops");
    if let Some(process) = own.and_then(|own| own.get("process")) {
        fields.insert("x-sinops".to_owned(), json!({ "process": process }));
    }
    for key in service.networks.keys() {
        if let Some(network) = project.networks.get(key) {
            let declared = if network.external {
                json!({ "name": network.name })
            } else {
                json!({
                    "name": network.name, "driver": network.driver,
                    "driver_opts": network.driver_opts, "ipam": network.ipam,
                    "internal": network.internal, "enable_ipv6": network.enable_ipv6,
                })
            };
            fields.insert(format!("network {key}"), declared);
        }
    }
    let volumes = service.volumes.iter().filter(|it| it.kind == "volume");
    for key in volumes.filter_map(|mount| mount.source.as_ref()) {
        if let Some(volume) = project.volumes.get(key) {
            let declared = json!({
                "name": volume.name, "driver": volume.driver, "driver_opts": volume.driver_opts,
            });
            fields.insert(format!("volume {key}"), declared);
        }
    }
    // Where the content comes from; what it is, is compared apart from this.
    for (kind, uses, objects) in [
        ("secret", &service.secrets, &project.secrets),
        ("config", &service.configs, &project.configs),
    ] {
        for key in uses.iter().map(|it| &it.source) {
            if let Some(object) = objects.get(key) {
                let declared = json!({ "file": object.file, "environment": object.environment });
                fields.insert(format!("{kind} {key}"), declared);
            }
        }
    }
    Value::Object(fields)
}

/// The SHA-256 in hex of [`container_definition`]. The order of keys in the files has no
/// influence.
#[must_use]
pub fn config_hash(service: &Service, project: &Project) -> String {
    definition_hash(&container_definition(service, project))
}

/// The SHA-256 in hex of a definition; the order of its keys has no influence.
#[must_use]
pub fn definition_hash(definition: &Value) -> String {
    let mut text = String::new();
    canonical(definition, &mut text);
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
