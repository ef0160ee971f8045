//! The desired state, as steps see it.

use crate::secrecy::Concealed;
use crate::update::Update;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The whole desired state.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stack {
    /// Compose project name.
    pub project: String,
    /// Folder that relative paths of the compose files start from.
    pub project_directory: String,
    /// Folder below which generated files are written; absolute.
    pub output_directory: String,
    /// `docker` or `process`.
    pub engine: String,
    /// In the order in which they are deployed.
    pub tiers: Vec<Tier>,
    /// In the order of the files.
    pub services: Vec<Service>,
    /// Networks that the services use.
    pub networks: Vec<Resource>,
    /// Volumes that the services use.
    pub volumes: Vec<Resource>,
}

impl Stack {
    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// Services that start together, gated before the next tier starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tier {
    /// Unique.
    pub name: String,
    /// Names of its services.
    pub services: Vec<String>,
    /// How long they may take to become healthy.
    pub gate_timeout: Duration,
}

/// A service as declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Service {
    /// Compose name; may hold dots.
    pub name: String,
    /// Name of its tier.
    pub tier: String,
    /// Image reference.
    pub image: Option<String>,
    /// How many containers are wanted.
    pub replicas: u32,
    /// Container name of each replica.
    pub container_names: Vec<String>,
    /// What it waits for.
    pub depends_on: Vec<Dependency>,
    /// Names on the engine.
    pub networks: Vec<String>,
    /// Names on the engine.
    pub volumes: Vec<String>,
    /// Container labels of the compose file.
    pub labels: Vec<(String, String)>,
    /// A health check is declared in compose.
    pub has_health_check: bool,
    /// Changes when, and only when, the container has to be made anew. Of secrets it knows
    /// only that they are there: whether one changed, its hash in the container's contents tells.
    pub config_hash: String,
    /// What the hash is over: all that forces a new container, secrets concealed.
    #[serde(skip)]
    pub made_from: Value,
    /// The texts that were taken out of it.
    #[serde(skip)]
    pub concealed: Concealed,
    /// Signal on which it reads changed files again: `x-sinops: { reload: SIGHUP }`.
    pub reload: Option<String>,
    /// Paths in the container whose content is no configuration: `x-sinops: { ignore: […] }`.
    pub ignored: Vec<String>,
    /// How its containers give way to new ones.
    pub update: Update,
    /// Canonical compose service, with what holds for its update in `x-sinops.update`.
    pub definition: Value,
}

/// The condition that a dependency has to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// It runs.
    Started,
    /// Its check passes.
    Healthy,
    /// It ended with 0.
    Completed,
}

/// An entry of `depends_on`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Dependency {
    /// The service waited for.
    pub service: String,
    /// What it has to reach.
    pub condition: Condition,
    /// Absence is an error.
    pub required: bool,
    /// Started again whenever the other one is.
    pub restart: bool,
}

/// A network or volume as declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resource {
    /// Key in the compose file.
    pub key: String,
    /// Name on the engine.
    pub name: String,
    /// Made by someone else.
    pub external: bool,
    /// The operator lets pre-flight make an external one that is missing.
    pub create_external: bool,
    /// Canonical compose definition, with what sinops.yaml adds.
    pub definition: Value,
}
