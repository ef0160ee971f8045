//! Whether a container that another program made is what we would make: the body that
//! we would send, with what image and engine add to it, against what the engine
//! inspects. A plain function over both as JSON; it errs on the side of a difference.

use super::super::{ContainerSpec, Difference};
use super::body;
use super::{DockerEngine, EngineError, files};
use bollard::query_parameters as query;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Fields of `Config`, with their names in compose.
const CONFIG: [(&str, &str); 8] = [
    ("Domainname", "domainname"),
    ("User", "user"),
    ("Tty", "tty"),
    ("OpenStdin", "stdin_open"),
    ("WorkingDir", "working_dir"),
    ("StopSignal", "stop_signal"),
    ("StopTimeout", "stop_grace_period"),
    ("Image", "image"),
];

/// Fields of `HostConfig`, with their names in compose and what engines say where
/// nothing is declared.
const HOST: [(&str, &str, &[&str]); 43] = [
    ("Annotations", "annotations", &[]),
    ("BlkioWeight", "blkio_config.weight", &[]),
    ("BlkioWeightDevice", "blkio_config.weight_device", &[]),
    ("BlkioDeviceReadBps", "blkio_config.device_read_bps", &[]),
    ("BlkioDeviceWriteBps", "blkio_config.device_write_bps", &[]),
    ("BlkioDeviceReadIOps", "blkio_config.device_read_iops", &[]),
    (
        "BlkioDeviceWriteIOps",
        "blkio_config.device_write_iops",
        &[],
    ),
    ("CgroupParent", "cgroup_parent", &[]),
    ("CgroupnsMode", "cgroup", &["host", "private"]),
    ("CpuPeriod", "cpu_period", &[]),
    ("CpuQuota", "cpu_quota", &[]),
    ("CpuRealtimePeriod", "cpu_rt_period", &[]),
    ("CpuRealtimeRuntime", "cpu_rt_runtime", &[]),
    ("CpuShares", "cpu_shares", &[]),
    ("CpusetCpus", "cpuset", &[]),
    ("DeviceCgroupRules", "device_cgroup_rules", &[]),
    ("DeviceRequests", "gpus", &[]),
    ("Devices", "devices", &[]),
    ("Dns", "dns", &[]),
    ("DnsOptions", "dns_opt", &[]),
    ("DnsSearch", "dns_search", &[]),
    ("ExtraHosts", "extra_hosts", &[]),
    ("GroupAdd", "group_add", &[]),
    ("Init", "init", &[]),
    ("IpcMode", "ipc", &["private", "shareable"]),
    ("Memory", "mem_limit", &[]),
    ("MemoryReservation", "mem_reservation", &[]),
    ("MemorySwappiness", "mem_swappiness", &["-1"]),
    ("NanoCpus", "cpus", &[]),
    ("OomKillDisable", "oom_kill_disable", &[]),
    ("OomScoreAdj", "oom_score_adj", &[]),
    ("PidMode", "pid", &[]),
    ("PidsLimit", "pids_limit", &["-1"]),
    ("PortBindings", "ports", &[]),
    ("Privileged", "privileged", &[]),
    ("ReadonlyRootfs", "read_only", &[]),
    ("Runtime", "runtime", &["runc"]),
    ("SecurityOpt", "security_opt", &[]),
    ("StorageOpt", "storage_opt", &[]),
    ("Sysctls", "sysctls", &[]),
    ("Tmpfs", "tmpfs", &[]),
    ("UTSMode", "uts", &[]),
    ("UsernsMode", "userns_mode", &[]),
];

impl DockerEngine {
    pub(super) async fn compare(
        &self,
        container: &str,
        spec: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        let service = &spec.service;
        if !files::copies(spec)?.is_empty() {
            return Ok(vec![Difference::unknown(
                "the content of configs and secrets",
            )]);
        }
        if !service.post_start.is_empty() || !service.pre_stop.is_empty() {
            return Ok(vec![Difference::unknown("post_start and pre_stop")]);
        }
        let operation = format!("look at container {container}");
        let found = self
            .docker
            .inspect_container(container, None::<query::InspectContainerOptions>)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        let lookups = self.lookups(spec).await?;
        let plan = body::plan(spec, &lookups, self.api)?;
        let image = body::image(spec)?;
        let image = self
            .docker
            .inspect_image(&image)
            .await
            .map_err(|error| self.fault(&format!("look at image {image}"), error))?;
        let value = |value: Result<Value, serde_json::Error>| {
            value.map_err(|error| EngineError::Other {
                operation: operation.clone(),
                message: error.to_string(),
            })
        };
        let image_id = image.id.clone().unwrap_or_default();
        let mut wanted = value(serde_json::to_value(&plan.body))?;
        let connect = plan.connect.into_iter();
        for (network, endpoint) in connect {
            let endpoint = value(serde_json::to_value(endpoint))?;
            if let Some(all) = wanted
                .pointer_mut("/NetworkingConfig/EndpointsConfig")
                .and_then(Value::as_object_mut)
            {
                all.insert(network, endpoint);
            }
        }
        let found = value(serde_json::to_value(found))?;
        let image = value(serde_json::to_value(image.config.unwrap_or_default()))?;
        let mut all = compare(&wanted, &found, &image);
        let made_from = found.get("Image").and_then(Value::as_str);
        if made_from != Some(image_id.as_str()) {
            all.push(Difference {
                path: "image (its content)".to_owned(),
                old: made_from.map(str::to_owned),
                new: Some(image_id),
            });
        }
        Ok(all)
    }
}

/// `wanted` is a create body, `found` an inspected container, `image` the
/// configuration of the image.
fn compare(wanted: &Value, found: &Value, image: &Value) -> Vec<Difference> {
    let mut all = Differences(Vec::new());
    let empty = Value::Null;
    let config = found.get("Config").unwrap_or(&empty);
    let host = found.get("HostConfig").unwrap_or(&empty);
    let wanted_host = wanted.get("HostConfig").unwrap_or(&empty);
    for (key, name) in CONFIG {
        let want = wanted.get(key).or_else(|| image.get(key));
        all.field(name, config.get(key), want);
    }
    let replaced = set(wanted.get("Entrypoint")).is_some();
    let entrypoint = set(wanted.get("Entrypoint")).or_else(|| image.get("Entrypoint"));
    all.field("entrypoint", config.get("Entrypoint"), entrypoint);
    // With an entry point of its own, a container has nothing of the image's command.
    let command = set(wanted.get("Cmd")).or_else(|| image.get("Cmd").filter(|_| !replaced));
    all.field("command", config.get("Cmd"), command);
    environment(&mut all, wanted, config, image);
    labels(&mut all, wanted, config, image);
    health(&mut all, wanted, config, image);
    hostname(&mut all, wanted, found);
    for (key, name, defaults) in HOST {
        let (is, want) = (host.get(key), wanted_host.get(key));
        let by_itself =
            is_empty(want) && is.is_some_and(|it| defaults.contains(&word(it).as_str()));
        if !by_itself {
            all.field(name, is, want);
        }
    }
    special(&mut all, wanted_host, host);
    mounts(&mut all, wanted_host, found, image);
    networks(&mut all, wanted, found);
    all.0
}

struct Differences(Vec<Difference>);

impl Differences {
    fn field(&mut self, path: &str, is: Option<&Value>, want: Option<&Value>) {
        if is_empty(is) && is_empty(want) {
            return;
        }
        if is.map(canonical) != want.map(canonical) {
            self.note(path, is.map(word), want.map(word));
        }
    }

    fn note(&mut self, path: &str, old: Option<String>, new: Option<String>) {
        self.0.push(Difference {
            path: path.to_owned(),
            old: old.filter(|text| !text.is_empty()),
            new: new.filter(|text| !text.is_empty()),
        });
    }
}

fn set(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// Nothing declared, in any of the engine's words for it.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Bool(true)) => false,
    }
}

/// Without fields that say nothing.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .filter(|(_, value)| !is_empty(Some(value)))
                .map(|(key, value)| (key.clone(), canonical(value)))
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

/// As a person would write it.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str)
}

fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
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
        all.field(&format!("labels.{name}"), is.copied(), want.copied());
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

/// The beginning of its id, where nothing is declared.
fn hostname(all: &mut Differences, wanted: &Value, found: &Value) {
    let is = found.pointer("/Config/Hostname");
    let want = wanted.get("Hostname");
    let mode = found.pointer("/HostConfig/NetworkMode").map(word);
    let mode = mode.unwrap_or_default();
    let of_another = mode == "host" || mode.starts_with("container:");
    let id = found.get("Id").map(word).unwrap_or_default();
    let own = is.map(word).is_some_and(|name| id.starts_with(&name));
    if is_empty(want) && (own || of_another) {
        return;
    }
    all.field("hostname", is, want);
}

/// Fields whose absence the engine fills in its own way.
fn special(all: &mut Differences, wanted: &Value, host: &Value) {
    let policy = |host: &Value| {
        let name = host.pointer("/RestartPolicy/Name").map(word);
        let name = name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "no".to_owned());
        let count = host.pointer("/RestartPolicy/MaximumRetryCount").map(word);
        match count.filter(|count| !count.is_empty() && count != "0") {
            Some(count) => json!(format!("{name}:{count}")),
            None => json!(name),
        }
    };
    all.field("restart", Some(&policy(host)), Some(&policy(wanted)));
    // Without a declaration it is the engine's own, whose options cannot be asked for.
    if !is_empty(wanted.get("LogConfig")) {
        all.field("logging", host.get("LogConfig"), wanted.get("LogConfig"));
    }
    for (key, name) in [("CapAdd", "cap_add"), ("CapDrop", "cap_drop")] {
        let names = |host: &Value| {
            let names = texts(host.get(key)).map(str::to_uppercase);
            let bare = names.map(|name| name.trim_start_matches("CAP_").to_owned());
            json!(bare.collect::<BTreeSet<_>>())
        };
        all.field(name, Some(&names(host)), Some(&names(wanted)));
    }
    // 64 MB is the engine's own.
    let shm = host
        .get("ShmSize")
        .filter(|size| **size != json!(67_108_864));
    if !is_empty(wanted.get("ShmSize")) || shm.is_some() {
        all.field("shm_size", host.get("ShmSize"), wanted.get("ShmSize"));
    }
    if is_empty(wanted.get("MemorySwap")) {
        let memory = host.get("Memory").and_then(Value::as_i64).unwrap_or(0);
        let swap = host.get("MemorySwap").and_then(Value::as_i64).unwrap_or(0);
        if swap != 0 && swap != memory.saturating_mul(2) && swap != -1 {
            all.field("memswap_limit", host.get("MemorySwap"), None);
        }
    } else {
        all.field(
            "memswap_limit",
            host.get("MemorySwap"),
            wanted.get("MemorySwap"),
        );
    }
    let limits = |host: &Value| {
        let list = host.get("Ulimits").and_then(Value::as_array);
        let mut list: Vec<String> = list
            .into_iter()
            .flatten()
            .map(|one| canonical(one).to_string())
            .collect();
        list.sort_unstable();
        json!(list)
    };
    all.field("ulimits", Some(&limits(host)), Some(&limits(wanted)));
    // Both lists are the engine's unless they are taken away.
    if wanted
        .get("MaskedPaths")
        .is_some_and(|list| is_empty(Some(list)))
        && !is_empty(host.get("MaskedPaths"))
    {
        all.note(
            "security_opt",
            None,
            Some("systempaths=unconfined".to_owned()),
        );
    }
}

/// Mounts by their target. Anonymous volumes have no name that could be compared.
fn mounts(all: &mut Differences, wanted: &Value, found: &Value, image: &Value) {
    let mut want: BTreeMap<String, String> = BTreeMap::new();
    for (target, _) in fields(image.get("Volumes")) {
        want.insert(target.clone(), "volume".to_owned());
    }
    for target in texts(image.get("Volumes")) {
        want.insert(target.to_owned(), "volume".to_owned());
    }
    for bind in texts(wanted.get("Binds")) {
        let mut parts = bind.split(':');
        let source = parts.next().unwrap_or_default();
        let target = parts.next().unwrap_or_default();
        let read_only = parts
            .next()
            .is_some_and(|words| words.split(',').any(|it| it == "ro"));
        want.insert(target.to_owned(), shown("bind", source, read_only));
    }
    for mount in wanted
        .get("Mounts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| mount.get(key).map(word).unwrap_or_default();
        let read_only = mount.get("ReadOnly") == Some(&Value::Bool(true));
        let source = if text("Type") == "tmpfs" {
            String::new()
        } else {
            text("Source")
        };
        want.insert(text("Target"), shown(&text("Type"), &source, read_only));
    }
    let anonymous = |name: &str| name.len() == 64 && name.bytes().all(|it| it.is_ascii_hexdigit());
    let mut is: BTreeMap<String, String> = BTreeMap::new();
    for mount in found
        .get("Mounts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| mount.get(key).map(word).unwrap_or_default();
        let source = match text("Type").as_str() {
            "volume" if anonymous(&text("Name")) => String::new(),
            "volume" => text("Name"),
            "tmpfs" => String::new(),
            _ => text("Source"),
        };
        let read_only = mount.get("RW") == Some(&Value::Bool(false));
        is.insert(
            text("Destination"),
            shown(&text("Type"), &source, read_only),
        );
    }
    // From other containers: whose they are is compared by itself.
    if is_empty(wanted.get("VolumesFrom")) {
        let targets: BTreeSet<&String> = is.keys().chain(want.keys()).collect();
        for target in targets {
            let (is, want) = (is.get(target), want.get(target));
            if is != want {
                all.note(&format!("volumes ({target})"), is.cloned(), want.cloned());
            }
        }
    }
    all.field(
        "volumes_from",
        found.pointer("/HostConfig/VolumesFrom"),
        wanted.get("VolumesFrom"),
    );
}

fn shown(kind: &str, source: &str, read_only: bool) -> String {
    let mut text = kind.to_owned();
    if !source.is_empty() {
        text.push(' ');
        text.push_str(source);
    }
    if read_only {
        text.push_str(" (read-only)");
    }
    text
}

fn networks(all: &mut Differences, wanted: &Value, found: &Value) {
    let want: BTreeMap<&String, &Value> =
        fields(wanted.pointer("/NetworkingConfig/EndpointsConfig")).collect();
    if want.is_empty() {
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
    let names: BTreeSet<&&String> = is.keys().chain(want.keys()).collect();
    for name in names {
        match (is.get(*name), want.get(*name)) {
            (Some(is), Some(want)) => {
                for (key, part) in [
                    ("IPAMConfig", "addresses"),
                    ("Links", "links"),
                    ("DriverOpts", "driver_opts"),
                    ("GwPriority", "gw_priority"),
                ] {
                    all.field(
                        &format!("networks ({name}): {part}"),
                        is.get(key),
                        want.get(key),
                    );
                }
                if !is_empty(want.get("MacAddress")) {
                    all.field(
                        &format!("networks ({name}): mac_address"),
                        is.get("MacAddress"),
                        want.get("MacAddress"),
                    );
                }
                let aliases = |endpoint: &Value| {
                    let names = texts(endpoint.get("Aliases"));
                    let names = names.filter(|name| id.is_empty() || !id.starts_with(name));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Value {
        json!({
            "Image": "web:1", "Env": ["A=1"], "Labels": {"team": "x", "sinops.config-hash": "h"},
            "ExposedPorts": {"80/tcp": {}},
            "HostConfig": {
                "NetworkMode": "shop_net", "Binds": ["/a:/b:ro"], "Memory": 10,
                "Mounts": [{"Type": "volume", "Source": "shop_data", "Target": "/data"}],
                "PortBindings": {"80/tcp": [{"HostPort": "8080"}]},
            },
            "NetworkingConfig": {"EndpointsConfig": {"shop_net": {"Aliases": ["shop-web-1", "web"]}}},
        })
    }

    fn image() -> Value {
        json!({"Env": ["PATH=/bin"], "Cmd": ["serve"], "Volumes": ["/cache"]})
    }

    fn found() -> Value {
        json!({
            "Id": "abcdef0123456789",
            "Config": {
                "Hostname": "abcdef012345", "Image": "web:1", "Env": ["PATH=/bin", "A=1"],
                "Cmd": ["serve"], "Entrypoint": null, "User": "", "Tty": false,
                "Labels": {"team": "x", "com.docker.compose.project": "shop"},
            },
            "HostConfig": {
                "NetworkMode": "shop_net", "Memory": 10, "MemorySwap": 20, "ShmSize": 67_108_864,
                "CgroupnsMode": "host", "IpcMode": "private", "Runtime": "runc",
                "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
                "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
                "LogConfig": {"Type": "json-file", "Config": {}}, "CapAdd": null, "Dns": [],
            },
            "Mounts": [
                {"Type": "bind", "Source": "/a", "Destination": "/b", "RW": false},
                {"Type": "volume", "Name": "shop_data", "Destination": "/data", "RW": true},
                {"Type": "volume", "Name": "0".repeat(64), "Destination": "/cache", "RW": true},
            ],
            "NetworkSettings": {"Networks": {"shop_net": {"Aliases": ["web", "shop-web-1", "abcdef012345"], "IPAMConfig": {}}}},
        })
    }

    #[test]
    fn what_image_and_engine_add_is_no_difference() {
        assert_eq!(compare(&wanted(), &found(), &image()), []);
    }

    #[test]
    fn every_difference_is_named_with_both_sides() {
        for (pointer, value, expected) in [
            (
                "/Config/Env",
                json!(["PATH=/bin", "A=2", "B=1"]),
                &["environment.A 2 1", "environment.B 1 -"][..],
            ),
            (
                "/Config/Cmd",
                json!(["other"]),
                &[r#"command ["other"] ["serve"]"#],
            ),
            ("/Config/User", json!("10"), &["user 10 -"]),
            ("/Config/Labels", json!({}), &["labels.team - x"]),
            ("/Config/Hostname", json!("host"), &["hostname host -"]),
            ("/HostConfig/Memory", json!(10_i64), &[]),
            (
                "/HostConfig/Privileged",
                json!(true),
                &["privileged true -"],
            ),
            (
                "/HostConfig/RestartPolicy",
                json!({"Name": "always"}),
                &["restart always no"],
            ),
            ("/HostConfig/IpcMode", json!("host"), &["ipc host -"]),
            ("/HostConfig/ShmSize", json!(1), &["shm_size 1 -"]),
            (
                "/NetworkSettings/Networks",
                json!({}),
                &["networks (shop_net) - attached"],
            ),
        ] {
            let mut other = found();
            let place = pointer.rsplit_once('/').unwrap();
            other.pointer_mut(place.0).unwrap()[place.1] = value;
            let said: Vec<String> = compare(&wanted(), &other, &image())
                .into_iter()
                .map(|it| {
                    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                    format!("{} {} {}", it.path, or(it.old), or(it.new))
                })
                .collect();
            assert_eq!(said, expected, "{pointer}");
        }
        let mut other = found();
        other["Mounts"][0]["RW"] = json!(true);
        let said = compare(&wanted(), &other, &image());
        assert_eq!(said[0].path, "volumes (/b)");
        assert_eq!(said[0].old.as_deref(), Some("bind /a"));
    }
}
