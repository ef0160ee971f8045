//! Services as supervised local processes: for machines without a container
//! engine, and for tests that are to be fast.
//!
//! A service takes part by `x-sinops.process`: its command. It runs in the
//! project's folder, with PATH, HOME, `PORT` (its first declared port) and what
//! compose declares in its environment, and in a group of its own. A port is
//! the same on both sides, and services reach each other at 127.0.0.1.
//! Networks and volumes are records without an effect. What a process cannot
//! honour is refused by name, or warned of where it only tunes.
//!
//! Each container is a folder; its state is told by a supervisor, a process of
//! its own that outlives the command which started it.

mod command;
mod declared;
mod folder;
mod identity;
mod operations;
mod record;
mod status;
mod supervise;
mod unhonoured;

pub use supervise::supervise;

use super::{
    ContainerSpec, Effect, Engine, EngineError, EngineOperation, ExecOutput, NetworkSpec, Scope,
    State, View, VolumeSpec, labels,
};
use async_trait::async_trait;
pub(crate) use identity::start_time;

use folder::{Folder, LOG, OLD_LOG, SPEC, fault};
use record::{ProcessPort, Record};
use sinops_core::observed::{Container, Network, PortUse, Volume};
use status::{Phase, Status};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// No more than this of a log is read for its last lines.
const LOG_END: u64 = 1024 * 1024;

/// Runs services as local processes.
#[derive(Debug)]
pub struct ProcessEngine {
    folder: Folder,
    supervisor: PathBuf,
    inherited: Inherited,
}

/// What every process gets from the surroundings of sinops; nothing else of them.
#[derive(Debug, Clone, Default)]
pub struct Inherited {
    /// `PATH`.
    pub path: String,
    /// `HOME`.
    pub home: String,
}

impl ProcessEngine {
    /// Keeps its state in `state_dir`, and starts `supervisor __supervise
    /// <folder>` for each container. Opening it touches nothing.
    #[must_use]
    pub fn open(state_dir: PathBuf, supervisor: PathBuf, inherited: Inherited) -> Self {
        Self {
            folder: Folder::at(state_dir),
            supervisor,
            inherited,
        }
    }
}

#[async_trait]
impl Engine for ProcessEngine {
    async fn observe(&self, scope: &Scope) -> Result<View, EngineError> {
        let all = self.folder.all()?;
        let networks = self.folder.resources::<NetworkRecord>("networks")?;
        let volumes = self.folder.resources::<serde_json::Value>("volumes")?;
        Ok(View {
            engine_version: format!("process {}", env!("CARGO_PKG_VERSION")),
            ports: all.iter().flat_map(ports).collect(),
            containers: all
                .into_iter()
                .map(container)
                .filter(|found| {
                    found.project.as_deref() == Some(scope.project.as_str())
                        || scope.container_names.contains(&found.name)
                })
                .collect(),
            networks: networks
                .into_iter()
                .map(|(name, record)| Network {
                    name,
                    driver: "none".to_owned(),
                    subnets: record.subnets,
                    project: record.project,
                    ..Network::default()
                })
                .collect(),
            volumes: volumes
                .into_iter()
                .map(|(name, _)| Volume {
                    name,
                    ..Volume::default()
                })
                .collect(),
            images: Vec::new(),
            machine: sinops_core::observed::Machine::default(),
        })
    }

    fn refuses(&self, spec: &ContainerSpec) -> Option<EngineError> {
        record::refuse(spec).err()
    }

    async fn execute(&self, operation: &EngineOperation) -> Result<Effect, EngineError> {
        match operation {
            EngineOperation::EnsureNetwork(spec) => self.ensure_network(spec),
            EngineOperation::EnsureVolume(spec) => self.ensure_volume(spec),
            EngineOperation::Pull(spec) => Err(EngineError::Unsupported {
                engine: "process".to_owned(),
                feature: format!("pulling the image {}", spec.reference),
            }),
            EngineOperation::Build(spec) => Err(EngineError::Unsupported {
                engine: "process".to_owned(),
                feature: format!("services.{}.build", spec.service_name),
            }),
            EngineOperation::Create(spec) => self.create(spec),
            EngineOperation::Start(id) => self.start(id).await,
            EngineOperation::Stop { id, grace } => self.stop(id, *grace).await,
            EngineOperation::Rename { id, name } => self.rename(id, name),
            EngineOperation::Remove(id) => self.remove(id).await,
            EngineOperation::RemoveNetwork(name) => {
                self.folder.forget("networks", name).map(changed)
            }
            EngineOperation::RemoveVolume(name) => self.folder.forget("volumes", name).map(changed),
            EngineOperation::Signal { id, signal } => self.signal(id, signal),
        }
    }

    async fn inspect(&self, container: &str) -> Result<State, EngineError> {
        let path = self.folder.container(container)?;
        let record = record(&path)?;
        let status = folder::status(&path);
        let check = record.check.as_ref();
        Ok(State {
            running: status.is_running(),
            health: status.health,
            restarts: status.restarts,
            exit_code: status.exit_code.filter(|_| !status.is_running()),
            health_test: check.map(|check| check.test.clone()).unwrap_or_default(),
            health_timeout: check.map(|check| check.timeout),
            start_period: check
                .map(|check| check.start_period)
                .filter(|period| !period.is_zero()),
            retries: check.map(|check| check.retries),
            endpoints: record.ports.iter().map(endpoint).collect(),
            health_output: status.health_output,
        })
    }

    async fn exec(
        &self,
        container: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<ExecOutput, EngineError> {
        let path = self.folder.container(container)?;
        let record = record(&path)?;
        if !folder::status(&path).is_running() {
            return Err(EngineError::Conflict {
                message: format!("container {container} is not running"),
            });
        }
        command::run(&record, command, timeout)
            .await
            .map_err(|failure| match failure {
                command::Failure::Timeout => EngineError::Timeout {
                    what: format!("`{}` in container {container}", command.join(" ")),
                    after: timeout,
                },
                command::Failure::Io(error) => EngineError::Other {
                    operation: format!("run `{}` in container {container}", command.join(" ")),
                    message: error.to_string(),
                },
            })
    }

    async fn logs(&self, container: &str, lines: usize) -> Result<Vec<String>, EngineError> {
        let path = self.folder.container(container)?;
        let mut found: VecDeque<String> = VecDeque::new();
        for file in [OLD_LOG, LOG] {
            let file = path.join(file);
            match last_lines(&file) {
                Ok(more) => found.extend(more),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(fault(&file, &error)),
            }
        }
        found.drain(..found.len().saturating_sub(lines));
        Ok(found.into())
    }
}

/// What is kept of a network.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct NetworkRecord {
    project: Option<String>,
    subnets: Vec<String>,
}

fn changed(changed: bool) -> Effect {
    Effect { changed, id: None }
}

fn record(path: &Path) -> Result<Record, EngineError> {
    let file = path.join(SPEC);
    folder::read(&file).map_err(|error| fault(&file, &error))
}

fn last_lines(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_END)))?;
    BufReader::new(file)
        .split(b'\n')
        .map(|line| {
            line.map(|line| {
                String::from_utf8_lossy(&line)
                    .trim_end_matches('\r')
                    .to_owned()
            })
        })
        .collect()
}

fn endpoint(port: &ProcessPort) -> (String, String) {
    let address = match port.address.as_str() {
        "" | "0.0.0.0" | "::" => "127.0.0.1",
        address => address,
    };
    let shown = if address.contains(':') && !address.starts_with('[') {
        format!("[{address}]:{}", port.port)
    } else {
        format!("{address}:{}", port.port)
    };
    (format!("{}/{}", port.port, port.protocol), shown)
}

fn container((record, name, status): (Record, String, Status)) -> Container {
    let label = |key: &str| record.labels.get(key).cloned();
    let (definition, contents) = labels::made_from(|key| record.labels.get(key));
    Container {
        definition,
        contents,
        image_id: String::new(),
        differences: Vec::new(),
        service: label(labels::SERVICE),
        number: label(labels::NUMBER)
            .and_then(|number| number.parse().ok())
            .unwrap_or_default(),
        project: label(labels::PROJECT),
        config_hash: label(labels::CONFIG_HASH),
        status: status.container_status(),
        health: status.health,
        exit_code: status.exit_code.filter(|_| !status.is_running()),
        addresses: Vec::new(),
        created: record.created,
        image: record.image,
        id: record.id,
        name,
    }
}

fn ports((record, name, status): &(Record, String, Status)) -> Vec<PortUse> {
    if !matches!(status.phase, Phase::Running | Phase::Restarting) {
        return Vec::new();
    }
    let published = record.ports.iter().filter(|port| port.published);
    published
        .map(|port| PortUse {
            port: port.port,
            protocol: port.protocol.clone(),
            address: if port.address.is_empty() {
                "0.0.0.0".to_owned()
            } else {
                port.address.clone()
            },
            container: Some(name.clone()),
        })
        .collect()
}
