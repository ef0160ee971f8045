//! A service and its smaller parts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deploy, Map, Mount, Port};

/// A service in long form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Compose's `build`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<Value>,
    /// Compose's `cap_add`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// Compose's `cap_drop`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// Always there in the canonical form; `None` means the image's.
    pub command: Option<Vec<String>>,
    /// Compose's `container_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// Compose's `depends_on`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub depends_on: Map<Dependency>,
    /// Compose's `deploy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,
    /// Compose's `devices`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// Compose's `dns`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// `None`: the image's.
    pub entrypoint: Option<Vec<String>>,
    /// `None` as value: unset in the container.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub environment: Map<Option<String>>,
    /// Compose's `expose`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<String>,
    /// `host=ip`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// Compose's `healthcheck`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthCheck>,
    /// Compose's `hostname`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Compose's `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Compose's `init`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// Compose's `logging`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_limit: Option<String>,
    /// Compose's `network_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<String>,
    /// Compose's `networks`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub networks: Map<Option<ServiceNetwork>>,
    /// Compose's `pid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<String>,
    /// Compose's `ports`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Compose's `privileged`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Compose's `profiles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Compose's `pull_policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<String>,
    /// Compose's `read_only`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Compose's `restart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
    /// Compose's `security_opt`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// Compose's `secrets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<FileReference>,
    /// Compose's `configs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configs: Vec<FileReference>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<String>,
    /// Go duration text, `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<String>,
    /// Compose's `stop_signal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Compose's `sysctls`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub sysctls: Map<String>,
    /// Compose's `tmpfs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    /// Compose's `tty`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tty: bool,
    /// Compose's `ulimits`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub ulimits: Map<Value>,
    /// Compose's `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Compose's `volumes`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Mount>,
    /// Compose's `working_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Compose's `stdin_open`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stdin_open: bool,
    /// Compose's `scale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// `x-…`; everything else that is unknown is refused while loading.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// An entry of `depends_on`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    /// `service_started`, `service_healthy` or `service_completed_successfully`.
    pub condition: String,
    /// Compose's `restart`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
    /// Compose's `required`.
    pub required: bool,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Compose's `source`.
    pub source: String,
    /// Compose's `target`.
    pub target: String,
    /// Compose's `permissions`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub permissions: String,
}

/// A health check; `test` starts with `CMD`, `CMD-SHELL` or `NONE`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// Compose's `test`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// Go duration text, `30s`; unset fields come from the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Compose's `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// Compose's `retries`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u64>,
    /// Compose's `start_period`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<String>,
    /// Compose's `start_interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<String>,
    /// Compose's `disable`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable: bool,
}

/// `logging`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Logging {
    /// Compose's `driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Compose's `options`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String>,
}

/// How a service is attached to a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNetwork {
    /// Compose's `aliases`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Compose's `ipv4_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv4_address: Option<String>,
    /// Compose's `ipv6_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// Compose's `link_local_ips`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub link_local_ips: Vec<String>,
    /// Compose's `mac_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Compose's `driver_opts`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub driver_opts: Map<String>,
    /// Compose's `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
}

/// A secret or config that a service uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileReference {
    /// Compose's `source`.
    pub source: String,
    /// Compose's `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Compose's `uid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Compose's `gid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// Compose's `mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}
