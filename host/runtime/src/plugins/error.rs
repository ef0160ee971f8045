//! Why a plugin could not be loaded or a call did not succeed, and the one
//! place where wasmtime's errors become ours.

use super::call::Call;
use super::limiter::Breach;
use sinops_core::grants::GrantError;
use sinops_core::plugin::Role;
use std::time::Duration;
use wasmtime::component::ResourceTableError;

/// Why a plugin could not be loaded or a call did not succeed.
///
/// `Timeout`, `Memory`, `Limit`, `Trap` and `Denied` are the sandbox at work:
/// the host is unharmed and the plugin can be called again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PluginError {
    /// The file is not what it should be.
    #[error("plugin `{plugin}`: {file} is {found}; expected {expected}")]
    Package {
        /// Instance name.
        plugin: String,
        /// Path, or `built-in x`.
        file: String,
        /// What it is.
        found: String,
        /// What would have been right.
        expected: String,
    },
    /// The file could not be read.
    #[error("plugin `{plugin}`: cannot read {file}: {reason}")]
    Unreadable {
        /// Instance name.
        plugin: String,
        /// Path.
        file: String,
        /// Of the operating system.
        reason: String,
    },
    /// It wants something that this host does not have.
    #[error("plugin `{plugin}`: {file} cannot be linked: {reason}")]
    Link {
        /// Instance name.
        plugin: String,
        /// Path.
        file: String,
        /// The missing import in words.
        reason: String,
    },
    /// An entry under `grants:` is not understood, or cannot be given.
    #[error("plugin `{plugin}`: {reason}")]
    Grant {
        /// Instance name.
        plugin: String,
        /// With the entry and what to write instead.
        reason: String,
    },
    /// Asked to do another role's work.
    #[error("plugin `{plugin}` is a {role}, not a {wanted}")]
    WrongRole {
        /// Instance name.
        plugin: String,
        /// What it is.
        role: Role,
        /// What it was called as.
        wanted: Role,
    },
    /// Too much memory.
    #[error(
        "plugin `{plugin}`: {operation}: wanted {wanted} bytes of memory, the limit is {limit} \
         (`memory` under `limits:` of this plugin in sinops.yaml)"
    )]
    Memory {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// Bytes that it would have had.
        wanted: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Too long.
    #[error(
        "plugin `{plugin}`: {operation}: {what} {limit:?} \
         (`{key}` under `limits:` of this plugin in sinops.yaml)"
    )]
    Timeout {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// `ran for more than`, `did not return within`.
        what: &'static str,
        /// `cpu` or `wall`.
        key: &'static str,
        /// Time allowed.
        limit: Duration,
    },
    /// Too much of something else.
    #[error(
        "plugin `{plugin}`: {operation}: {what}, the limit is {limit} \
         (`{key}` under `limits:` of this plugin in sinops.yaml)"
    )]
    Limit {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// What it did.
        what: String,
        /// Key of the limit.
        key: &'static str,
        /// Value allowed.
        limit: u64,
    },
    /// It crashed.
    #[error("plugin `{plugin}`: {operation}: crashed: {reason}{}", said(.log))]
    Trap {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// The trap in words.
        reason: String,
        /// The last lines that it logged.
        log: Vec<String>,
    },
    /// It was refused something that it needed.
    #[error("plugin `{plugin}`: {operation}: refused: {reason}")]
    Denied {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// With the line to add, where there is one.
        reason: String,
    },
    /// It does not accept its settings.
    #[error("plugin `{plugin}`: {operation}: settings: {message}")]
    Settings {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// The plugin's words.
        message: String,
    },
    /// It says that it could not do its work.
    #[error("plugin `{plugin}`: {operation}: {message}")]
    Failed {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// Trying later may help.
        temporary: bool,
        /// The plugin's words.
        message: String,
    },
    /// What it answered makes no sense.
    #[error("plugin `{plugin}`: {operation}: answered nonsense: {reason}")]
    Answer {
        /// Instance name.
        plugin: String,
        /// Export called.
        operation: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The host itself could not.
    #[error("plugin host: {reason}")]
    Host {
        /// What failed.
        reason: String,
    },
}

fn said(log: &[String]) -> String {
    if log.is_empty() {
        String::new()
    } else {
        format!("; its last words: {}", log.join(" | "))
    }
}

impl PluginError {
    /// Instance name of the plugin that it is about.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        match self {
            Self::Package { plugin, .. }
            | Self::Unreadable { plugin, .. }
            | Self::Link { plugin, .. }
            | Self::Grant { plugin, .. }
            | Self::WrongRole { plugin, .. }
            | Self::Memory { plugin, .. }
            | Self::Timeout { plugin, .. }
            | Self::Limit { plugin, .. }
            | Self::Trap { plugin, .. }
            | Self::Denied { plugin, .. }
            | Self::Settings { plugin, .. }
            | Self::Failed { plugin, .. }
            | Self::Answer { plugin, .. } => Some(plugin),
            Self::Host { .. } => None,
        }
    }

    /// Trying the same call later may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Failed {
                    temporary: true,
                    ..
                }
        )
    }

    pub(crate) fn host(reason: impl std::fmt::Display) -> Self {
        Self::Host {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn grant(plugin: &str, error: &GrantError) -> Self {
        Self::Grant {
            plugin: plugin.to_owned(),
            reason: error.to_string(),
        }
    }

    /// A granted folder could not be opened.
    pub(crate) fn grant_failed(call: &Call, error: &wasmtime::Error) -> Self {
        Self::Grant {
            plugin: call.plugin.to_string(),
            reason: format!("{error:#}"),
        }
    }

    pub(crate) fn wall(call: &Call) -> Self {
        Self::Timeout {
            plugin: call.plugin.to_string(),
            operation: call.operation,
            what: "did not return within",
            key: "wall",
            limit: call.limits.wall,
        }
    }

    pub(crate) fn breach(call: &Call, breach: &Breach) -> Self {
        let plugin = call.plugin.to_string();
        let operation = call.operation;
        match *breach {
            Breach::Memory { wanted } => Self::Memory {
                plugin,
                operation,
                wanted,
                limit: call.limits.memory,
            },
            Breach::Cpu => Self::Timeout {
                plugin,
                operation,
                what: "ran for more than",
                key: "cpu",
                limit: call.limits.cpu,
            },
            Breach::Other {
                key,
                ref what,
                limit,
            } => Self::Limit {
                plugin,
                operation,
                what: what.clone(),
                key,
                limit,
            },
        }
    }

    /// From what wasmtime says to what a person can act on.
    pub(crate) fn from_wasmtime(call: &Call, error: &wasmtime::Error) -> Self {
        if let Some(breach) = error.downcast_ref::<Breach>() {
            return Self::breach(call, breach);
        }
        if let Some(breach) = call.breach() {
            return Self::breach(call, &breach);
        }
        let plugin = call.plugin.to_string();
        let operation = call.operation;
        let limit = |key: &'static str, what: &str, limit: u64| Self::Limit {
            plugin: plugin.clone(),
            operation,
            what: what.to_owned(),
            key,
            limit,
        };
        if error.downcast_ref::<wasmtime::Trap>() == Some(&wasmtime::Trap::StackOverflow) {
            return limit(
                "stack",
                "used up its stack (endless recursion?)",
                call.limits.stack,
            );
        }
        if matches!(
            error.downcast_ref::<ResourceTableError>(),
            Some(ResourceTableError::Full)
        ) {
            return limit(
                "handles",
                "kept too many handles open",
                call.limits.handles.into(),
            );
        }
        if let Some(misfit) = error.downcast_ref::<super::roles::Misfit>() {
            return Self::Link {
                plugin,
                file: "it".to_owned(),
                reason: format!(
                    "it was built for another form of the sinops contract ({misfit}); build it anew against \
                     the `wit/` of this version"
                ),
            };
        }
        // These two have no public type.
        let text = format!("{error:#}");
        if text.contains("fuel allocated for hostcalls") {
            return limit(
                "copied",
                "handed over too much data at once",
                call.limits.copied,
            );
        }
        if text.contains("too many handles") || text.contains("handle limit") {
            return limit(
                "handles",
                "kept too many handles open",
                call.limits.handles.into(),
            );
        }
        let reason = match (error.downcast_ref::<wasmtime::Trap>(), call.denial()) {
            (_, Some(denial)) => format!("{}, after it was refused: {denial}", root(error)),
            (_, None) => root(error),
        };
        Self::Trap {
            plugin,
            operation,
            reason,
            log: call.log.tail(),
        }
    }
}

fn root(error: &wasmtime::Error) -> String {
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return format!("it called exit({})", exit.0);
    }
    let mut text = error.root_cause().to_string();
    if text.len() > 500 {
        text = text.chars().take(500).chain(std::iter::once('…')).collect();
    }
    text
}
