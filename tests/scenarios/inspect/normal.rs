//! What the engine inspects, without what differs from one making to the next: ids, times,
//! generated names and addresses, labels in which programs keep their books.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// By kind and name: `container web-1`.
pub(super) type Made = BTreeMap<String, Value>;

pub(super) fn made(
    project: &str,
    compose: &str,
    containers: Vec<Value>,
    networks: Vec<Value>,
    volumes: Vec<Value>,
) -> Made {
    // Ids stand in other objects as well.
    let names: Vec<(String, String)> = containers
        .iter()
        .chain(&networks)
        .map(|it| {
            let name = it["Name"].as_str().unwrap().trim_start_matches('/');
            (it["Id"].as_str().unwrap().to_owned(), format!("({name})"))
        })
        .collect();
    let named = |one: Value| -> Value {
        let mut text = one.to_string();
        for (id, name) in &names {
            text = text.replace(id, name).replace(&id[..12], name);
        }
        serde_json::from_str(&text).unwrap()
    };
    let mut all = Made::new();
    let mut add = |kind: &str, one: Value| {
        let name = one["Name"].as_str().unwrap().trim_start_matches('/');
        let prefix = [format!("{project}-"), format!("{project}_")];
        let name = name
            .trim_start_matches(&prefix[0])
            .trim_start_matches(&prefix[1]);
        all.insert(format!("{kind} {name}"), pruned(one).unwrap());
    };
    for one in containers {
        add("container", container(named(one), compose));
    }
    for mut one in networks {
        without(&mut one, &["Id", "Created", "Containers"]);
        bookkeeping(&mut one["Labels"]);
        // Of the engine's own pools.
        let declared = |pool: &Value| {
            pool["Subnet"]
                .as_str()
                .is_some_and(|it| compose.contains(it))
        };
        one["IPAM"]["Config"]
            .as_array_mut()
            .unwrap()
            .retain(declared);
        add("network", one);
    }
    for mut one in volumes {
        without(&mut one, &["CreatedAt"]);
        bookkeeping(&mut one["Labels"]);
        add("volume", one);
    }
    all
}

/// `web-1 /HostConfig/Memory: 10 by compose, 20 by sinops`.
pub(super) fn differences(of_compose: &Made, of_sinops: &Made) -> Vec<String> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> = of_compose.keys().chain(of_sinops.keys()).collect();
    for name in names {
        compare(
            name,
            "",
            of_compose.get(name),
            of_sinops.get(name),
            &mut found,
        );
    }
    found
}

fn compare(
    name: &str,
    at: &str,
    one: Option<&Value>,
    two: Option<&Value>,
    found: &mut Vec<String>,
) {
    match (one, two) {
        (Some(Value::Object(one)), Some(Value::Object(two))) => {
            let keys: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
            for key in keys {
                compare(
                    name,
                    &format!("{at}/{key}"),
                    one.get(key),
                    two.get(key),
                    found,
                );
            }
        }
        (one, two) if one == two => {}
        (one, two) => {
            let word = |it: Option<&Value>| it.map_or("nothing".to_owned(), Value::to_string);
            found.push(format!(
                "{name} {at}: {} by compose, {} by sinops",
                word(one),
                word(two)
            ));
        }
    }
}

fn container(mut one: Value, compose: &str) -> Value {
    without(
        &mut one,
        &[
            "Id",
            "Created",
            "State",
            "ResolvConfPath",
            "HostnamePath",
            "HostsPath",
            "LogPath",
            "GraphDriver",
            // Of health checks that are under way.
            "ExecIDs",
        ],
    );
    bookkeeping(&mut one["Config"]["Labels"]);
    sort(&mut one["Config"]["Env"]);
    for list in ["ExtraHosts", "Links", "Ulimits"] {
        sort(&mut one["HostConfig"][list]);
    }
    // `key:value` is the older spelling of `key=value`.
    for option in items(&mut one["HostConfig"]["SecurityOpt"]) {
        let text = option.as_str().unwrap();
        *option = json!(text.replacen("no-new-privileges:", "no-new-privileges=", 1));
    }
    mounts(&mut one);
    let network = &mut one["NetworkSettings"];
    without(
        network,
        &[
            "SandboxID",
            "SandboxKey",
            "Gateway",
            "MacAddress",
            "EndpointID",
            "IPAddress",
        ],
    );
    without(
        network,
        &[
            "GlobalIPv6Address",
            "IPv6Gateway",
            "IPPrefixLen",
            "GlobalIPv6PrefixLen",
        ],
    );
    for endpoint in values(&mut network["Networks"]) {
        for address in ["IPAddress", "GlobalIPv6Address", "MacAddress"] {
            let declared = endpoint[address]
                .as_str()
                .is_some_and(|it| compose.contains(it));
            if !declared {
                without(endpoint, &[address]);
            }
        }
        without(
            endpoint,
            &[
                "NetworkID",
                "EndpointID",
                "Gateway",
                "IPv6Gateway",
                "IPPrefixLen",
                "GlobalIPv6PrefixLen",
            ],
        );
        sort(&mut endpoint["Aliases"]);
        sort(&mut endpoint["Links"]);
    }
    for bindings in values(&mut network["Ports"]) {
        for binding in items(bindings) {
            let port = binding["HostPort"].as_str();
            if !port.is_some_and(|port| is_fixed(port, compose)) {
                without(binding, &["HostPort"]);
            }
        }
        sort(bindings);
    }
    one
}

/// By target, with all that is known of each, in whichever of its notations the engine was
/// told of it.
fn mounts(one: &mut Value) {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    let listed = one["Mounts"].take();
    for mut mount in listed.as_array().cloned().unwrap_or_default() {
        let name = mount["Name"].as_str().unwrap_or_default().to_owned();
        if name.len() == 64 {
            without(&mut mount, &["Name", "Source"]);
        }
        without(&mut mount, &["Mode"]);
        all.insert(mount["Destination"].as_str().unwrap().to_owned(), mount);
    }
    let host = &mut one["HostConfig"];
    let (binds, mounts) = (host["Binds"].take(), host["Mounts"].take());
    for bind in binds.as_array().into_iter().flatten() {
        let mut parts = bind.as_str().unwrap().split(':').skip(1);
        let target = parts.next().unwrap();
        let words = parts.next().unwrap_or_default().split(',');
        let words: Vec<&str> = words
            .filter(|word| !matches!(*word, "" | "rw" | "ro" | "rprivate" | "cached"))
            .collect();
        all.get_mut(target).unwrap()["words"] = json!(words);
    }
    for mut mount in mounts.as_array().cloned().unwrap_or_default() {
        let target = mount["Target"].as_str().unwrap().to_owned();
        without(
            &mut mount,
            &["Target", "Type", "Source", "ReadOnly", "Consistency"],
        );
        if mount["BindOptions"]["Propagation"] == "rprivate" {
            without(&mut mount["BindOptions"], &["Propagation"]);
        }
        all.get_mut(&target).unwrap()["made with"] = mount;
    }
    one["Mounts"] = json!(all);
}

/// Whether it is given, and not one of a range.
fn is_fixed(port: &str, compose: &str) -> bool {
    compose.match_indices(port).any(|(at, _)| {
        let near =
            |index: Option<usize>| index.and_then(|it| compose.as_bytes().get(it)) == Some(&b'-');
        !near(at.checked_sub(1)) && !near(Some(at + port.len()))
    })
}

fn bookkeeping(labels: &mut Value) {
    if let Value::Object(labels) = labels {
        labels.retain(|key, _| {
            !key.starts_with("com.docker.compose.") && !key.starts_with("sinops.")
        });
    }
}

fn without(value: &mut Value, keys: &[&str]) {
    if let Value::Object(fields) = value {
        fields.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

fn values(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}

fn items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}

fn sort(value: &mut Value) {
    if let Value::Array(list) = value {
        list.sort_by_key(Value::to_string);
    }
}

/// Where nothing is something else than zero.
const COUNTS: [&str; 2] = ["StopTimeout", "MemorySwappiness"];

/// Without what says nothing, in any of the engine's words for it.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(list) => {
            let list: Vec<Value> = list.into_iter().filter_map(pruned).collect();
            (!list.is_empty()).then(|| json!(list))
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().filter_map(|(key, value)| {
                let kept = COUNTS.contains(&key.as_str()) && value.is_number();
                let value = if kept { Some(value) } else { pruned(value) };
                Some((key, value?))
            });
            let fields: Map<String, Value> = fields.collect();
            (!fields.is_empty()).then(|| json!(fields))
        }
        other => Some(other),
    }
}
