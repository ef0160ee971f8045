//! The `deploy` section.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Map;

/// The `deploy` section.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deploy {
    /// Compose's `mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Compose's `replicas`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// Compose's `labels`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// Compose's `resources`.
    pub resources: Resources,
    /// Compose's `restart_policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Compose's `update_config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_config: Option<Value>,
    /// Compose's `rollback_config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_config: Option<Value>,
    /// Compose's `endpoint_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_mode: Option<String>,
    /// Compose's `placement`.
    pub placement: Value,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `deploy.resources`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Compose's `limits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<ResourceAmounts>,
    /// Compose's `reservations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservations: Option<ResourceAmounts>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// One side of `deploy.resources`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceAmounts {
    /// In CPUs.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::number"
    )]
    pub cpus: Option<f64>,
    /// Bytes as decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Compose's `pids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
    /// Compose's `devices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<Value>,
    /// Compose's `generic_resources`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generic_resources: Option<Value>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// `deploy.restart_policy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartPolicy {
    /// Compose's `condition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Compose's `delay`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<String>,
    /// Compose's `max_attempts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u64>,
    /// Compose's `window`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// `x-…`.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
