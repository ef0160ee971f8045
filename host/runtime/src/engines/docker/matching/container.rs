//! The container itself: command, environment, labels, health check, names and ports.

use super::{Differences, fields, is_empty, set, texts, word};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Fields of `Config`, with their names in compose.
const CONFIG: [(&str, &str); 6] = [
    ("User", "user"),
    ("Tty", "tty"),
    ("OpenStdin", "stdin_open"),
    ("WorkingDir", "working_dir"),
    ("StopSignal", "stop_signal"),
    ("Image", "image"),
];

pub(super) fn compare(all: &mut Differences, wanted: &Value, found: &Value, image: &Value) {
    let empty = Value::Null;
    let config = found.get("Config").unwrap_or(&empty);
    for (key, name) in CONFIG {
        let want = wanted.get(key).or_else(|| image.get(key));
        all.field(name, config.get(key), want);
    }
    all.count(
        "stop_grace_period",
        config.get("StopTimeout"),
        wanted.get("StopTimeout"),
    );
    let replaced = set(wanted.get("Entrypoint")).is_some();
    let entrypoint = set(wanted.get("Entrypoint")).or_else(|| image.get("Entrypoint"));
    all.field("entrypoint", config.get("Entrypoint"), entrypoint);
    // With an entry point of its own, a container has nothing of the image's command.
    let command = set(wanted.get("Cmd")).or_else(|| image.get("Cmd").filter(|_| !replaced));
    all.field("command", config.get("Cmd"), command);
    environment(all, wanted, config, image);
    labels(all, wanted, config, image);
    health(all, wanted, config, image);
    hostname(all, wanted, found);
    exposed(all, wanted, config, image);
}

fn environment(all: &mut Differences, wanted: &Value, config: &Value, image: &Value) {
    fn variables(value: Option<&Value>) -> impl Iterator<Item = (&str, Option<&str>)> {
        texts(value).map(|text| match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        })
    }
    let mut want: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in variables(image.get("Env")).chain(variables(wanted.get("Env"))) {
        match value {
            Some(value) => want.insert(name, value),
            None => want.remove(name),
        };
    }
    let is: BTreeMap<&str, &str> = variables(config.get("Env"))
        .filter_map(|(name, value)| Some((name, value?)))
        // The engine's own, where an image has none.
        .filter(|(name, _)| *name != "PATH" || want.contains_key("PATH"))
        .collect();
    let names: BTreeSet<&&str> = is.keys().chain(want.keys()).collect();
    for name in names {
        let (is, want) = (is.get(*name), want.get(*name));
        if is != want {
            let owned = |text: Option<&&str>| text.map(|text| (*text).to_owned());
            all.note(&format!("environment.{name}"), owned(is), owned(want));
        }
    }
}

fn labels(all: &mut Differences, wanted: &Value, config: &Value, image: &Value) {
    let own = |key: &str| key.starts_with("com.docker.compose.") || key.starts_with("sinops.");
    let mut want: BTreeMap<&String, &Value> = fields(image.get("Labels")).collect();
    want.extend(fields(wanted.get("Labels")));
    want.retain(|key, _| !own(key));
    let is: BTreeMap<&String, &Value> = fields(config.get("Labels"))
        .filter(|(key, _)| !own(key))
        .collect();
    let names: BTreeSet<&&String> = is.keys().chain(want.keys()).collect();
    for name in names {
        let (is, want) = (is.get(*name), want.get(*name));
        // An empty label is there as well.
        if is != want {
            all.note(
                &format!("labels.{name}"),
                is.map(|it| word(it)),
                want.map(|it| word(it)),
            );
        }
    }
}

fn health(all: &mut Differences, wanted: &Value, config: &Value, image: &Value) {
    let of = |value: &Value| value.get("Healthcheck").cloned().unwrap_or_default();
    let (own, given) = (of(wanted), of(image));
    let disabled = texts(own.get("Test")).next() == Some("NONE");
    let mut want = Map::new();
    for key in [
        "Test",
        "Interval",
        "Timeout",
        "Retries",
        "StartPeriod",
        "StartInterval",
    ] {
        let inherited = given.get(key).filter(|_| !disabled);
        let value = own.get(key).filter(|value| !is_empty(Some(value)));
        if let Some(value) = value.or(inherited) {
            want.insert(key.to_owned(), value.clone());
        }
    }
    all.field(
        "healthcheck",
        config.get("Healthcheck"),
        Some(&Value::Object(want)),
    );
}

/// The beginning of its id, where nothing is declared; in the network of another, that one's.
fn hostname(all: &mut Differences, wanted: &Value, found: &Value) {
    let mode = found.pointer("/HostConfig/NetworkMode").map(word);
    let mode = mode.unwrap_or_default();
    let of_another = mode == "host" || mode.starts_with("container:");
    let id = found.get("Id").map(word).unwrap_or_default();
    for (key, pointer, name) in [
        ("Hostname", "/Config/Hostname", "hostname"),
        ("Domainname", "/Config/Domainname", "domainname"),
    ] {
        let (is, want) = (found.pointer(pointer), wanted.get(key));
        let own = is.map(word).is_some_and(|name| id.starts_with(&name));
        if !is_empty(want) || !(own || of_another) {
            all.field(name, is, want);
        }
    }
}

/// A port by itself, or each of a range, with its protocol: without one it is TCP's.
fn ports_of(text: &str) -> Vec<String> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let range = ports.split_once('-').and_then(|(from, to)| {
        let (from, to) = (from.parse::<u16>().ok()?, to.parse::<u16>().ok()?);
        Some(from..=to)
    });
    match range {
        Some(range) => range.map(|port| format!("{port}/{protocol}")).collect(),
        None => vec![format!("{ports}/{protocol}")],
    }
}

/// What is published is exposed as well.
fn exposed(all: &mut Differences, wanted: &Value, config: &Value, image: &Value) {
    let ports = |value: Option<&Value>| -> BTreeSet<String> {
        let names = fields(value).map(|(port, _)| port.as_str());
        // Images of bollard have a list, of older engines a map.
        names.chain(texts(value)).flat_map(ports_of).collect()
    };
    let mut want = ports(wanted.get("ExposedPorts"));
    want.extend(ports(image.get("ExposedPorts")));
    want.extend(ports(wanted.pointer("/HostConfig/PortBindings")));
    let is = ports(config.get("ExposedPorts"));
    all.field("expose", Some(&json!(is)), Some(&json!(want)));
}
