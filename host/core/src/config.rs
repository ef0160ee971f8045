//! sinops.yaml: what the user wrote ([`schema`]) and what it comes to ([`Config`]).

mod output;
mod pipelines;
pub mod schema;
pub mod stack;

use crate::grants::Grants;
use crate::limits::Limits;
use crate::update::Update;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

pub use pipelines::Shipped;
pub use schema::EngineKind;

/// The pipeline that every project has.
pub const DEPLOY: &str = "deploy";
/// What `run` takes for the monitor; no pipeline of steps has this name.
pub const MONITOR: &str = "monitor";
/// The collector that judges gates where sinops.yaml names none.
pub const DEFAULT_GATE: &str = "collector-health";
/// How long a tier may take where sinops.yaml does not say.
pub const DEFAULT_GATE_TIMEOUT: Duration = Duration::from_secs(300);
/// Silence of the engine in one call where sinops.yaml does not say.
pub const DEFAULT_ENGINE_TIMEOUT: Duration = Duration::from_secs(120);
/// Releases that are kept where sinops.yaml does not say.
pub const DEFAULT_RELEASES: usize = 20;
/// Actions under way at once where sinops.yaml does not say.
pub const DEFAULT_PARALLEL: usize = 4;

/// What sinops.yaml comes to, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Overrides the compose project name.
    pub project: Option<String>,
    /// Compose files, relative to sinops.yaml; empty: the usual names are searched.
    pub compose: Vec<String>,
    /// Engine to use; none: Docker.
    pub engine: Option<EngineKind>,
    /// How long the engine may be silent in one call before it counts as hung; what a call
    /// takes by its nature, like the grace period of a stop, is added.
    pub engine_timeout: Duration,
    /// Folder for journals, the lock and generated files, relative to the project.
    pub state: String,
    /// Below it generated files are written, relative to the project.
    pub output: String,
    /// Edits of generated files may be overwritten.
    pub overwrite: bool,
    /// Actions under way at once.
    pub parallel: usize,
    /// Releases that are kept.
    pub keep_releases: usize,
    /// In the order of the file; empty: levels of `depends_on`.
    pub tiers: Vec<TierRule>,
    /// How services are updated where neither they nor their tier say.
    pub update: Update,
    /// Timeout of tiers that name none.
    pub gate_timeout: Duration,
    /// Collector plugin that judges gates.
    pub gate_collector: String,
    /// By compose key.
    pub networks: IndexMap<String, schema::Network>,
    /// By name.
    pub secrets: IndexMap<String, schema::Secret>,
    /// Relay for notifiers that send mail.
    pub mail: Option<schema::Mail>,
    /// By instance name.
    plugins: IndexMap<String, PluginUse>,
    /// Most that a plugin's limits may be raised to.
    pub ceiling: Limits,
    /// By name; `deploy` is always there. One without steps gets them from
    /// [`Config::with_pipelines`].
    pub pipelines: IndexMap<String, Pipeline>,
    /// `run monitor`.
    pub monitor: Monitor,
}

/// A tier and which services it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TierRule {
    /// Unique.
    pub name: String,
    /// Globs over service names.
    pub services: Vec<String>,
    /// How long its services may take.
    pub gate_timeout: Duration,
    /// How its services are updated where they do not say themselves.
    #[serde(default)]
    pub update: Update,
}

/// How a plugin is used.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginUse {
    /// Instance name.
    pub name: String,
    /// Where its component comes from.
    pub source: PluginSource,
    /// What the operator granted.
    pub grants: Grants,
    /// Its limits, already under the ceiling.
    pub limits: Limits,
    /// An object.
    pub settings: Value,
}

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// Embedded in the binary, by name.
    Builtin(String),
    /// A file, relative to sinops.yaml.
    File(String),
}

/// Steps in order, and who is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipeline {
    /// Instance names of deploy-step plugins.
    pub steps: Vec<String>,
    /// Instance names of notifier plugins.
    pub notify: Vec<String>,
}

/// `run monitor`.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitor {
    /// Time between rounds.
    pub interval: Duration,
    /// Where `/metrics` is served, if at all.
    pub listen: Option<SocketAddr>,
    /// Instance names of collectors.
    pub collectors: Vec<String>,
    /// Evaluators with their rules.
    pub evaluators: Vec<schema::Evaluator>,
    /// Instance names of notifiers.
    pub notify: Vec<String>,
}

/// What is wrong in sinops.yaml.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// What and why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Line and column, from 1.
    pub location: Option<(usize, usize)>,
    /// Keys that lead to it, for when the location is not known yet.
    pub path: Vec<String>,
}

impl ConfigError {
    pub(crate) fn new(path: &[&str], message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            location: None,
            path: path.iter().map(|&key| key.to_owned()).collect(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Config {
    /// Reads and resolves the text of a sinops.yaml.
    ///
    /// # Errors
    /// What is wrong, with the line where the reader knows it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.trim().is_empty() {
            return Self::resolve(schema::File::default());
        }
        let file: schema::File = serde_saphyr::from_str(text).map_err(|error| {
            let location = error.location().map(|at| {
                (
                    usize::try_from(at.line()).unwrap_or(1),
                    usize::try_from(at.column()).unwrap_or(1),
                )
            });
            let (message, hint) = schema::explain(&error);
            ConfigError {
                message,
                hint,
                location,
                path: Vec::new(),
            }
        })?;
        Self::resolve(file)
    }

    /// Fills defaults in and checks what the types cannot.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn resolve(file: schema::File) -> Result<Self, ConfigError> {
        let ceiling = file.limits.unwrap_or_default().applied(Limits::ceiling());
        let gate_timeout = file
            .gate
            .timeout
            .map_or(DEFAULT_GATE_TIMEOUT, |span| span.0);
        let update = file.update.applied(&Update::default());
        let mut tiers: Vec<TierRule> = Vec::new();
        for tier in file.tiers {
            if tiers.iter().any(|other| other.name == tier.name) {
                return Err(ConfigError::new(
                    &["tiers"],
                    format!("two tiers are named `{}`", tier.name),
                ));
            }
            for glob in &tier.services {
                globset::Glob::new(glob).map_err(|error| {
                    ConfigError::new(
                        &["tiers"],
                        format!("`{glob}` is not a pattern: {}", error.kind()),
                    )
                })?;
            }
            tiers.push(TierRule {
                name: tier.name,
                services: tier.services,
                gate_timeout: tier.gate.map_or(gate_timeout, |span| span.0),
                update: tier.update.applied(&update),
            });
        }
        let mut plugins = IndexMap::new();
        for (name, plugin) in file.plugins {
            let source = match plugin.source.as_deref() {
                None => PluginSource::Builtin(name.clone()),
                Some(text) => PluginSource::parse(text),
            };
            let limits = plugin.limits.unwrap_or_default().applied(Limits::default());
            if let Some(key) = limits.exceeds(&ceiling) {
                return Err(ConfigError::new(
                    &["plugins", &name, "limits", key],
                    format!("plugin `{name}`: limit `{key}` is above the operator's ceiling"),
                )
                .hint(format!(
                    "lower it, or raise `limits.{key}` at the top level of sinops.yaml"
                )));
            }
            let settings = plugin
                .settings
                .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            let grants = with_looking(plugin.grants.unwrap_or_default(), &source);
            plugins.insert(
                name.clone(),
                PluginUse {
                    name,
                    source,
                    grants,
                    limits,
                    settings,
                },
            );
        }
        let mut pipelines: IndexMap<String, Pipeline> = IndexMap::new();
        for (name, pipeline) in file.pipelines {
            pipelines.insert(
                name,
                Pipeline {
                    steps: pipeline.steps,
                    notify: pipeline.notify,
                },
            );
        }
        pipelines.entry(DEPLOY.into()).or_default();
        if pipelines.contains_key(MONITOR) {
            return Err(ConfigError::new(
                &["pipelines", MONITOR],
                "`monitor` is not a pipeline of steps",
            )
            .hint("configure it under the top-level key `monitor:`"));
        }
        let secrets = file.secrets;
        for (name, secret) in &secrets {
            secret.check(name)?;
        }
        if let Some(mail) = &file.mail
            && let Some(password) = &mail.password
            && !secrets.contains_key(password)
        {
            return Err(ConfigError::new(
                &["mail", "password"],
                format!(
                    "mail.password names the secret `{password}`, which `secrets:` does not define"
                ),
            )
            .hint(format!(
                "add `secrets: {{ {password}: {{ env: SMTP_PASSWORD }} }}`"
            )));
        }
        for plugin in plugins.values() {
            if let Some(missing) = plugin
                .grants
                .secrets
                .iter()
                .find(|name| !secrets.contains_key(*name))
            {
                return Err(ConfigError::new(
                    &["plugins", &plugin.name, "grants", "secrets"],
                    format!("plugin `{}` is granted the secret `{missing}`, which `secrets:` does not define", plugin.name),
                )
                .hint(format!("add `secrets: {{ {missing}: {{ env: NAME, for: [https://host] }} }}`")));
            }
        }
        Ok(Self {
            project: file.project,
            compose: file.compose,
            engine: file.engine,
            engine_timeout: file
                .engine_timeout
                .map_or(DEFAULT_ENGINE_TIMEOUT, |span| span.0),
            overwrite: file.output.overwrite,
            output: file.output.folder.unwrap_or_else(|| {
                format!("{}/generated", file.state.as_deref().unwrap_or(".sinops"))
            }),
            state: file.state.unwrap_or_else(|| ".sinops".into()),
            parallel: file
                .parallel
                .map_or(DEFAULT_PARALLEL, std::num::NonZeroUsize::get),
            keep_releases: file
                .releases
                .keep
                .map_or(DEFAULT_RELEASES, std::num::NonZeroUsize::get),
            tiers,
            update,
            gate_timeout,
            gate_collector: file.gate.collector.unwrap_or_else(|| DEFAULT_GATE.into()),
            networks: file.networks,
            secrets,
            mail: file.mail,
            plugins,
            ceiling,
            pipelines,
            monitor: Monitor {
                interval: file
                    .monitor
                    .interval
                    .map_or(Duration::from_secs(15), |span| span.0),
                listen: file.monitor.listen.map(|listen| listen.0),
                collectors: if file.monitor.collectors.is_empty() {
                    vec![DEFAULT_GATE.into()]
                } else {
                    file.monitor.collectors
                },
                evaluators: file.monitor.evaluators,
                notify: file.monitor.notify,
            },
        })
    }

    /// How the plugin of this name is used: as configured, or the built-in of that
    /// name without settings, and without grants but for looking.
    #[must_use]
    pub fn plugin(&self, name: &str) -> PluginUse {
        self.plugins.get(name).cloned().unwrap_or_else(|| {
            let source = PluginSource::Builtin(name.to_owned());
            PluginUse {
                name: name.to_owned(),
                grants: with_looking(Grants::default(), &source),
                source,
                limits: Limits::default(),
                settings: Value::Object(serde_json::Map::new()),
            }
        })
    }

    /// Plugins that sinops.yaml configures.
    pub fn plugins(&self) -> impl Iterator<Item = &PluginUse> {
        self.plugins.values()
    }
}

/// A built-in is part of the binary that the operator chose to run: where it asks, it may
/// look at the stack's containers and have the declared health checks run.
fn with_looking(grants: Grants, source: &PluginSource) -> Grants {
    match source {
        PluginSource::Builtin(_) => Grants {
            containers: true,
            health_check: true,
            ..grants
        },
        PluginSource::File(_) => grants,
    }
}

impl PluginSource {
    /// A path holds a slash or ends in `.wasm`; everything else is a built-in's name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.contains('/')
            || std::path::Path::new(text)
                .extension()
                .is_some_and(|end| end == "wasm")
        {
            Self::File(text.to_owned())
        } else {
            Self::Builtin(text.trim_start_matches("builtin:").to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
