//! The run loop: look, plan, execute tier by tier, gate, undo, tell.
//!
//! [`Planner`] can only look; whatever changes anything is in [`Runner`], which
//! is made from a planner. A dry run never makes one.

mod applied;
mod compare;
mod containers;
mod contents;
mod event;
mod examine;
mod execute;
mod facts;
mod feasible;
mod foresee;
mod gate;
mod generate;
mod generated;
mod identity;
mod images;
mod journal;
mod lease;
mod live;
mod made;
mod metrics;
mod monitor;
mod observe;
mod operation;
mod planner;
mod progress;
mod readiness;
mod release;
mod report;
mod saved;
mod secrecy;
mod spec;
mod tell;
mod texts;
mod undo;

pub use event::{Event, Events, Interrupt, InterruptHandle, Urgency};
pub use examine::{Examination, examine};
pub use execute::Runner;
pub use generate::{FileState, Generated, GeneratedFile};
pub use generated::GeneratedFolder;
pub use journal::{Interrupted, Journal, JournalError, Lock, Previous, now_ms};
pub use monitor::{Monitor, Round};
pub use planner::{Planned, Planner, Setup, plugin_spec};
pub use release::{ReleaseError, Releases, files};
pub use report::{Failure, GateFailure, Report, RunResult, TierTime, Told};
pub use saved::write_plan;
pub use texts::{Texts, read_texts};

use crate::engines::EngineError;
use crate::plugins::PluginError;
use sinops_core::plan::Refusal;
use std::path::PathBuf;

/// Why a run could not be planned or begun. What happens to a run that has begun
/// is in its [`Report`].
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// sinops.yaml has no such pipeline.
    #[error("there is no pipeline `{name}`")]
    UnknownPipeline {
        /// As asked for.
        name: String,
        /// The ones that there are.
        known: Vec<String>,
    },
    /// A service that the user named is not there.
    #[error("there is no service `{name}`")]
    UnknownService {
        /// As asked for.
        name: String,
        /// The ones that there are.
        known: Vec<String>,
    },
    /// A plugin could not be loaded or failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The settings of a plugin do not fit its schema.
    #[error("settings of plugin `{plugin}`: {message}")]
    Settings {
        /// Instance name.
        plugin: String,
        /// Keys below `plugins.<name>.settings`.
        path: Vec<String>,
        /// What is wrong.
        message: String,
    },
    /// A plugin of another role was named.
    #[error("plugin `{plugin}` is a {found}, a {wanted} is needed here")]
    WrongRole {
        /// Instance name.
        plugin: String,
        /// Its role.
        found: sinops_core::plugin::Role,
        /// The role needed.
        wanted: sinops_core::plugin::Role,
    },
    /// The engine did not answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Figures cannot be served where the configuration says.
    #[error("{address}: {reason}")]
    Listen {
        /// Address.
        address: std::net::SocketAddr,
        /// Of the operating system.
        reason: String,
    },
    /// Steps proposed what the host does not do.
    #[error("the plan was refused: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another run, perhaps on another machine, has the project in hand.
    #[error(
        "another run of `{project}` is under way: {who}, since {since}; its lease expires in {} \
         unless it is renewed", humantime::format_duration(*expires_in)
    )]
    Leased {
        /// Compose project.
        project: String,
        /// User, host and process.
        who: String,
        /// RFC 3339.
        since: String,
        /// Then it is free, if its owner does not live.
        expires_in: std::time::Duration,
    },
    /// The release before could not be read, or this one not be written.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Path.
        path: PathBuf,
        /// Of the operating system.
        reason: String,
    },
}
