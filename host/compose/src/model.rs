//! The canonical project: what every short form, default and merge comes to.
//!
//! Serialises to the shape of `docker compose config --format json`.

mod deploy;
mod mounts;
mod resources;
mod service;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use deploy::{Deploy, ResourceAmounts, Resources, RestartPolicy};
pub use mounts::{BindOptions, Mount, Port, VolumeOptions};
pub use resources::{FileObject, Ipam, IpamPool, Network, Volume};
pub use service::{
    Dependency, Device, FileReference, HealthCheck, Logging, Service, ServiceNetwork,
};

/// A map that keeps the order of the files.
pub type Map<V> = IndexMap<String, V>;

/// A whole project after merging all files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Lower case, `[a-z0-9_-]`.
    pub name: String,
    /// Services by name, the ones of inactive profiles left out.
    pub services: Map<Service>,
    /// Networks by key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub networks: Map<Network>,
    /// Volumes by key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub volumes: Map<Volume>,
    /// Secrets by key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub secrets: Map<FileObject>,
    /// Configs by key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub configs: Map<FileObject>,
    /// `x-…` of the top level.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}
