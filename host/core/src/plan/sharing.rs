//! A container that shares namespaces or volumes with one of another service is made
//! after that one: its engine has to be told which.

use crate::action::{Action, Operation};
use crate::stack::Stack;
use serde_json::Value;
use std::collections::HashMap;

/// Adds what each create waits for.
pub(super) fn wait(stack: &Stack, actions: &mut [Action]) {
    let mut sharing: HashMap<&str, Vec<&str>> = HashMap::new();
    for service in &stack.services {
        let others = shared(&service.definition);
        if !others.is_empty() {
            sharing.insert(&service.name, others);
        }
    }
    if sharing.is_empty() {
        return;
    }
    let mut creates: HashMap<String, Vec<String>> = HashMap::new();
    for action in actions.iter() {
        if let Operation::CreateContainer { service, .. } = &action.operation {
            let ids = creates.entry(service.clone()).or_default();
            ids.push(action.id.clone());
        }
    }
    for action in actions {
        let Operation::CreateContainer { service, .. } = &action.operation else {
            continue;
        };
        for other in sharing.get(service.as_str()).into_iter().flatten() {
            for id in creates.get(*other).into_iter().flatten() {
                if *id != action.id && !action.after.contains(id) {
                    action.after.push(id.clone());
                }
            }
        }
    }
}

/// Services named in `network_mode`, `ipc`, `pid` and `volumes_from`.
fn shared(definition: &Value) -> Vec<&str> {
    let modes = ["network_mode", "ipc", "pid"]
        .into_iter()
        .filter_map(|key| definition.get(key)?.as_str()?.strip_prefix("service:"));
    let volumes = definition
        .get("volumes_from")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|text| !text.starts_with("container:"))
        .map(|text| text.split(':').next().unwrap_or(text));
    modes.chain(volumes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_shared_is_read_from_the_definition() {
        let definition = json!({
            "network_mode": "service:vpn", "ipc": "host", "pid": "service:web",
            "volumes_from": ["data:ro", "container:old"],
        });
        assert_eq!(shared(&definition), ["vpn", "web", "data"]);
        assert!(shared(&json!({})).is_empty());
    }
}
