//! sinops.yaml as it is written. Unknown keys are errors; no defaults here.

use super::ConfigError;
pub use super::output::Output;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::units::{Bytes, Listen, Span};
use crate::update::Changes;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use std::num::NonZeroUsize;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// Compose project name.
    pub project: Option<String>,
    /// Compose files.
    pub compose: Vec<String>,
    /// `docker` or `process`.
    pub engine: Option<EngineKind>,
    /// How long the engine may be silent in one call.
    pub engine_timeout: Option<Span>,
    /// Folder for journals and the lock.
    pub state: Option<String>,
    /// Folder for generated files.
    pub output: Output,
    /// Actions under way at once.
    pub parallel: Option<NonZeroUsize>,
    /// What is kept of earlier deploys.
    pub releases: Releases,
    /// In order of deployment.
    pub tiers: Vec<Tier>,
    /// How services are updated.
    pub update: Changes,
    /// What all gates share.
    pub gate: Gate,
    /// By compose key.
    pub networks: IndexMap<String, Network>,
    /// By name.
    pub secrets: IndexMap<String, Secret>,
    /// Mail relay.
    pub mail: Option<Mail>,
    /// By instance name.
    pub plugins: IndexMap<String, Plugin>,
    /// Ceiling of all plugins' limits.
    pub limits: Option<LimitChanges>,
    /// By name.
    pub pipelines: IndexMap<String, Pipeline>,
    /// `run monitor`.
    pub monitor: Monitor,
}

/// Where containers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// Docker Engine.
    Docker,
    /// Local processes under supervision.
    Process,
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker",
            Self::Process => "process",
        })
    }
}

/// An entry of `tiers`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tier {
    /// Unique.
    pub name: String,
    /// Globs over service names; the first tier that matches takes the service.
    pub services: Vec<String>,
    /// How long its services may take to become healthy.
    #[serde(default)]
    pub gate: Option<Span>,
    /// How its services are updated.
    #[serde(default)]
    pub update: Changes,
}

/// `gate`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gate {
    /// Of tiers that name none.
    pub timeout: Option<Span>,
    /// Collector plugin that judges.
    pub collector: Option<String>,
}

/// `releases`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Releases {
    /// The newest so many are kept; 20 where it does not say.
    pub keep: Option<NonZeroUsize>,
}

/// What sinops.yaml adds to a compose network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// Pre-flight may make it although it is external.
    pub create: bool,
    /// CIDR for when it is made.
    pub subnet: Option<String>,
    /// Gateway for when it is made.
    pub gateway: Option<String>,
}

/// Where a secret's value comes from and where it may go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Secret {
    /// Environment variable.
    pub env: Option<String>,
    /// File, relative to sinops.yaml; a trailing line break is dropped.
    pub file: Option<String>,
    /// Origins that it may be sent to.
    #[serde(rename = "for")]
    pub destinations: Vec<String>,
}

impl Secret {
    pub(super) fn check(&self, name: &str) -> Result<(), ConfigError> {
        match (&self.env, &self.file) {
            (Some(_), None) | (None, Some(_)) => Ok(()),
            (None, None) => Err(ConfigError::new(
                &["secrets", name],
                format!("secret `{name}` has no source"),
            )
            .hint("give it `env: VARIABLE` or `file: PATH`")),
            (Some(_), Some(_)) => Err(ConfigError::new(
                &["secrets", name],
                format!("secret `{name}` has two sources, `env` and `file`"),
            )
            .hint("keep one")),
        }
    }
}

/// How mail connects to the relay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// Required: no mail where it is not offered.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Clear text.
    None,
}

/// Mail relay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mail {
    /// `host` or `host:port`; 587, or 465 with `security: tls`.
    pub relay: String,
    /// Sender of all mail.
    pub from: String,
    /// Login.
    #[serde(default)]
    pub username: Option<String>,
    /// Name of the secret.
    #[serde(default)]
    pub password: Option<String>,
    /// STARTTLS where it does not say.
    #[serde(default)]
    pub security: MailSecurity,
}

/// An entry of `plugins`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plugin {
    /// Path of a component, or a built-in's name; the instance name where it is left out.
    pub source: Option<String>,
    /// What it may use.
    pub grants: Option<Grants>,
    /// Limits other than the default ones.
    pub limits: Option<LimitChanges>,
    /// Its own settings.
    pub settings: Option<Value>,
}

/// An entry of `pipelines`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pipeline {
    /// Instance names in order.
    pub steps: Vec<String>,
    /// Notifiers that are told how it ended.
    pub notify: Vec<String>,
}

/// `monitor`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Monitor {
    /// Time between rounds.
    pub interval: Option<Span>,
    /// `address:port` at which `/metrics` is served.
    pub listen: Option<Listen>,
    /// Instance names.
    pub collectors: Vec<String>,
    /// With their rules.
    pub evaluators: Vec<Evaluator>,
    /// Instance names.
    pub notify: Vec<String>,
}

/// An evaluator and what it judges by.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evaluator {
    /// Instance name.
    pub plugin: String,
    /// Shape is the plugin's own.
    pub rules: Value,
}

/// Limits that differ from the default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented at Limits")]
pub struct LimitChanges {
    pub memory: Option<Bytes>,
    pub cpu: Option<Span>,
    pub wall: Option<Span>,
    pub copied: Option<Bytes>,
    pub output: Option<Bytes>,
    pub table_elements: Option<u64>,
    pub handles: Option<u32>,
    pub connections: Option<u32>,
    pub response: Option<Bytes>,
    pub log: Option<Bytes>,
    pub component: Option<Bytes>,
}

impl LimitChanges {
    pub(super) fn applied(self, base: Limits) -> Limits {
        Limits {
            memory: self.memory.map_or(base.memory, |it| it.0),
            cpu: self.cpu.map_or(base.cpu, |it| it.0),
            wall: self.wall.map_or(base.wall, |it| it.0),
            copied: self.copied.map_or(base.copied, |it| it.0),
            output: self.output.map_or(base.output, |it| it.0),
            table_elements: self.table_elements.unwrap_or(base.table_elements),
            handles: self.handles.unwrap_or(base.handles),
            connections: self.connections.unwrap_or(base.connections),
            response: self.response.map_or(base.response, |it| it.0),
            log: self.log.map_or(base.log, |it| it.0),
            component: self.component.map_or(base.component, |it| it.0),
            stack: base.stack,
        }
    }
}

/// Words for what the YAML reader says, with a hint where a key is nearly right.
pub(super) fn explain(error: &serde_saphyr::Error) -> (String, Option<String>) {
    let error = error.without_snippet();
    if let serde_saphyr::Error::SerdeUnknownField {
        field, expected, ..
    } = error
    {
        let near = expected
            .iter()
            .map(|known| (strsim::jaro_winkler(field, known), known))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match near {
            Some((likeness, near)) if likeness > 0.75 => format!("did you mean `{near}`?"),
            _ => format!("known here: {}", expected.join(", ")),
        };
        return (format!("unknown key `{field}`"), Some(hint));
    }
    (error.to_string(), None)
}
