//! Where containers run. One trait; no engine's own type leaves its folder.

mod amounts;
mod docker;
mod labels;
mod limits;
mod onlooker;
mod process;
mod progress;
mod restart;
mod tail;

pub use docker::DockerEngine;
pub use onlooker::Onlooker;
pub(crate) use process::start_time;
pub use process::{Inherited, ProcessEngine, supervise};
pub use progress::{Progress, ProgressSink};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use sinops_core::lease::{Claim, Owner};
use sinops_core::observed::{Container, Health, Image, Machine, Network, PortUse, Volume};
use std::time::Duration;

/// As much of a command's output as is kept.
const OUTPUT_LIMIT: usize = 4096;

/// What an engine can do. Each call is one step that can be journalled.
#[async_trait]
pub trait Engine: Send + Sync + std::fmt::Debug {
    /// One look: cheap, a handful of API calls whatever the size of the stack.
    async fn observe(&self, scope: &Scope) -> Result<View, EngineError>;

    /// Does one thing.
    async fn execute(&self, operation: &EngineOperation) -> Result<Effect, EngineError>;

    /// State of one container, by id.
    async fn inspect(&self, container: &str) -> Result<State, EngineError>;

    /// Runs a command in a container. On timeout the error is [`EngineError::Timeout`].
    async fn exec(
        &self,
        container: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, EngineError>;

    /// How a container that something else made differs from what would be made of
    /// `spec`; nothing: it can be taken over as it is.
    async fn differences(
        &self,
        container: &str,
        spec: &ContainerSpec,
    ) -> Result<Vec<Difference>, EngineError> {
        let _ = (container, spec);
        Ok(vec![Difference::unknown("the container")])
    }

    /// The attribute of `spec` that this engine cannot be told, if there is one: making the
    /// container would fail whatever else is there. The engine is not asked.
    fn refuses(&self, _spec: &ContainerSpec) -> Option<EngineError> {
        None
    }

    /// Whether the image's registry would let it be pulled, as far as can be told without
    /// pulling it. [`EngineError::NotFound`]: it would not.
    async fn manifest(&self, _reference: &str) -> Result<(), EngineError> {
        Ok(())
    }

    /// The last lines that a container wrote, oldest first.
    async fn logs(&self, container: &str, lines: usize) -> Result<Vec<String>, EngineError>;

    /// Ids of a project's containers, each time one ends or its health changes. A
    /// hint to look again, no more: it may end early, or never say anything.
    fn happenings(&self, _project: &str) -> BoxStream<'static, String> {
        futures::stream::pending().boxed()
    }

    /// Where claims on projects are kept, if several machines may use the engine.
    fn leases(&self) -> Option<&dyn LeaseBook> {
        None
    }
}

/// Claims on projects (see [`sinops_core::lease`]).
#[async_trait]
pub trait LeaseBook: Send + Sync {
    /// All claims on a project.
    async fn claims(&self, project: &str) -> Result<Vec<Claim>, EngineError>;

    /// Makes the claim of a generation, or gives the one that is there: its owner tells.
    async fn claim(
        &self,
        project: &str,
        generation: u64,
        owner: &Owner,
    ) -> Result<Claim, EngineError>;

    /// Removes a claim; that it is gone already is fine.
    async fn drop_claim(&self, name: &str) -> Result<(), EngineError>;

    /// What the clock says where claims are kept, in seconds since the epoch.
    async fn time(&self) -> Result<u64, EngineError>;
}

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Compose project.
    pub project: String,
    /// Container names that the stack wants (others may hold them).
    pub container_names: Vec<String>,
    /// Image references that the stack names.
    pub images: Vec<String>,
    /// Whether it matters how large the machine is: asking costs a call.
    pub machine: bool,
}

/// What the engine holds.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// `docker 20.10.24 (API 1.41)`.
    pub engine_version: String,
    /// Containers of the project, and others that hold a wanted name.
    pub containers: Vec<Container>,
    /// All networks.
    pub networks: Vec<Network>,
    /// All volumes.
    pub volumes: Vec<Volume>,
    /// Of the images named in the scope, those that are there.
    pub images: Vec<Image>,
    /// Ports that containers of any project publish.
    pub ports: Vec<PortUse>,
    /// Where the engine runs.
    pub machine: Machine,
}

/// One change.
#[derive(Debug, Clone)]
pub enum EngineOperation {
    /// Does nothing if it exists.
    EnsureNetwork(Box<NetworkSpec>),
    /// Does nothing if it exists.
    EnsureVolume(Box<VolumeSpec>),
    /// Gets an image from its registry, newer or not.
    Pull(Box<PullSpec>),
    /// Builds the image of a service.
    Build(Box<BuildSpec>),
    /// Not started.
    Create(Box<ContainerSpec>),
    /// By id.
    Start(String),
    /// By id.
    Stop {
        /// Container.
        id: String,
        /// None: what the container declares, or ten seconds.
        grace: Option<Duration>,
    },
    /// By id.
    Rename {
        /// Container.
        id: String,
        /// New name.
        name: String,
    },
    /// By id; stopped first if it runs; its anonymous volumes go too.
    Remove(String),
    /// By name.
    RemoveNetwork(String),
    /// By name.
    RemoveVolume(String),
    /// By id.
    Signal {
        /// Container.
        id: String,
        /// `SIGHUP`.
        signal: String,
    },
}

/// What came of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// Something changed (false: it was so already).
    pub changed: bool,
    /// Id of what was made.
    pub id: Option<String>,
}

/// A network to be made.
#[derive(Debug, Clone)]
pub struct NetworkSpec {
    /// Project label; none for an external network.
    pub project: Option<String>,
    /// Key in the compose file.
    pub key: String,
    /// Declaration, name included.
    pub network: sinops_compose::Network,
}

/// A volume to be made.
#[derive(Debug, Clone)]
pub struct VolumeSpec {
    /// Project label.
    pub project: String,
    /// Key in the compose file.
    pub key: String,
    /// Declaration, name included.
    pub volume: sinops_compose::Volume,
}

/// An image to be fetched.
#[derive(Debug, Clone, Default)]
pub struct PullSpec {
    /// `redis:7`.
    pub reference: String,
    /// `linux/arm64`; none: the engine's own.
    pub platform: Option<String>,
    /// Told how far it is.
    pub progress: ProgressSink,
}

/// An image to be built.
#[derive(Debug, Clone, Default)]
pub struct BuildSpec {
    /// Compose project, for a label.
    pub project: String,
    /// Service, for a label and for errors.
    pub service_name: String,
    /// The reference that the image gets, beside `build.tags`.
    pub reference: String,
    /// Folder that relative paths start from.
    pub project_directory: String,
    /// `linux/arm64`; none: the engine's own.
    pub platform: Option<String>,
    /// The declaration.
    pub build: sinops_compose::Build,
    /// Told how far it is.
    pub progress: ProgressSink,
}

/// A container to be made.
#[derive(Debug, Clone, Default)]
pub struct ContainerSpec {
    /// Compose project.
    pub project: String,
    /// Working directory label.
    pub project_directory: String,
    /// Compose files label.
    pub config_files: Vec<String>,
    /// Service name.
    pub service_name: String,
    /// From 1.
    pub number: u32,
    /// Container name.
    pub name: String,
    /// Our hash, kept in the label `sinops.config-hash`.
    pub config_hash: String,
    /// What the hash is over, secrets concealed; kept in the label `sinops.definition`.
    pub definition: serde_json::Value,
    /// Hashes of what the container is given; kept in the label `sinops.contents`.
    pub contents: sinops_core::contents::Contents,
    /// It runs once, to its end, and is nobody's replica.
    pub one_off: bool,
    /// The declaration.
    pub service: sinops_compose::Service,
    /// Container names of the services that it links to, by service.
    pub siblings: sinops_compose::Map<Vec<String>>,
    /// Declarations of the networks it names, by key.
    pub networks: sinops_compose::Map<sinops_compose::Network>,
    /// Declarations of the volumes it names, by key.
    pub volumes: sinops_compose::Map<sinops_compose::Volume>,
    /// Declarations of its secrets, by key. One that comes from the environment
    /// has its value in `content`: engines read no environment.
    pub secrets: sinops_compose::Map<sinops_compose::FileObject>,
    /// Declarations of its configs, by key; the environment as with secrets.
    pub configs: sinops_compose::Map<sinops_compose::FileObject>,
}

/// A field in which a container is not what would be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Attribute of compose: `environment.A`.
    pub path: String,
    /// As it is.
    pub old: Option<String>,
    /// As it would be.
    pub new: Option<String>,
    /// It cannot be read back whether it differs.
    pub unknown: bool,
}

impl Difference {
    /// Of something that cannot be read back.
    pub(crate) fn unknown(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            old: Some("not known".to_owned()),
            new: None,
            unknown: true,
        }
    }
}

/// Whether a secret or config is mounted from its file; it is copied in where not.
pub(crate) fn is_mounted(
    reference: &sinops_compose::FileReference,
    object: &sinops_compose::FileObject,
) -> bool {
    object.file.is_some()
        && reference.uid.is_none()
        && reference.gid.is_none()
        && reference.mode.is_none()
}

/// State of a container right now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// It runs.
    pub running: bool,
    /// Health as the engine knows it.
    pub health: Health,
    /// Output of the engine's last probe.
    pub health_output: String,
    /// Restarts so far.
    pub restarts: u32,
    /// Of an exited one.
    pub exit_code: Option<i32>,
    /// The effective health check, image's included: `CMD …` words, empty for none.
    pub health_test: Vec<String>,
    /// Its timeout.
    pub health_timeout: Option<Duration>,
    /// Its start period.
    pub start_period: Option<Duration>,
    /// How many failures in a row make it unhealthy.
    pub retries: Option<u32>,
    /// `80/tcp` to `127.0.0.1:8080`: where the host reaches it.
    pub endpoints: Vec<(String, String)>,
}

/// What a command printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// Exit code.
    pub exit_code: i32,
    /// Both streams, at most 4 KiB, the end kept.
    pub text: String,
}

/// Why an engine could not.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Nothing answers.
    #[error("no engine answers at {endpoint}: {reason}")]
    Unreachable {
        /// Socket or address.
        endpoint: String,
        /// Of the operating system.
        reason: String,
    },
    /// The socket may not be opened.
    #[error("permission denied on {endpoint}")]
    PermissionDenied {
        /// Socket.
        endpoint: String,
    },
    /// The thing named is not there.
    #[error("{what} not found")]
    NotFound {
        /// `image redis:7`.
        what: String,
    },
    /// A host port is taken.
    #[error("{message}")]
    Conflict {
        /// The engine's words.
        message: String,
    },
    /// It took too long.
    #[error("{what} did not answer within {after:?}")]
    Timeout {
        /// Operation.
        what: String,
        /// Limit.
        after: Duration,
    },
    /// The engine cannot do this.
    #[error("{feature} is not supported by the {engine} engine")]
    Unsupported {
        /// Engine.
        engine: String,
        /// Compose attribute or operation.
        feature: String,
    },
    /// Anything else.
    #[error("{operation}: {message}")]
    Other {
        /// What was tried.
        operation: String,
        /// The engine's words.
        message: String,
    },
}
