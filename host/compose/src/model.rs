//! The canonical project: what every short form, default and merge comes to.
//!
//! Serialises to the shape of `docker compose config --format json`.

mod deploy;
mod mounts;
mod parts;
mod resources;
mod service;
mod special;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use deploy::{Deploy, ResourceAmounts, Resources, RestartPolicy};
pub use mounts::{BindOptions, Mount, Port, VolumeOptions};
pub use parts::{
    Dependency, Device, DeviceRequest, EnvFile, FileReference, HealthCheck, Hook, Logging,
    ServiceNetwork,
};
pub use resources::{FileObject, Ipam, IpamPool, Network, Volume};
pub use service::Service;
pub use special::{
    BlkioConfig, Build, CredentialSpec, Model, Provider, ServiceModel, ThrottleDevice, WeightDevice,
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
    /// Models by key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub models: Map<Model>,
    /// `x-…` of the top level.
    #[serde(flatten)]
    pub extensions: Map<Value>,
}

/// Whole numbers without a fraction.
#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn number<S: serde::Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(crate::tree::json_number).serialize(serializer)
}
