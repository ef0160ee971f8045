//! Where what a plugin asks for and what the operator granted meet.
//!
//! Deny by default: effective is what was granted *and* asked for.

use serde::{Deserialize, Serialize};

/// What a plugin would like to use; `wit/types.wit` documents each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented in wit/types.wit")]
pub enum Capability {
    Http(String),
    Tcp(String),
    Secret(String),
    Mail(String),
    Directory(String),
    Containers,
    HealthCheck,
    Exec,
    Other(String),
}

/// A capability and the reason an operator reads before granting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ask {
    /// What.
    pub capability: Capability,
    /// Why.
    pub reason: String,
}

/// `grants:` of a plugin in sinops.yaml.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grants {
    /// Origins: `https://hooks.slack.com`, `https://*.example.org:8443`.
    pub http: Vec<String>,
    /// `host:port`.
    pub tcp: Vec<String>,
    /// Names of secrets.
    pub secrets: Vec<String>,
    /// Domains of recipients.
    pub mail: Vec<String>,
    /// Folders, read only: name in the guest to path on the host.
    pub directories: indexmap::IndexMap<String, String>,
    /// May reach private, loopback and link-local addresses through granted names.
    pub private_addresses: bool,
    /// See the stack's containers.
    pub containers: bool,
    /// Have declared health checks run.
    pub health_check: bool,
    /// Run commands in the stack's containers.
    pub exec: bool,
}
