//! One look at the engine and the machine.

use crate::change::Change;
use crate::contents::Contents;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was there when planning began.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observed {
    /// `docker 20.10.24 (API 1.41)` and the like.
    pub engine_version: String,
    /// Containers of this project, and those of others that matter to it (same name, port or address).
    pub containers: Vec<Container>,
    /// All networks of the engine.
    pub networks: Vec<Network>,
    /// All volumes.
    pub volumes: Vec<Volume>,
    /// Only the images that the stack names.
    pub images: Vec<Image>,
    /// Host ports in use, of those that the stack publishes.
    pub ports: Vec<PortUse>,
    /// What lies at the paths that the stack mounts.
    pub paths: Vec<PathFact>,
    /// Generated files below the output folder, as they are now.
    pub files: Vec<GeneratedFile>,
    /// Texts of the configuration, in pipelines that examine them.
    #[serde(skip)]
    pub texts: Vec<TextFile>,
    /// The machine that the engine runs on.
    pub machine: Machine,
}

/// A text of the configuration that is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextFile {
    /// Relative to the project folder.
    pub path: String,
    /// What it holds.
    pub content: String,
}

/// The machine that the engine runs on, as far as it tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Machine {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Number of CPUs.
    pub cpus: Option<u32>,
    /// Free bytes where the engine keeps images and containers, if that is on this machine.
    pub disk_free: Option<u64>,
}

/// Life cycle of a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the engine's own words")]
pub enum ContainerStatus {
    #[default]
    Created,
    Running,
    Paused,
    Restarting,
    Exited,
    Dead,
}

/// Health as the engine tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the engine's own words")]
pub enum Health {
    #[default]
    None,
    Starting,
    Healthy,
    Unhealthy,
}

/// A container that exists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Container {
    /// Engine id.
    pub id: String,
    /// Without a leading slash.
    pub name: String,
    /// Service label.
    pub service: Option<String>,
    /// Number label, from 1; 0 if there is none.
    pub number: u32,
    /// Project label.
    pub project: Option<String>,
    /// Life cycle.
    pub status: ContainerStatus,
    /// Health.
    pub health: Health,
    /// Of an exited one.
    pub exit_code: Option<i32>,
    /// Reference it was made from.
    pub image: String,
    /// Id of the image that it was made from; empty where the engine has no images.
    #[serde(default)]
    pub image_id: String,
    /// Hash under which sinops made it.
    pub config_hash: Option<String>,
    /// What sinops made it from, secrets concealed; none if something else did.
    #[serde(skip)]
    pub definition: Option<Value>,
    /// Hashes of what it was given, after what was applied to it since.
    #[serde(skip)]
    pub contents: Option<Contents>,
    /// How it differs from what its service wants now.
    #[serde(default)]
    pub differences: Vec<Change>,
    /// Network and address.
    pub addresses: Vec<(String, String)>,
    /// Milliseconds since the epoch.
    pub created: u64,
}

/// A network that exists.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    /// Engine id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Name.
    pub name: String,
    /// Driver.
    pub driver: String,
    /// CIDR.
    pub subnets: Vec<String>,
    /// Project label.
    pub project: Option<String>,
    /// Container and address in use.
    pub addresses: Vec<(String, String)>,
    /// As a compose file would declare it, with all of its labels.
    #[serde(skip)]
    pub live: sinops_compose::Network,
    /// The declaration that sinops made it from; none if something else did.
    #[serde(skip)]
    pub definition: Option<Value>,
    /// How it differs from its declaration, if it is one of the project's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Change>,
}

/// A volume that exists.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Volume {
    /// Name.
    pub name: String,
    /// As a compose file would declare it.
    #[serde(skip)]
    pub live: sinops_compose::Volume,
    /// How it differs from its declaration, if it is one of the project's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Change>,
}

/// An image that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Image {
    /// As the stack names it.
    pub reference: String,
    /// Engine id.
    pub id: String,
    /// Names by content: `redis@sha256:…`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Declares a health check of its own.
    pub has_health_check: bool,
    /// How long ago it was pulled or built here.
    pub age: Option<std::time::Duration>,
}

/// A host port in use.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortUse {
    /// Host port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Address bound to.
    pub address: String,
    /// Container that publishes it.
    pub container: Option<String>,
}

/// Kind of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "they say it themselves")]
pub enum PathKind {
    Missing,
    File,
    Directory,
    Special,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PathFact {
    /// Absolute.
    pub path: String,
    /// What is there.
    pub kind: PathKind,
}

/// A generated file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct GeneratedFile {
    /// Relative to the output folder.
    pub path: String,
    /// Its text.
    pub content: String,
}
