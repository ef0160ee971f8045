//! A service.

use super::resources::{CONFIG_REFERENCES, ENV_FILES, SECRET_REFERENCES};
use super::{
    CUT, Field, INTEGER, Merge, NATURAL, Object, Pairs, Shape, TEXTS, UNIQUE_TEXTS, bare, closed,
    field, object, whole,
};
use crate::expand;

static TEXT_SET: Shape = Shape::Set(&Shape::Text, expand::pair_key);
static PORT_SET: Shape = Shape::Set(&Shape::IntegerOrText, expand::whole_key);
static ONE_OR_TEXTS: Shape = Shape::Expand(expand::one_or_list, &TEXTS);
static ONE_OR_TEXT_SET: Shape = Shape::Expand(expand::one_or_list, &TEXT_SET);
static ONE_OR_UNIQUE: Shape = Shape::Expand(expand::one_or_list, &UNIQUE_TEXTS);
static ULIMITS: Shape = Shape::Map(&Shape::Ulimit);

static WHOLE_SIZE: Shape = Shape::Expand(expand::whole_size, &Shape::Bytes);

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
    field("additional_contexts", Shape::Pairs(Pairs::Contexts)),
    field("network", Shape::Text),
    field("provenance", Shape::BoolOrText),
    field("sbom", Shape::BoolOrText),
    field("pull", Shape::Bool),
    field("target", Shape::Text),
    field("shm_size", Shape::Same(&WHOLE_SIZE)),
    field("extra_hosts", Shape::Hosts),
    field("isolation", Shape::Text),
    field("privileged", Shape::Bool),
    field("secrets", Shape::Same(&SECRET_REFERENCES)),
    field("tags", Shape::Set(&Shape::Text, expand::pair_key)),
    field("ulimits", Shape::Map(&Shape::Ulimit)),
    field("platforms", Shape::List(&Shape::Text)),
    field("ssh", Shape::Pairs(Pairs::Agents)),
]);
static BUILD: Shape = Shape::Object(&BUILD_OBJECT);

static DEPENDENCY: Object = Object {
    required: &["condition"],
    ..object(&[
        field(
            "condition",
            Shape::OneOf(&[
                "service_started",
                "service_healthy",
                "service_completed_successfully",
            ]),
        ),
        field("restart", Shape::Bool),
        field("required", Shape::Kept(&Shape::OnlyBool)),
    ])
};
static DEPENDENCIES: Shape = Shape::Map(&Shape::Object(&DEPENDENCY));

static RESTART_POLICY: Object = object(&[
    field("condition", Shape::Text),
    field("delay", Shape::Kept(&Shape::Duration)),
    field("max_attempts", Shape::Kept(&NATURAL)),
    field("window", Shape::Kept(&Shape::Duration)),
]);
static UPDATE_CONFIG: Object = object(&[
    field("parallelism", Shape::Kept(&NATURAL)),
    field("delay", Shape::Duration),
    field("failure_action", Shape::Text),
    field("monitor", Shape::Duration),
    field("max_failure_ratio", Shape::Number),
    field("order", Shape::OneOf(&["start-first", "stop-first"])),
]);
static LIMITS: Object = object(&[
    field("cpus", Shape::LateNumber),
    field("memory", Shape::BytesText),
    field("pids", INTEGER),
]);
const DEVICE_FIELDS: &[Field] = &[
    field("capabilities", Shape::Same(&UNIQUE_TEXTS)),
    field("count", Shape::Expand(expand::device_count, &INTEGER)),
    field("device_ids", Shape::Same(&UNIQUE_TEXTS)),
    field("driver", Shape::Text),
    field("options", Shape::Pairs(Pairs::UniqueLabels)),
];
static DEVICE_REQUEST: Object = Object {
    required: &["capabilities"],
    ..object(DEVICE_FIELDS)
};
static DISCRETE_RESOURCE: Object = object(&[field("kind", Shape::Text), field("value", CUT)]);
static GENERIC_RESOURCE: Object = object(&[field(
    "discrete_resource_spec",
    Shape::Object(&DISCRETE_RESOURCE),
)]);
static RESERVATIONS: Object = object(&[
    field("cpus", Shape::LateNumber),
    field("memory", Shape::BytesText),
    field("devices", Shape::List(&Shape::Object(&DEVICE_REQUEST))),
    field(
        "generic_resources",
        Shape::List(&Shape::Object(&GENERIC_RESOURCE)),
    ),
]);
static RESOURCES: Object = object(&[
    field("limits", Shape::Object(&LIMITS)),
    field("reservations", Shape::Object(&RESERVATIONS)),
]);
static PREFERENCE: Object = object(&[field("spread", Shape::Text)]);
static PLACEMENT: Object = object(&[
    field("constraints", Shape::List(&Shape::Text)),
    field("preferences", Shape::List(&Shape::Object(&PREFERENCE))),
    field("max_replicas_per_node", NATURAL),
]);
static DEPLOY_OBJECT: Object = object(&[
    field("mode", Shape::Text),
    field("replicas", Shape::Kept(&INTEGER)),
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
    forgiving: true,
    required: &["service"],
    ..closed(&[field("service", Shape::Text), field("file", Shape::Text)])
};
static EXTENDS: Shape = Shape::Object(&EXTENDS_OBJECT);

static RETRIES: Shape = Shape::Integer(super::Whole {
    least: 0,
    most: i64::MAX,
    fraction: true,
    text: true,
});
static HEALTH_CHECK: Object = object(&[
    field("test", Shape::Merge(Merge::Replace, &Shape::HealthTest)),
    field("interval", Shape::Kept(&Shape::Duration)),
    field("timeout", Shape::Kept(&Shape::Duration)),
    field("retries", Shape::Kept(&RETRIES)),
    field("start_period", Shape::Kept(&Shape::Duration)),
    field("start_interval", Shape::Kept(&Shape::Duration)),
    field("disable", Shape::Bool),
]);

static LOGGING_OBJECT: Object = object(&[
    field("driver", Shape::Text),
    field("options", Shape::Pairs(Pairs::LogOptions)),
]);
static LOGGING: Shape = Shape::Object(&LOGGING_OBJECT);

static ATTACHMENT_OBJECT: Object = object(&[
    field("aliases", Shape::Set(&Shape::Text, expand::pair_key)),
    field("ipv4_address", Shape::Text),
    field("ipv6_address", Shape::Text),
    field("link_local_ips", Shape::Set(&Shape::Text, expand::pair_key)),
    field("mac_address", Shape::Text),
    field("driver_opts", Shape::Pairs(Pairs::Options)),
    field("priority", bare(i64::MIN, i64::MAX, true)),
    field("gw_priority", bare(i64::MIN, i64::MAX, true)),
    field("interface_name", Shape::Text),
]);
static ATTACHMENT: Shape = Shape::Object(&ATTACHMENT_OBJECT);
static ATTACHMENTS: Shape = Shape::Map(&Shape::OrNull(&ATTACHMENT));

static PORT_OBJECT: Object = Object {
    required: &["target"],
    ..object(&[
        field("name", Shape::Text),
        field("mode", Shape::Text),
        field("host_ip", Shape::Text),
        field("target", INTEGER),
        field("published", Shape::Published),
        field("protocol", Shape::Text),
        field("app_protocol", Shape::Text),
    ])
};
static PORTS: Shape = Shape::Set(&Shape::Object(&PORT_OBJECT), expand::port_key);

static BIND: Object = object(&[
    field("propagation", Shape::Text),
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
    field("size", Shape::Expand(expand::not_negative, &Shape::Bytes)),
    field("mode", bare(0, 0o37_777_777_777, true)),
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

static GPUS: Shape = Shape::Merge(Merge::Scalar, &Shape::List(&Shape::Object(&GPU)));
static GPU: Object = Object {
    forgiving: true,
    ..object(DEVICE_FIELDS)
};

static HOOK: Shape = Shape::Object(&HOOK_OBJECT);
static HOOK_OBJECT: Object = Object {
    required: &["command"],
    ..object(&[
        field("command", Shape::Command),
        field("user", Shape::Text),
        field("privileged", Shape::Bool),
        field("working_dir", Shape::Text),
        field("environment", Shape::Pairs(Pairs::Environment)),
    ])
};

static WATCH: Object = Object {
    required: &["path", "action"],
    ..object(&[
        field("path", Shape::Text),
        field(
            "action",
            Shape::OneOf(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]),
        ),
        field("target", Shape::Text),
        field("exec", Shape::Same(&HOOK)),
        field("include", Shape::Same(&ONE_OR_UNIQUE)),
        field("ignore", Shape::Same(&ONE_OR_UNIQUE)),
        field("initial_sync", Shape::OnlyBool),
    ])
};
static DEVELOP_OBJECT: Object = object(&[field("watch", Shape::List(&Shape::Object(&WATCH)))]);
static DEVELOP: Shape = Shape::Object(&DEVELOP_OBJECT);

static BLKIO_LIMIT: Object = closed(&[field("path", Shape::Text), field("rate", Shape::Bytes)]);
static BLKIO_LIMITS: Shape = Shape::List(&Shape::Object(&BLKIO_LIMIT));
static BLKIO_WEIGHT: Object = closed(&[
    field("path", Shape::Text),
    field("weight", bare(0, 65535, false)),
]);
static BLKIO: Object = closed(&[
    field("device_read_bps", Shape::Same(&BLKIO_LIMITS)),
    field("device_read_iops", Shape::Same(&BLKIO_LIMITS)),
    field("device_write_bps", Shape::Same(&BLKIO_LIMITS)),
    field("device_write_iops", Shape::Same(&BLKIO_LIMITS)),
    field("weight", bare(0, 65535, false)),
    field("weight_device", Shape::List(&Shape::Object(&BLKIO_WEIGHT))),
]);

static CREDENTIAL_SPEC: Object = object(&[
    field("config", Shape::Text),
    field("file", Shape::Text),
    field("registry", Shape::Text),
]);

static PROVIDER_OPTION: Shape = Shape::Expand(
    expand::one_scalar_or_list,
    &Shape::Merge(Merge::Scalar, &Shape::List(&Shape::Scalar)),
);
static PROVIDER: Object = Object {
    required: &["type"],
    ..object(&[
        field("type", Shape::Text),
        field("options", Shape::Map(&PROVIDER_OPTION)),
    ])
};

static SERVICE_MODEL: Object = object(&[
    field("endpoint_var", Shape::Text),
    field("model_var", Shape::Text),
]);
static SERVICE_MODEL_LONG: Shape = Shape::Object(&SERVICE_MODEL);
static SERVICE_MODELS: Shape = Shape::Map(&Shape::OrNull(&SERVICE_MODEL_LONG));

static SERVICE_OBJECT: Object = object(&[
    field("annotations", Shape::Pairs(Pairs::Labels)),
    field("attach", Shape::Kept(&Shape::Bool)),
    field("build", Shape::Expand(expand::build, &BUILD)),
    field("blkio_config", Shape::Object(&BLKIO)),
    field("cap_add", Shape::Set(&Shape::Text, expand::pair_key)),
    field("cap_drop", Shape::Set(&Shape::Text, expand::pair_key)),
    field("cgroup", Shape::OneOf(&["host", "private"])),
    field("cgroup_parent", Shape::Text),
    field("command", Shape::Merge(Merge::Replace, &Shape::Command)),
    field("configs", Shape::Same(&CONFIG_REFERENCES)),
    field(
        "container_name",
        Shape::Expand(expand::container_name, &Shape::Text),
    ),
    field("cpu_count", NATURAL),
    field("cpu_percent", whole(0, 100)),
    field("cpu_period", CUT),
    field("cpu_quota", CUT),
    field("cpu_rt_period", CUT),
    field("cpu_rt_runtime", CUT),
    field("cpu_shares", CUT),
    field("cpus", Shape::Number),
    field("cpuset", Shape::Text),
    field("credential_spec", Shape::Object(&CREDENTIAL_SPEC)),
    field(
        "depends_on",
        Shape::Expand(expand::depends_on, &DEPENDENCIES),
    ),
    field("deploy", Shape::OrNull(&DEPLOY)),
    field("develop", Shape::OrNull(&DEVELOP)),
    field("device_cgroup_rules", Shape::Same(&UNIQUE_TEXTS)),
    field("devices", Shape::Set(&DEVICE, expand::target_key)),
    field("dns", Shape::Same(&ONE_OR_TEXT_SET)),
    field("dns_opt", Shape::Same(&TEXT_SET)),
    field("dns_search", Shape::Same(&ONE_OR_TEXT_SET)),
    field("domainname", Shape::Text),
    field("entrypoint", Shape::Merge(Merge::Replace, &Shape::Command)),
    field("env_file", Shape::Same(&ENV_FILES)),
    field("environment", Shape::Pairs(Pairs::Environment)),
    field("expose", Shape::Same(&PORT_SET)),
    field("extends", Shape::Expand(expand::extends, &EXTENDS)),
    field("external_links", Shape::Same(&UNIQUE_TEXTS)),
    field("extra_hosts", Shape::Hosts),
    field("gpus", Shape::Expand(expand::gpus, &GPUS)),
    field("group_add", Shape::Unique(&Shape::IntegerOrText)),
    field("healthcheck", Shape::Object(&HEALTH_CHECK)),
    field("hostname", Shape::Text),
    field("image", Shape::Text),
    field("init", Shape::Kept(&Shape::Bool)),
    field("ipc", Shape::Text),
    field("isolation", Shape::Text),
    field("label_file", Shape::Same(&ONE_OR_TEXTS)),
    field("labels", Shape::Pairs(Pairs::Labels)),
    field("links", Shape::Same(&TEXT_SET)),
    field("logging", Shape::Merge(Merge::Logging, &LOGGING)),
    field("mac_address", Shape::Text),
    field("mem_limit", Shape::Bytes),
    field("mem_reservation", Shape::Same(&WHOLE_SIZE)),
    field("mem_swappiness", Shape::Same(&WHOLE_SIZE)),
    field("memswap_limit", Shape::Bytes),
    field("models", Shape::Expand(expand::names, &SERVICE_MODELS)),
    field("network_mode", Shape::Text),
    field("networks", Shape::Expand(expand::names, &ATTACHMENTS)),
    field("oom_kill_disable", Shape::Bool),
    field("oom_score_adj", whole(-1000, 1000)),
    field("pid", Shape::OrNull(&Shape::Text)),
    field("pids_limit", CUT),
    field("platform", Shape::Text),
    field("ports", Shape::Expand(expand::ports, &PORTS)),
    field("post_start", Shape::List(&HOOK)),
    field("pre_stop", Shape::List(&HOOK)),
    field("privileged", Shape::Bool),
    field("profiles", Shape::Set(&Shape::Text, expand::pair_key)),
    field("provider", Shape::Object(&PROVIDER)),
    field(
        "pull_policy",
        Shape::Expand(expand::pull_policy, &Shape::Text),
    ),
    field("pull_refresh_after", Shape::Text),
    field("read_only", Shape::Bool),
    field("restart", Shape::Text),
    field("runtime", Shape::Text),
    field("scale", Shape::Kept(&INTEGER)),
    field("secrets", Shape::Same(&SECRET_REFERENCES)),
    field("security_opt", Shape::Same(&UNIQUE_TEXTS)),
    field("shm_size", Shape::Bytes),
    field("stdin_open", Shape::Bool),
    field("stop_grace_period", Shape::Kept(&Shape::Duration)),
    field("stop_signal", Shape::Text),
    field("storage_opt", Shape::Pairs(Pairs::LogOptions)),
    field("sysctls", Shape::Pairs(Pairs::Labels)),
    field("tmpfs", Shape::Same(&ONE_OR_TEXT_SET)),
    field("tty", Shape::Bool),
    field("ulimits", Shape::Same(&ULIMITS)),
    field("use_api_socket", Shape::OnlyBool),
    field("user", Shape::Text),
    field("userns_mode", Shape::Text),
    field("uts", Shape::Text),
    field("volumes", Shape::Set(&MOUNT, expand::target_key)),
    field("volumes_from", Shape::Same(&UNIQUE_TEXTS)),
    field("working_dir", Shape::Text),
]);
/// An entry of `services`.
pub(crate) static SERVICE: Shape = Shape::Object(&SERVICE_OBJECT);
