//! Ports and mounts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Map;

/// A published or exposed port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Port {
    /// Compose's `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ingress` or `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Compose's `host_ip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<String>,
    /// Port in the container.
    pub target: u16,
    /// Port or range on the host; none: the engine chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// `tcp`, `udp` or `sctp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Compose's `app_protocol`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_protocol: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// A mount of a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, `npipe`, `cluster` or `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Absolute path, or the key of a volume; none for an anonymous one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Compose's `target`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Compose's `read_only`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Compose's `consistency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<String>,
    /// Compose's `bind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind: Option<BindOptions>,
    /// Compose's `volume`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeOptions>,
    /// Compose's `tmpfs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmpfs: Option<Value>,
    /// Compose's `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Value>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `bind:` of a mount.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BindOptions {
    /// Compose's `propagation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagation: Option<String>,
    /// Compose's `create_host_path`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub create_host_path: bool,
    /// Compose's `selinux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<String>,
    /// Compose's `recursive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recursive: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `volume:` of a mount.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeOptions {
    /// Compose's `nocopy`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nocopy: bool,
    /// Compose's `subpath`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subpath: Option<String>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
