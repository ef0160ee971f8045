//! What steps propose: typed actions with their reasons, and problems.

use crate::change::Change;
use crate::notification::Severity;
use crate::observed::Observed;
use crate::stack::Stack;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Bring the stack up.
    #[default]
    Up,
    /// Take it down.
    Down,
}

/// All that a step may look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Planning {
    /// Desired state.
    pub stack: Stack,
    /// What is there.
    pub observed: Observed,
    /// What earlier steps of the pipeline proposed.
    pub proposed: Vec<Action>,
    /// Up or down.
    pub goal: Goal,
    /// Services that the user named; empty means all.
    pub only: Vec<String>,
}

/// A thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Action {
    /// Unique within the step's proposal.
    pub id: String,
    /// What.
    pub operation: Operation,
    /// Service it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Tier it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Why, in words.
    pub cause: String,
    /// What differs, field by field, where that is the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Ids of the step's actions that come before.
    pub after: Vec<String>,
}

/// An existing container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Existing {
    /// Engine id.
    pub id: String,
    /// Name, for people.
    pub name: String,
}

/// What the host knows how to do, and to undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Operation {
    /// By key of the stack.
    EnsureNetwork {
        /// Key of `stack.networks`.
        key: String,
    },
    /// By key of the stack.
    EnsureVolume {
        /// Key of `stack.volumes`.
        key: String,
    },
    /// Get an image.
    PullImage {
        /// Reference.
        image: String,
    },
    /// Build the image of a service.
    BuildImage {
        /// Service.
        service: String,
    },
    /// Make the container of a service's replica.
    CreateContainer {
        /// Service.
        service: String,
        /// From 1.
        number: u32,
    },
    /// Start the one that this run made.
    StartContainer {
        /// Service.
        service: String,
        /// From 1.
        number: u32,
    },
    /// Start one that exists.
    StartExisting {
        /// Which.
        container: Existing,
    },
    /// Stop with a grace period.
    StopContainer {
        /// Which.
        container: Existing,
        /// None: what the service declares, or ten seconds.
        grace: Option<Duration>,
    },
    /// Give another name.
    RenameContainer {
        /// Which.
        container: Existing,
        /// New name.
        name: String,
    },
    /// Remove; stopped first if it runs.
    RemoveContainer {
        /// Which.
        container: Existing,
    },
    /// Remove a network of the project.
    RemoveNetwork {
        /// Name on the engine.
        name: String,
    },
    /// Write a file below the output folder.
    WriteFile {
        /// Relative path.
        path: String,
        /// Whole text.
        content: String,
    },
    /// Make a running service read its configuration again.
    Reload {
        /// Which.
        container: Existing,
        /// `SIGHUP`.
        signal: String,
    },
    /// Wait until services are healthy.
    Gate {
        /// Which.
        services: Vec<String>,
        /// At most.
        timeout: Duration,
    },
    /// Run a command of a service once, to its end.
    RunOneOff {
        /// Service.
        service: String,
        /// Command.
        command: Vec<String>,
        /// At most.
        timeout: Duration,
    },
    /// Executed by the plugin itself.
    Custom {
        /// Short verb.
        title: String,
        /// Handed back unchanged.
        payload: Value,
    },
}

impl Operation {
    /// The path of the generated file that it writes, if it writes one.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        match self {
            Self::WriteFile { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// Something wrong, found while planning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Problem {
    /// A critical one stops the run before its first change.
    pub severity: Severity,
    /// A name of its kind that stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Service it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What and why.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Path into the canonical project.
    pub path: Vec<String>,
    /// Where in a text that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<TextPlace>,
    /// What mends it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// A stretch of a text that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TextPlace {
    /// Relative to the project folder.
    pub file: String,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset of the byte after its last.
    pub end: usize,
}

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Edit {
    /// What goes.
    pub place: TextPlace,
    /// What comes.
    pub replacement: String,
}

/// The answer of a step's `plan`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proposal {
    /// To do.
    pub actions: Vec<Action>,
    /// Wrong.
    pub problems: Vec<Problem>,
}

/// What came of a custom action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// Something changed.
    pub changed: bool,
    /// For the summary.
    pub message: String,
}

/// Words for a person: `create container web`, `wait until web and db are healthy`.
impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let replica = |service: &str, number: u32| match number {
            1 => service.to_owned(),
            number => format!("{service} #{number}"),
        };
        match self {
            Self::EnsureNetwork { key } => write!(f, "create network {key}"),
            Self::EnsureVolume { key } => write!(f, "create volume {key}"),
            Self::PullImage { image } => write!(f, "pull image {image}"),
            Self::BuildImage { service } => write!(f, "build image of {service}"),
            Self::CreateContainer { service, number } => {
                write!(f, "create {}", replica(service, *number))
            }
            Self::StartContainer { service, number } => {
                write!(f, "start {}", replica(service, *number))
            }
            Self::StartExisting { container } => write!(f, "start container {}", container.name),
            Self::StopContainer { container, .. } => write!(f, "stop container {}", container.name),
            Self::RenameContainer { container, name } => {
                write!(f, "rename container {} to {name}", container.name)
            }
            Self::RemoveContainer { container } => write!(f, "remove container {}", container.name),
            Self::RemoveNetwork { name } => write!(f, "remove network {name}"),
            Self::WriteFile { path, .. } => write!(f, "write file {path}"),
            Self::Reload { container, .. } => write!(f, "reload container {}", container.name),
            Self::Gate { services, .. } => match services.as_slice() {
                [one] => write!(f, "wait until {one} is healthy"),
                many => write!(f, "wait until {} services are healthy", many.len()),
            },
            Self::RunOneOff {
                service, command, ..
            } => {
                write!(f, "run `{}` in {service}", command.join(" "))
            }
            Self::Custom { title, .. } => f.write_str(title),
        }
    }
}
