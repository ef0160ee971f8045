//! Networks, and the names and addresses in them.

use super::{Differences, fields, texts, word};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// On the engine's own bridge: `other:alias`, told as `/other:/own/alias`.
fn links(all: &mut Differences, wanted: &Value, found: &Value) {
    let list = |value: &Value| -> BTreeSet<String> {
        texts(value.pointer("/HostConfig/Links"))
            .map(|link| {
                let (other, alias) = link.split_once(':').unwrap_or((link, link));
                let alias = alias.rsplit('/').next().unwrap_or(alias);
                format!("{}:{alias}", other.trim_start_matches('/'))
            })
            .collect()
    };
    all.field(
        "links",
        Some(&json!(list(found))),
        Some(&json!(list(wanted))),
    );
}

/// Of the whole container, where the engine knows no other: one of its networks has it.
fn address(all: &mut Differences, wanted: &Value, found: &Value) {
    let networks = fields(found.pointer("/NetworkSettings/Networks"));
    let is = networks.filter_map(|(_, endpoint)| endpoint.get("MacAddress"));
    hardware(all, "mac_address", is, wanted.get("MacAddress"));
}

/// Nothing is declared without an address, and nothing has one that is not running.
fn hardware<'a>(
    all: &mut Differences,
    path: &str,
    is: impl Iterator<Item = &'a Value>,
    want: Option<&Value>,
) {
    let lower = |value: &Value| word(value).to_lowercase();
    let is: Vec<String> = is.map(lower).filter(|it| !it.is_empty()).collect();
    let Some(want) = want.map(lower).filter(|it| !it.is_empty()) else {
        return;
    };
    if !is.is_empty() && !is.contains(&want) {
        all.note(path, is.into_iter().next(), Some(want));
    }
}

pub(super) fn compare(all: &mut Differences, wanted: &Value, found: &Value) {
    let want: BTreeMap<&String, &Value> =
        fields(wanted.pointer("/NetworkingConfig/EndpointsConfig")).collect();
    address(all, wanted, found);
    if want.is_empty() {
        links(all, wanted, found);
        all.field(
            "network_mode",
            found.pointer("/HostConfig/NetworkMode"),
            wanted.pointer("/HostConfig/NetworkMode"),
        );
        return;
    }
    // Of several networks any may be the one that it was made in.
    let is: BTreeMap<&String, &Value> =
        fields(found.pointer("/NetworkSettings/Networks")).collect();
    let id = found.get("Id").map(word).unwrap_or_default();
    // The engine adds it to the aliases.
    let hostname = found
        .pointer("/Config/Hostname")
        .map(word)
        .unwrap_or_default();
    let names: BTreeSet<&&String> = is.keys().chain(want.keys()).collect();
    for name in names {
        match (is.get(*name), want.get(*name)) {
            (Some(is), Some(want)) => {
                for (key, part) in [
                    ("IPAMConfig", "addresses"),
                    ("Links", "links"),
                    ("GwPriority", "gw_priority"),
                ] {
                    all.field(
                        &format!("networks ({name}): {part}"),
                        is.get(key),
                        want.get(key),
                    );
                }
                all.pairs(
                    &format!("networks ({name}): driver_opts"),
                    is.get("DriverOpts"),
                    want.get("DriverOpts"),
                );
                hardware(
                    all,
                    &format!("networks ({name}): mac_address"),
                    is.get("MacAddress").into_iter(),
                    want.get("MacAddress"),
                );
                let aliases = |endpoint: &Value| {
                    let names = texts(endpoint.get("Aliases"));
                    let names = names.filter(|name| id.is_empty() || !id.starts_with(name));
                    let names = names.filter(|name| *name != hostname);
                    json!(names.collect::<BTreeSet<_>>())
                };
                all.field(
                    &format!("networks ({name}): aliases"),
                    Some(&aliases(is)),
                    Some(&aliases(want)),
                );
            }
            (is, want) => {
                let there = |endpoint: Option<&&Value>| endpoint.map(|_| "attached".to_owned());
                all.note(&format!("networks ({name})"), there(is), there(want));
            }
        }
    }
}
