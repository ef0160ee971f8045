//! What the engine is told for the host's side: limits, namespaces, devices, logging.

use super::super::machine::Habits;
use super::super::security::{capabilities, compact};
use super::{Differences, canonical, fields, is_empty, texts, word};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fields of `HostConfig`, with their names in compose and what engines say where
/// nothing is declared.
const HOST: [(&str, &str, &[&str]); 35] = [
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
    ("GroupAdd", "group_add", &[]),
    ("Init", "init", &[]),
    ("IpcMode", "ipc", &["private", "shareable"]),
    ("Memory", "mem_limit", &[]),
    ("MemoryReservation", "mem_reservation", &[]),
    ("NanoCpus", "cpus", &[]),
    ("OomKillDisable", "oom_kill_disable", &[]),
    ("OomScoreAdj", "oom_score_adj", &[]),
    ("PidMode", "pid", &[]),
    ("PidsLimit", "pids_limit", &["-1"]),
    ("PortBindings", "ports", &[]),
    ("Privileged", "privileged", &[]),
    ("ReadonlyRootfs", "read_only", &[]),
    ("Runtime", "runtime", &["runc"]),
    ("UTSMode", "uts", &[]),
    ("UsernsMode", "userns_mode", &[]),
];

/// Fields of `HostConfig` that are names with values.
const PAIRS: [(&str, &str); 4] = [
    ("Annotations", "annotations"),
    ("StorageOpt", "storage_opt"),
    ("Sysctls", "sysctls"),
    ("Tmpfs", "tmpfs"),
];

pub(super) fn compare(all: &mut Differences, wanted: &Value, found: &Value, habits: &Habits) {
    let part = |value: &Value| {
        let mut part = value.get("HostConfig").cloned().unwrap_or_default();
        if let Value::Object(fields) = &mut part {
            fields.retain(|key, _| !habits.dropped.contains(&key.as_str()));
        }
        part
    };
    let (host, wanted) = (&part(found), &part(wanted));
    for (key, name, defaults) in HOST {
        let (is, want) = (host.get(key), wanted.get(key));
        // What goes without saying may be said by either side.
        let unsaid = |value: Option<&Value>| {
            is_empty(value) || value.is_some_and(|it| defaults.contains(&word(it).as_str()))
        };
        let by_itself = unsaid(is) && unsaid(want) && (is_empty(is) || is_empty(want));
        if !by_itself {
            all.field(name, is, want);
        }
    }
    for (key, name) in PAIRS {
        all.pairs(name, host.get(key), wanted.get(key));
    }
    all.count(
        "mem_swappiness",
        host.get("MemorySwappiness"),
        wanted.get("MemorySwappiness"),
    );
    special(all, wanted, host);
    logging(all, wanted, host, &habits.log_driver);
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
    for (key, name) in [("CapAdd", "cap_add"), ("CapDrop", "cap_drop")] {
        let names = |host: &Value| {
            let names: Vec<&str> = texts(host.get(key)).collect();
            json!(capabilities(&names))
        };
        all.field(name, Some(&names(host)), Some(&names(wanted)));
    }
    let hosts = |host: &Value| json!(texts(host.get("ExtraHosts")).collect::<BTreeSet<_>>());
    all.field("extra_hosts", Some(&hosts(host)), Some(&hosts(wanted)));
    // Where the kernel has no weights the engine warns, and drops it.
    let weight = host.get("BlkioWeight");
    if !is_empty(weight) {
        all.field("blkio_config.weight", weight, wanted.get("BlkioWeight"));
    }
    security(all, wanted, host);
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
    let bare = |host: &Value| host.get("MaskedPaths") == Some(&json!([]));
    let (is, want) = (bare(host), bare(wanted));
    let masked = !is_empty(host.get("MaskedPaths"));
    if (want && masked) || (is && !want && is_empty(host.get("Privileged"))) {
        let said = |bare: bool| bare.then(|| "systempaths=unconfined".to_owned());
        all.note("security_opt", said(is), said(want));
    }
}

/// Options are written with `:` or `=`. Labels are the engine's to take away where the
/// processes or the shared memory of the host are seen.
fn security(all: &mut Differences, wanted: &Value, host: &Value) {
    let options = |host: &Value| -> BTreeSet<String> {
        texts(host.get("SecurityOpt"))
            .map(|option| match option.split_once([':', '=']) {
                Some(("seccomp", value)) => format!("seccomp={}", compact(value)),
                Some((name, value)) => format!("{name}={value}"),
                None => option.to_owned(),
            })
            .collect()
    };
    let (mut is, want) = (options(host), options(wanted));
    let of_host = |key: &str| host.get(key).and_then(Value::as_str) == Some("host");
    if of_host("PidMode") || of_host("IpcMode") {
        is.retain(|option| option != "label=disable" || want.contains(option));
    }
    all.field("security_opt", Some(&json!(is)), Some(&json!(want)));
}

/// The engine gives containers with its own driver its own options as well: with that
/// driver, only options that are declared are compared.
fn logging(all: &mut Differences, wanted: &Value, host: &Value, log_driver: &str) {
    let driver = |host: &Value| {
        let name = host.pointer("/LogConfig/Type").map(word);
        let name = name.filter(|name| !name.is_empty());
        name.unwrap_or_else(|| log_driver.to_owned())
    };
    let (is, want) = (driver(host), driver(wanted));
    if is != want {
        all.note("logging.driver", Some(is), Some(want));
        return;
    }
    let option = |host: &Value, name: &str| {
        let options = host.pointer("/LogConfig/Config")?;
        options.get(name).map(word)
    };
    let mut names: BTreeSet<&String> = fields(wanted.pointer("/LogConfig/Config"))
        .map(|(name, _)| name)
        .collect();
    if is != log_driver {
        names.extend(fields(host.pointer("/LogConfig/Config")).map(|(name, _)| name));
    }
    for name in names {
        let (is, want) = (option(host, name), option(wanted, name));
        if is != want {
            all.note(&format!("logging.options.{name}"), is, want);
        }
    }
}
