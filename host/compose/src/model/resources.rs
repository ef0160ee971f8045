//! Networks, volumes, secrets and configs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Map;

/// A network as declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// Name on the engine.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Compose's `driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Compose's `driver_opts`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub driver_opts: Map<String>,
    /// Compose's `ipam`.
    pub ipam: Ipam,
    /// Compose's `external`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Compose's `internal`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Compose's `attachable`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub attachable: bool,
    /// Compose's `enable_ipv6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_ipv6: Option<bool>,
    /// Compose's `enable_ipv4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_ipv4: Option<bool>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// Addresses of a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ipam {
    /// Compose's `driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Compose's `config`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<IpamPool>,
    /// Compose's `options`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// One pool of addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IpamPool {
    /// Compose's `subnet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// Compose's `gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Compose's `ip_range`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_range: Option<String>,
    /// Compose's `aux_addresses`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub aux_addresses: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// A volume as declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// Name on the engine.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Compose's `driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Compose's `driver_opts`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub driver_opts: Map<String>,
    /// Compose's `external`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// A secret or config as declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileObject {
    /// Compose's `name`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Compose's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Compose's `environment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Compose's `driver`; only of secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Compose's `driver_opts`; only of secrets.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub driver_opts: Map<String>,
    /// Compose's `template_driver`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_driver: Option<String>,
    /// Compose's `content`; only of configs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Compose's `external`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
