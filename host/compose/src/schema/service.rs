//! A service.

use super::resources::{CONFIG_REFERENCES, ENV_FILES, SECRET_REFERENCES};
use super::{Merge, Object, Pairs, Shape, TEXTS, closed, field, object, unsupported};
use crate::expand;

static TEXT_SET: Shape = Shape::Set(&Shape::Text, expand::pair_key);
static SCALAR_SET: Shape = Shape::Set(&Shape::Scalar, expand::whole_key);
static ONE_OR_TEXTS: Shape = Shape::Expand(expand::one_or_list, &TEXTS);
static ONE_OR_TEXT_SET: Shape = Shape::Expand(expand::one_or_list, &TEXT_SET);
static ULIMITS: Shape = Shape::Map(&Shape::Ulimit);

static BUILD_OBJECT: Object = object(&[
    field("context", Shape::Text),
    field("dockerfile", Shape::Text),
    field("dockerfile_inline", Shape::Text),
    field("entitlements", Shape::List(&Shape::Text)),
    field("args", Shape::Pairs(Pairs::Environment)),
    field("labels", Shape::Pairs(Pairs::Labels)),
    field("cache_from", Shape::List(&Shape::Text)),
    field("cache_to", Shape::List(&Shape::Text)),
    field("no_cache", Shape::Bool),
    field("additional_contexts", Shape::Pairs(Pairs::Labels)),
    field("network", Shape::Text),
    field("provenance", Shape::Scalar),
    field("sbom", Shape::Scalar),
    field("pull", Shape::Bool),
    field("target", Shape::Text),
    field("shm_size", Shape::Bytes),
    field("extra_hosts", Shape::Hosts),
    field("isolation", Shape::Text),
    field("privileged", Shape::Bool),
    field("secrets", Shape::Same(&SECRET_REFERENCES)),
    field("tags", Shape::Set(&Shape::Text, expand::pair_key)),
    field("ulimits", Shape::Map(&Shape::Ulimit)),
    field("platforms", Shape::List(&Shape::Text)),
    unsupported("ssh"),
]);
static BUILD: Shape = Shape::Object(&BUILD_OBJECT);

static DEPENDENCY: Object = object(&[
    field(
        "condition",
        Shape::OneOf(&[
            "service_started",
            "service_healthy",
            "service_completed_successfully",
        ]),
    ),
    field("restart", Shape::Bool),
    field("required", Shape::Bool),
]);
static DEPENDENCIES: Shape = Shape::Map(&Shape::Object(&DEPENDENCY));

static RESTART_POLICY: Object = object(&[
    field("condition", Shape::Text),
    field("delay", Shape::Duration),
    field("max_attempts", Shape::Integer),
    field("window", Shape::Duration),
]);
static UPDATE_CONFIG: Object = object(&[
    field("parallelism", Shape::Integer),
    field("delay", Shape::Duration),
    field("failure_action", Shape::Text),
    field("monitor", Shape::Duration),
    field("max_failure_ratio", Shape::Number),
    field("order", Shape::OneOf(&["start-first", "stop-first"])),
]);
static LIMITS: Object = object(&[
    field("cpus", Shape::Number),
    field("memory", Shape::Bytes),
    field("pids", Shape::Integer),
]);
static DEVICE_REQUEST: Object = Object {
    required: &["capabilities"],
    ..object(&[
        field("capabilities", Shape::List(&Shape::Text)),
        field(
            "count",
            Shape::Expand(expand::device_count, &Shape::Integer),
        ),
        field("device_ids", Shape::List(&Shape::Text)),
        field("driver", Shape::Text),
        field("options", Shape::Pairs(Pairs::Labels)),
    ])
};
static RESERVATIONS: Object = object(&[
    field("cpus", Shape::Number),
    field("memory", Shape::Bytes),
    field("devices", Shape::List(&Shape::Object(&DEVICE_REQUEST))),
    unsupported("generic_resources"),
]);
static RESOURCES: Object = object(&[
    field("limits", Shape::Object(&LIMITS)),
    field("reservations", Shape::Object(&RESERVATIONS)),
]);
static PREFERENCE: Object = object(&[field("spread", Shape::Text)]);
static PLACEMENT: Object = object(&[
    field("constraints", Shape::List(&Shape::Text)),
    field("preferences", Shape::List(&Shape::Object(&PREFERENCE))),
    field("max_replicas_per_node", Shape::Integer),
]);
static DEPLOY_OBJECT: Object = object(&[
    field("mode", Shape::Text),
    field("replicas", Shape::Integer),
    field("labels", Shape::Pairs(Pairs::Labels)),
    field("resources", Shape::Object(&RESOURCES)),
    field("restart_policy", Shape::Object(&RESTART_POLICY)),
    field("update_config", Shape::Object(&UPDATE_CONFIG)),
    field("rollback_config", Shape::Object(&UPDATE_CONFIG)),
    field("endpoint_mode", Shape::Text),
    field("placement", Shape::Object(&PLACEMENT)),
]);
static DEPLOY: Shape = Shape::Object(&DEPLOY_OBJECT);

static DEVICE_OBJECT: Object = Object {
    required: &["source"],
    ..object(&[
        field("source", Shape::Text),
        field("target", Shape::Text),
        field("permissions", Shape::Text),
    ])
};
static DEVICE: Shape = Shape::Expand(expand::device, &Shape::Object(&DEVICE_OBJECT));

static EXTENDS_OBJECT: Object = Object {
    required: &["service"],
    ..closed(&[field("service", Shape::Text), field("file", Shape::Text)])
};
static EXTENDS: Shape = Shape::Object(&EXTENDS_OBJECT);

static HEALTH_CHECK: Object = object(&[
    field("test", Shape::Merge(Merge::Replace, &Shape::HealthTest)),
    field("interval", Shape::Duration),
    field("timeout", Shape::Duration),
    field("retries", Shape::Integer),
    field("start_period", Shape::Duration),
    field("start_interval", Shape::Duration),
    field("disable", Shape::Bool),
]);

static LOGGING_OBJECT: Object = object(&[
    field("driver", Shape::Text),
    field("options", Shape::Pairs(Pairs::Options)),
]);
static LOGGING: Shape = Shape::Object(&LOGGING_OBJECT);

static ATTACHMENT_OBJECT: Object = object(&[
    field("aliases", Shape::Set(&Shape::Text, expand::pair_key)),
    field("ipv4_address", Shape::Text),
    field("ipv6_address", Shape::Text),
    field("link_local_ips", Shape::Set(&Shape::Text, expand::pair_key)),
    field("mac_address", Shape::Text),
    field("driver_opts", Shape::Pairs(Pairs::Options)),
    field("priority", Shape::Integer),
    unsupported("gw_priority"),
    unsupported("interface_name"),
]);
static ATTACHMENT: Shape = Shape::Object(&ATTACHMENT_OBJECT);
static ATTACHMENTS: Shape = Shape::Map(&Shape::OrNull(&ATTACHMENT));

static PORT_OBJECT: Object = Object {
    required: &["target"],
    ..object(&[
        field("name", Shape::Text),
        field("mode", Shape::OneOf(&["ingress", "host"])),
        field("host_ip", Shape::Text),
        field("target", Shape::Integer),
        field("published", Shape::Scalar),
        field("protocol", Shape::OneOf(&["tcp", "udp", "sctp"])),
        field("app_protocol", Shape::Text),
    ])
};
static PORTS: Shape = Shape::Set(&Shape::Object(&PORT_OBJECT), expand::port_key);

static BIND: Object = object(&[
    field(
        "propagation",
        Shape::OneOf(&[
            "rprivate", "private", "rshared", "shared", "rslave", "slave",
        ]),
    ),
    field("create_host_path", Shape::Bool),
    field(
        "recursive",
        Shape::OneOf(&["enabled", "disabled", "writable", "readonly"]),
    ),
    field("selinux", Shape::OneOf(&["z", "Z"])),
]);
static MOUNT_VOLUME: Object = object(&[
    field("labels", Shape::Pairs(Pairs::Labels)),
    field("nocopy", Shape::Bool),
    field("subpath", Shape::Text),
]);
static TMPFS: Object = object(&[
    field("size", Shape::Bytes),
    field("mode", Shape::ModeNumber),
]);
static MOUNT_IMAGE: Object = object(&[field("subpath", Shape::Text)]);
static MOUNT_OBJECT: Object = Object {
    required: &["type", "target"],
    ..object(&[
        field(
            "type",
            Shape::OneOf(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]),
        ),
        field("source", Shape::Text),
        field("target", Shape::Text),
        field("read_only", Shape::Bool),
        field("consistency", Shape::Text),
        field("bind", Shape::Object(&BIND)),
        field("volume", Shape::Object(&MOUNT_VOLUME)),
        field("tmpfs", Shape::Object(&TMPFS)),
        field("image", Shape::Object(&MOUNT_IMAGE)),
    ])
};
static MOUNT: Shape = Shape::Expand(expand::mount, &Shape::Object(&MOUNT_OBJECT));

static SERVICE_OBJECT: Object = object(&[
    unsupported("annotations"),
    unsupported("attach"),
    field("build", Shape::Expand(expand::build, &BUILD)),
    unsupported("blkio_config"),
    field("cap_add", Shape::Set(&Shape::Text, expand::pair_key)),
    field("cap_drop", Shape::Set(&Shape::Text, expand::pair_key)),
    unsupported("cgroup"),
    unsupported("cgroup_parent"),
    field("command", Shape::Merge(Merge::Replace, &Shape::Command)),
    field("configs", Shape::Same(&CONFIG_REFERENCES)),
    field("container_name", Shape::Text),
    unsupported("cpu_count"),
    unsupported("cpu_percent"),
    unsupported("cpu_period"),
    unsupported("cpu_quota"),
    unsupported("cpu_rt_period"),
    unsupported("cpu_rt_runtime"),
    unsupported("cpu_shares"),
    unsupported("cpus"),
    unsupported("cpuset"),
    unsupported("credential_spec"),
    field(
        "depends_on",
        Shape::Expand(expand::depends_on, &DEPENDENCIES),
    ),
    field("deploy", Shape::OrNull(&DEPLOY)),
    unsupported("develop"),
    unsupported("device_cgroup_rules"),
    field("devices", Shape::Set(&DEVICE, expand::target_key)),
    field("dns", Shape::Same(&ONE_OR_TEXT_SET)),
    unsupported("dns_opt"),
    unsupported("dns_search"),
    unsupported("domainname"),
    field("entrypoint", Shape::Merge(Merge::Replace, &Shape::Command)),
    field("env_file", Shape::Same(&ENV_FILES)),
    field("environment", Shape::Pairs(Pairs::Environment)),
    field("expose", Shape::Same(&SCALAR_SET)),
    field("extends", Shape::Expand(expand::extends, &EXTENDS)),
    unsupported("external_links"),
    field("extra_hosts", Shape::Hosts),
    unsupported("gpus"),
    unsupported("group_add"),
    field("healthcheck", Shape::Object(&HEALTH_CHECK)),
    field("hostname", Shape::Text),
    field("image", Shape::Text),
    field("init", Shape::Bool),
    unsupported("ipc"),
    unsupported("isolation"),
    field("label_file", Shape::Same(&ONE_OR_TEXTS)),
    field("labels", Shape::Pairs(Pairs::Labels)),
    unsupported("links"),
    field("logging", Shape::Merge(Merge::Logging, &LOGGING)),
    unsupported("mac_address"),
    field("mem_limit", Shape::Bytes),
    unsupported("mem_reservation"),
    unsupported("mem_swappiness"),
    unsupported("memswap_limit"),
    unsupported("models"),
    field("network_mode", Shape::Text),
    field("networks", Shape::Expand(expand::names, &ATTACHMENTS)),
    unsupported("oom_kill_disable"),
    unsupported("oom_score_adj"),
    field("pid", Shape::OrNull(&Shape::Text)),
    unsupported("pids_limit"),
    unsupported("platform"),
    field("ports", Shape::Expand(expand::ports, &PORTS)),
    unsupported("post_start"),
    unsupported("pre_stop"),
    field("privileged", Shape::Bool),
    field("profiles", Shape::Set(&Shape::Text, expand::pair_key)),
    unsupported("provider"),
    field("pull_policy", Shape::Text),
    unsupported("pull_refresh_after"),
    field("read_only", Shape::Bool),
    field("restart", Shape::Text),
    unsupported("runtime"),
    field("scale", Shape::Integer),
    field("secrets", Shape::Same(&SECRET_REFERENCES)),
    field("security_opt", Shape::Set(&Shape::Text, expand::whole_key)),
    field("shm_size", Shape::Bytes),
    field("stdin_open", Shape::Bool),
    field("stop_grace_period", Shape::Duration),
    field("stop_signal", Shape::Text),
    unsupported("storage_opt"),
    field("sysctls", Shape::Pairs(Pairs::Labels)),
    field("tmpfs", Shape::Same(&ONE_OR_TEXT_SET)),
    field("tty", Shape::Bool),
    field("ulimits", Shape::Same(&ULIMITS)),
    unsupported("use_api_socket"),
    field("user", Shape::Text),
    unsupported("userns_mode"),
    unsupported("uts"),
    field("volumes", Shape::Set(&MOUNT, expand::target_key)),
    unsupported("volumes_from"),
    field("working_dir", Shape::Text),
]);
/// An entry of `services`.
pub(crate) static SERVICE: Shape = Shape::Object(&SERVICE_OBJECT);
