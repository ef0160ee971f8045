//! Parts of a service that few services have: builds, providers, models, block I/O.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FileReference, Map};

/// How the image of a service is built.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Build {
    /// Absolute path, or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Relative to the context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    /// The text of the Dockerfile itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile_inline: Option<String>,
    /// Compose's `entitlements`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<String>,
    /// Compose's `args`; none has no value.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub args: Map<Option<String>>,
    /// Compose's `provenance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
    /// Compose's `sbom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<String>,
    /// `id`, or `id=path`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ssh: Vec<String>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// Compose's `cache_from`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cache_from: Vec<String>,
    /// Compose's `cache_to`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cache_to: Vec<String>,
    /// Compose's `no_cache`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_cache: bool,
    /// Compose's `additional_contexts`: absolute paths, URLs or `service:name`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub additional_contexts: Map<String>,
    /// Compose's `pull`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pull: bool,
    /// `host=ip`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// Compose's `isolation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<String>,
    /// Compose's `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Compose's `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Compose's `secrets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<FileReference>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<String>,
    /// Compose's `tags`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A number, or `soft` and `hard`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub ulimits: Map<Value>,
    /// Compose's `platforms`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Compose's `privileged`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `blkio_config`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlkioConfig {
    /// From 10 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// Compose's `weight_device`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weight_device: Vec<WeightDevice>,
    /// Compose's `device_read_bps`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_bps: Vec<ThrottleDevice>,
    /// Compose's `device_read_iops`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_read_iops: Vec<ThrottleDevice>,
    /// Compose's `device_write_bps`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_bps: Vec<ThrottleDevice>,
    /// Compose's `device_write_iops`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_write_iops: Vec<ThrottleDevice>,
}

/// The share of one block device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightDevice {
    /// Path of the device.
    #[serde(rename = "Path", alias = "path")]
    pub path: String,
    /// From 10 to 1000.
    #[serde(rename = "Weight", alias = "weight")]
    pub weight: u16,
}

/// The limit of one block device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThrottleDevice {
    /// Path of the device.
    #[serde(rename = "Path", alias = "path")]
    pub path: String,
    /// Bytes or operations a second, as decimal text.
    #[serde(rename = "Rate", alias = "rate")]
    pub rate: String,
}

/// `credential_spec`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CredentialSpec {
    /// Compose's `config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Compose's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Compose's `registry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `provider`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provider {
    /// Name of the program.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// What it is given; an option can be given more than once.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<Vec<String>>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// How a service learns of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceModel {
    /// Variable for the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_var: Option<String>,
    /// Variable for the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_var: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// An entry of `models`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// Compose's `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The reference of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// In tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_size: Option<i64>,
    /// Compose's `runtime_flags`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime_flags: Vec<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
