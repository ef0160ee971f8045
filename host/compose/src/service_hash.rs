//! The hash that docker compose gives a service: what `config --hash` prints and the
//! label `com.docker.compose.config-hash` of its containers holds.
//!
//! It is the SHA-256 of the service as compose's JSON writer has it, so the order of the
//! keys and the escapes of texts count. How sinops itself tells definitions apart is in
//! `hash`.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::Service;
use crate::output::{self, OutputError};

/// How a value is written.
enum Form {
    /// As it is; the keys of maps are sorted.
    Plain,
    /// A list of these.
    Each(&'static Form),
    /// A map of these, its keys sorted.
    Keyed(&'static Form),
    /// These keys first, in this order.
    Fields(&'static [(&'static str, Form)]),
}

use Form::{Each, Fields, Keyed, Plain};

/// What compose leaves out: it changes without a new container.
const OUTSIDE: [&str; 5] = ["build", "pull_policy", "scale", "depends_on", "profiles"];

static DEVICE_REQUEST: Form = Fields(&[
    ("capabilities", Plain),
    ("driver", Plain),
    ("count", Plain),
    ("device_ids", Plain),
    ("options", Plain),
]);
static FILE_REFERENCE: Form = Fields(&[
    ("source", Plain),
    ("target", Plain),
    ("uid", Plain),
    ("gid", Plain),
    ("mode", Plain),
]);
static HOOK: Form = Fields(&HOOK_FIELDS);
const HOOK_FIELDS: [(&str, Form); 5] = [
    ("command", Plain),
    ("user", Plain),
    ("privileged", Plain),
    ("working_dir", Plain),
    ("environment", Plain),
];
const UPDATE: [(&str, Form); 6] = [
    ("parallelism", Plain),
    ("delay", Plain),
    ("failure_action", Plain),
    ("monitor", Plain),
    ("max_failure_ratio", Plain),
    ("order", Plain),
];
const RESOURCE: [(&str, Form); 5] = [
    ("cpus", Plain),
    ("memory", Plain),
    ("pids", Plain),
    ("devices", Each(&DEVICE_REQUEST)),
    (
        "generic_resources",
        Each(&Fields(&[(
            "discrete_resource_spec",
            Fields(&[("kind", Plain), ("value", Plain)]),
        )])),
    ),
];
const WATCH: [(&str, Form); 7] = [
    ("path", Plain),
    ("action", Plain),
    ("target", Plain),
    ("exec", Fields(&HOOK_FIELDS)),
    ("include", Plain),
    ("ignore", Plain),
    ("initial_sync", Plain),
];
static THROTTLE: Form = Fields(&[("Path", Plain), ("Rate", Plain)]);
static ULIMIT: Form = Fields(&[("soft", Plain), ("hard", Plain)]);
static NETWORK: Form = Fields(&[
    ("aliases", Plain),
    ("driver_opts", Plain),
    ("gw_priority", Plain),
    ("interface_name", Plain),
    ("ipv4_address", Plain),
    ("ipv6_address", Plain),
    ("link_local_ips", Plain),
    ("mac_address", Plain),
    ("priority", Plain),
]);
static PORT: Form = Fields(&[
    ("name", Plain),
    ("mode", Plain),
    ("host_ip", Plain),
    ("target", Plain),
    ("published", Plain),
    ("protocol", Plain),
    ("app_protocol", Plain),
]);
static MOUNT: Form = Fields(&[
    ("type", Plain),
    ("source", Plain),
    ("target", Plain),
    ("read_only", Plain),
    ("consistency", Plain),
    (
        "bind",
        Fields(&[
            ("selinux", Plain),
            ("propagation", Plain),
            ("create_host_path", Plain),
            ("recursive", Plain),
        ]),
    ),
    (
        "volume",
        Fields(&[("labels", Plain), ("nocopy", Plain), ("subpath", Plain)]),
    ),
    ("tmpfs", Fields(&[("size", Plain), ("mode", Plain)])),
    ("image", Plain),
]);

static SERVICE: Form = Fields(&[
    ("annotations", Plain),
    ("attach", Plain),
    ("develop", Fields(&[("watch", Each(&Fields(&WATCH)))])),
    (
        "blkio_config",
        Fields(&[
            ("weight", Plain),
            (
                "weight_device",
                Each(&Fields(&[("Path", Plain), ("Weight", Plain)])),
            ),
            ("device_read_bps", Each(&THROTTLE)),
            ("device_read_iops", Each(&THROTTLE)),
            ("device_write_bps", Each(&THROTTLE)),
            ("device_write_iops", Each(&THROTTLE)),
        ]),
    ),
    ("cap_add", Plain),
    ("cap_drop", Plain),
    ("cgroup_parent", Plain),
    ("cgroup", Plain),
    ("cpu_count", Plain),
    ("cpu_percent", Plain),
    ("cpu_period", Plain),
    ("cpu_quota", Plain),
    ("cpu_rt_period", Plain),
    ("cpu_rt_runtime", Plain),
    ("cpus", Plain),
    ("cpuset", Plain),
    ("cpu_shares", Plain),
    ("command", Plain),
    ("configs", Each(&FILE_REFERENCE)),
    ("container_name", Plain),
    (
        "credential_spec",
        Fields(&[("config", Plain), ("file", Plain), ("registry", Plain)]),
    ),
    (
        "deploy",
        Fields(&[
            ("mode", Plain),
            ("labels", Plain),
            ("update_config", Fields(&UPDATE)),
            ("rollback_config", Fields(&UPDATE)),
            (
                "resources",
                Fields(&[
                    ("limits", Fields(&RESOURCE)),
                    ("reservations", Fields(&RESOURCE)),
                ]),
            ),
            (
                "restart_policy",
                Fields(&[
                    ("condition", Plain),
                    ("delay", Plain),
                    ("max_attempts", Plain),
                    ("window", Plain),
                ]),
            ),
            (
                "placement",
                Fields(&[
                    ("constraints", Plain),
                    ("preferences", Plain),
                    ("max_replicas_per_node", Plain),
                ]),
            ),
            ("endpoint_mode", Plain),
        ]),
    ),
    ("device_cgroup_rules", Plain),
    (
        "devices",
        Each(&Fields(&[
            ("source", Plain),
            ("target", Plain),
            ("permissions", Plain),
        ])),
    ),
    ("dns", Plain),
    ("dns_opt", Plain),
    ("dns_search", Plain),
    ("domainname", Plain),
    ("entrypoint", Plain),
    ("provider", Fields(&[("type", Plain), ("options", Plain)])),
    ("environment", Plain),
    (
        "env_file",
        Each(&Fields(&[
            ("path", Plain),
            ("required", Plain),
            ("format", Plain),
        ])),
    ),
    ("expose", Plain),
    ("external_links", Plain),
    ("extra_hosts", Plain),
    ("group_add", Plain),
    ("gpus", Each(&DEVICE_REQUEST)),
    ("hostname", Plain),
    (
        "healthcheck",
        Fields(&[
            ("test", Plain),
            ("timeout", Plain),
            ("interval", Plain),
            ("retries", Plain),
            ("start_period", Plain),
            ("start_interval", Plain),
            ("disable", Plain),
        ]),
    ),
    ("image", Plain),
    ("init", Plain),
    ("ipc", Plain),
    ("isolation", Plain),
    ("labels", Plain),
    ("links", Plain),
    ("logging", Fields(&[("driver", Plain), ("options", Plain)])),
    ("mem_limit", Plain),
    ("mem_reservation", Plain),
    ("memswap_limit", Plain),
    ("mem_swappiness", Plain),
    ("mac_address", Plain),
    (
        "models",
        Keyed(&Fields(&[("endpoint_var", Plain), ("model_var", Plain)])),
    ),
    ("network_mode", Plain),
    ("networks", Keyed(&NETWORK)),
    ("oom_kill_disable", Plain),
    ("oom_score_adj", Plain),
    ("pid", Plain),
    ("pids_limit", Plain),
    ("platform", Plain),
    ("ports", Each(&PORT)),
    ("privileged", Plain),
    ("read_only", Plain),
    ("restart", Plain),
    ("runtime", Plain),
    ("secrets", Each(&FILE_REFERENCE)),
    ("security_opt", Plain),
    ("shm_size", Plain),
    ("stdin_open", Plain),
    ("stop_grace_period", Plain),
    ("stop_signal", Plain),
    ("storage_opt", Plain),
    ("sysctls", Plain),
    ("tmpfs", Plain),
    ("tty", Plain),
    ("ulimits", Keyed(&ULIMIT)),
    ("use_api_socket", Plain),
    ("user", Plain),
    ("userns_mode", Plain),
    ("uts", Plain),
    ("volumes", Each(&MOUNT)),
    ("volumes_from", Plain),
    ("working_dir", Plain),
    ("post_start", Each(&HOOK)),
    ("pre_stop", Each(&HOOK)),
]);

/// The hash of docker compose, in hex. The service is one whose `env_file` was not read
/// (see [`Skip::environment`](crate::Skip)); `default_platform` is the value of
/// `DOCKER_DEFAULT_PLATFORM`, which a build without a platform gets.
///
/// # Errors
/// When a value cannot be written as JSON.
pub fn service_hash(
    service: &Service,
    default_platform: Option<&str>,
) -> Result<String, OutputError> {
    let mut service = service.clone();
    if service.build.is_some() && service.platform.is_none() {
        service.platform = default_platform.map(str::to_owned);
    }
    if let Some(deploy) = &mut service.deploy {
        deploy.replicas = None;
    }
    let mut value = output::service(&service)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|key, _| !OUTSIDE.contains(&key.as_str()));
        let files = fields.get_mut("env_file").and_then(Value::as_array_mut);
        for file in files.into_iter().flatten() {
            // One that has to be there is written as its path alone.
            if file.get("required") == Some(&Value::Bool(true))
                && let Some(path) = file.get_mut("path").map(Value::take)
            {
                *file = path;
            }
        }
    }
    let mut text = String::new();
    write(&value, &SERVICE, &mut text);
    let digest = Sha256::digest(text.as_bytes());
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write(value: &Value, form: &Form, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let known: &[(&str, Form)] = match form {
                Fields(known) => known,
                Plain | Each(_) | Keyed(_) => &[],
            };
            let inner = match form {
                Keyed(inner) => inner,
                Plain | Each(_) | Fields(_) => &Plain,
            };
            let mut rest: Vec<(&String, &Value)> = fields
                .iter()
                .filter(|(key, _)| !known.iter().any(|(name, _)| name == key))
                .collect();
            rest.sort_by_key(|(key, _)| *key);
            let first = known
                .iter()
                .filter_map(|(name, form)| Some((*name, fields.get(*name)?, form)));
            let rest = rest
                .into_iter()
                .map(|(key, value)| (key.as_str(), value, inner));
            out.push('{');
            for (index, (key, value, form)) in first.chain(rest).enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                write(value, form, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            let inner = match form {
                Each(inner) => inner,
                Plain | Keyed(_) | Fields(_) => &Plain,
            };
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, inner, out);
            }
            out.push(']');
        }
        Value::String(text) => quote(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// A text in quotes, with what could end a script in a page escaped as well.
fn quote(text: &str, out: &mut String) {
    for character in Value::from(text).to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
}
