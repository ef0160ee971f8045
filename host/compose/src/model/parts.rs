//! The smaller parts of a service.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Map;

/// An entry of `depends_on`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// Compose's `source`.
    pub source: String,
    /// Compose's `target`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Compose's `permissions`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permissions: String,
}

/// An entry of `env_file`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvFile {
    /// Absolute.
    pub path: String,
    /// Whether it has to be there.
    #[serde(default = "yes")]
    pub required: bool,
    /// `raw`, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

fn yes() -> bool {
    true
}

/// An entry of `gpus`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// Compose's `capabilities`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Compose's `driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How many; -1 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Compose's `device_ids`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_ids: Vec<String>,
    /// Compose's `options`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String>,
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
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// A command of `post_start` or `pre_stop`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Program and arguments.
    pub command: Option<Vec<String>>,
    /// Compose's `user`; none: the one of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Compose's `privileged`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Compose's `working_dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// `None` as value: taken from the environment of the load.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub environment: Map<Option<String>>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
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
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// How a service is attached to a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNetwork {
    /// Compose's `aliases`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Compose's `driver_opts`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub driver_opts: Map<String>,
    /// The network with the highest gives the default gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gw_priority: Option<i64>,
    /// Name of the interface in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface_name: Option<String>,
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
    /// Networks are attached in the order of this, highest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// A secret or config that a service uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileReference {
    /// Compose's `source`.
    #[serde(skip_serializing_if = "String::is_empty")]
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
    /// In octal, with a leading zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
