//! How a network or a volume that exists differs from its declaration. What a network that
//! sinops made was made from is known; of others only what the declaration names is compared,
//! because what an engine adds by itself cannot be told from what somebody wanted.

use crate::change::{Change, of_definitions};
use serde_json::{Map, Value};
use sinops_compose::{Network, Volume};
use std::net::IpAddr;

/// Drivers that an engine takes where none is named.
const DEFAULT_DRIVERS: [&str; 2] = ["bridge", "nat"];

/// Differences of a network. `made_from` is the declaration that sinops made it from, if it did.
#[must_use]
pub fn network(declared: &Value, made_from: Option<&Value>, live: &Network) -> Vec<Change> {
    let declared = significant(declared);
    let before = match made_from {
        Some(made_from) => significant(made_from),
        None => {
            let seen = serde_json::to_value(live).unwrap_or_default();
            let mut before = limited(&seen, &declared);
            // What is off where it is not declared.
            for flag in ["internal", "attachable"] {
                keep(&mut before, flag, seen.get(flag));
            }
            let driver = live.driver.as_deref().unwrap_or_default();
            if !DEFAULT_DRIVERS.contains(&driver) {
                keep(&mut before, "driver", seen.get("driver"));
            }
            // Engines before API 1.48 do not tell, and have it always.
            if live.enable_ipv4.is_none() {
                keep(&mut before, "enable_ipv4", declared.get("enable_ipv4"));
            }
            before
        }
    };
    let mut changes = of_definitions(&before, &declared);
    conceal(&mut changes);
    changes
}

/// Differences of a volume, as far as its declaration goes.
#[must_use]
pub fn volume(declared: &Value, live: &Volume) -> Vec<Change> {
    let declared = significant(declared);
    let seen = serde_json::to_value(live).unwrap_or_default();
    let mut before = limited(&seen, &declared);
    if live.driver.as_deref().is_some_and(|it| it != "local") {
        keep(&mut before, "driver", seen.get("driver"));
    }
    let mut changes = of_definitions(&before, &declared);
    conceal(&mut changes);
    changes
}

/// Options of drivers may hold passwords: that they differ is all that is said.
fn conceal(changes: &mut [Change]) {
    for change in changes {
        if change.path.starts_with("driver_opts") {
            (change.old, change.new) = (None, None);
        }
    }
}

fn keep(value: &mut Value, key: &str, seen: Option<&Value>) {
    if let (Value::Object(fields), Some(seen)) = (value, seen) {
        fields.insert(key.to_owned(), seen.clone());
    }
}

/// What an engine acts upon, in one spelling.
fn significant(definition: &Value) -> Value {
    match definition {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, _)| {
                !key.starts_with("x-") && !matches!(key.as_str(), "name" | "external")
            });
            fields
                .map(|(key, value)| (key.clone(), significant(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(significant).collect(),
        Value::String(text) => spelled(text).into(),
        other => other.clone(),
    }
}

/// Addresses and subnets can be written in several ways.
fn spelled(text: &str) -> String {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    match (address.parse::<IpAddr>(), length) {
        (Ok(address), Some(length)) => format!("{address}/{length}"),
        (Ok(address), None) => address.to_string(),
        (Err(_), _) => text.to_owned(),
    }
}

/// Of what is seen, that which `declared` has a word for.
fn limited(seen: &Value, declared: &Value) -> Value {
    match (seen, declared) {
        (Value::Object(seen), Value::Object(declared)) => declared
            .iter()
            .filter_map(|(key, declared)| {
                let seen = match seen.get(key) {
                    Some(seen) => limited(seen, declared),
                    None if is_empty(declared) => declared.clone(),
                    None => return None,
                };
                Some((key.clone(), seen))
            })
            .collect::<Map<_, _>>()
            .into(),
        (Value::Array(seen), Value::Array(declared)) if seen.len() == declared.len() => {
            let pairs = seen.iter().zip(declared);
            pairs
                .map(|(seen, declared)| limited(seen, declared))
                .collect()
        }
        _ => significant(seen),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(_) | Value::Number(_) | Value::Bool(true) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(changes: &[Change]) -> Vec<String> {
        changes.iter().map(ToString::to_string).collect()
    }

    fn live(value: Value) -> Network {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_an_engine_adds_is_no_difference() {
        let live = live(json!({
            "name": "shop_front", "driver": "bridge",
            "driver_opts": { "com.docker.network.bridge.name": "br9" },
            "ipam": { "driver": "default", "config": [{ "subnet": "172.18.0.0/16", "gateway": "172.18.0.1" }] },
            "enable_ipv6": false,
            "labels": { "com.docker.compose.project": "shop" },
        }));
        for declared in [
            json!({ "name": "shop_front", "ipam": {} }),
            json!({ "ipam": {}, "driver": "bridge", "internal": false, "x-note": 1 }),
            json!({ "ipam": { "config": [{ "subnet": "172.18.0.0/16" }] }, "enable_ipv6": false }),
            json!({ "ipam": {}, "enable_ipv4": true }),
        ] {
            assert_eq!(network(&declared, None, &live), [], "{declared}");
        }
    }

    #[test]
    fn each_declared_field_is_compared() {
        let live = live(json!({
            "driver": "bridge", "internal": true,
            "driver_opts": { "com.docker.network.driver.mtu": "1500" },
            "ipam": { "config": [{ "subnet": "fd00:0:0::/64" }] },
        }));
        let declared = json!({
            "driver": "macvlan", "driver_opts": { "com.docker.network.driver.mtu": "9000" },
            "ipam": { "config": [{ "subnet": "fd00::/64", "gateway": "fd00::1" }] },
            "enable_ipv6": true, "labels": { "team": "web" },
        });
        let mut found = words(&network(&declared, None, &live));
        found.sort_unstable();
        let [driver, options, ipv6, internal, ipam, labels] = found.as_slice() else {
            unreachable!("{found:#?}")
        };
        assert_eq!(driver, "driver: bridge -> macvlan");
        assert_eq!(options, "driver_opts.com.docker.network.driver.mtu changed");
        assert_eq!(ipv6, "enable_ipv6: + true");
        assert_eq!(internal, "internal: - true");
        assert!(
            ipam.starts_with("ipam.config: {\"subnet\":\"fd00::/64\"} -> "),
            "{ipam}"
        );
        assert_eq!(labels, "labels.team: + web");
    }

    #[test]
    fn of_its_own_networks_sinops_knows_what_was_taken_away() {
        let made_from = json!({ "ipam": {}, "attachable": true, "driver_opts": { "a": "1" } });
        let found = network(
            &json!({ "ipam": {} }),
            Some(&made_from),
            &Network::default(),
        );
        assert_eq!(
            words(&found),
            ["attachable: - true", "driver_opts.a changed"]
        );
        assert_eq!(
            network(&made_from, Some(&made_from), &Network::default()),
            []
        );
    }

    #[test]
    fn passwords_in_the_options_of_a_volume_are_not_shown() {
        let live: Volume = serde_json::from_value(json!({
            "driver": "local", "driver_opts": { "type": "cifs", "o": "password=old" },
        }))
        .unwrap();
        let declared = json!({ "driver_opts": { "type": "cifs", "o": "password=new" } });
        let found = volume(&declared, &live);
        assert_eq!(words(&found), ["driver_opts.o changed"]);
        assert_eq!(volume(&json!({}), &live), []);
        assert_eq!(
            words(&volume(&json!({ "driver": "rclone" }), &live)),
            ["driver: local -> rclone"]
        );
    }
}
