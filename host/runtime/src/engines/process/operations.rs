//! What changes something: records, names, supervisors started and stopped.

use super::folder::{self, Folder, NAME, STATE, STOP, fault};
use super::identity::{self, Identity};
use super::record::{ProcessPort, Record};
use super::status::{Phase, Status};
use super::{
    ContainerSpec, Effect, EngineError, NetworkRecord, NetworkSpec, ProcessEngine, VolumeSpec,
    changed, labels, record,
};
use rustix::process::Signal;
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a supervisor may take to say its first word.
const SUPERVISOR_TIME: Duration = Duration::from_secs(30);
/// Added to the grace that a stop allows.
const STOP_TIME: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl ProcessEngine {
    pub(super) fn ensure_network(&self, spec: &NetworkSpec) -> Result<Effect, EngineError> {
        let record = NetworkRecord {
            project: spec.project.clone(),
            subnets: spec
                .network
                .ipam
                .config
                .iter()
                .filter_map(|pool| pool.subnet.clone())
                .collect(),
        };
        self.folder
            .ensure("networks", &spec.network.name, &record)
            .map(changed)
    }

    pub(super) fn ensure_volume(&self, spec: &VolumeSpec) -> Result<Effect, EngineError> {
        let name = &spec.volume.name;
        if spec.volume.external && !self.folder.has("volumes", name) {
            return Err(EngineError::NotFound {
                what: format!("volume {name}"),
            });
        }
        self.folder
            .ensure("volumes", name, &labels::of_volume(spec))
            .map(changed)
    }

    pub(super) fn create(&self, spec: &ContainerSpec) -> Result<Effect, EngineError> {
        let created = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .unwrap_or_default();
        let id = Folder::new_id();
        let record = Record::of(spec, &self.inherited, id.clone(), created)?;
        let _names = self.folder.lock()?;
        self.free(&spec.name)?;
        self.folder.add(&record, &spec.name)?;
        Ok(Effect {
            changed: true,
            id: Some(id),
        })
    }

    /// Refuses a name that another container holds.
    fn free(&self, name: &str) -> Result<(), EngineError> {
        match self
            .folder
            .all()?
            .into_iter()
            .find(|(_, held, _)| held == name)
        {
            Some((record, ..)) => Err(EngineError::Conflict {
                message: format!(
                    "the name {name} is already in use by container {}",
                    record.id
                ),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn rename(&self, id: &str, name: &str) -> Result<Effect, EngineError> {
        let path = self.folder.container(id)?;
        let _names = self.folder.lock()?;
        self.free(name)?;
        let file = path.join(NAME);
        folder::write(&file, &name).map_err(|error| fault(&file, &error))?;
        Ok(Effect {
            changed: true,
            id: Some(id.to_owned()),
        })
    }

    pub(super) async fn start(&self, id: &str) -> Result<Effect, EngineError> {
        let path = self.folder.container(id)?;
        let before = folder::status(&path);
        if matches!(before.phase, Phase::Running | Phase::Restarting) {
            if before.is_supervised() {
                return Ok(Effect {
                    changed: false,
                    id: Some(id.to_owned()),
                });
            }
            // It runs unsupervised, since its supervisor was killed.
            self.stop(id, None).await?;
        }
        let record = record(&path)?;
        for port in &record.ports {
            listenable(id, port)?;
        }
        let state = path.join(STATE);
        let _ = std::fs::remove_file(path.join(STOP));
        let starting = Status {
            phase: Phase::Starting,
            ..Status::default()
        };
        folder::write(&state, &starting).map_err(|error| fault(&state, &error))?;
        let mut supervisor = tokio::process::Command::new(&self.supervisor)
            .arg("__supervise")
            .arg(&path)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| EngineError::Other {
                operation: format!("start the supervisor {}", self.supervisor.display()),
                message: error.to_string(),
            })?;
        let began = Instant::now();
        loop {
            let status = folder::status(&path);
            if let Some(problem) = &status.problem {
                return Err(EngineError::Other {
                    operation: format!("start container {id}"),
                    message: problem.clone(),
                });
            }
            if status.phase != Phase::Starting {
                return Ok(Effect {
                    changed: true,
                    id: Some(id.to_owned()),
                });
            }
            let ended = supervisor.try_wait().ok().flatten().is_some();
            // It may have said its last word between the two looks.
            if ended && folder::status(&path).phase == Phase::Starting {
                let _ = folder::write(&state, &Status::default());
                return Err(EngineError::Other {
                    operation: format!("start container {id}"),
                    message: format!("the supervisor {} ended at once", self.supervisor.display()),
                });
            }
            if began.elapsed() > SUPERVISOR_TIME {
                return Err(EngineError::Timeout {
                    what: format!("the supervisor of container {id}"),
                    after: SUPERVISOR_TIME,
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub(super) async fn stop(
        &self,
        id: &str,
        grace: Option<Duration>,
    ) -> Result<Effect, EngineError> {
        let path = self.folder.container(id)?;
        let unchanged = Effect {
            changed: false,
            id: Some(id.to_owned()),
        };
        let status = folder::status(&path);
        if matches!(status.phase, Phase::Created | Phase::Exited) {
            return Ok(unchanged);
        }
        if status.phase == Phase::Starting && status.supervisor.is_none() {
            // Whoever started it was killed before a supervisor spoke.
            let state = path.join(STATE);
            folder::write(&state, &Status::default()).map_err(|error| fault(&state, &error))?;
            return Ok(unchanged);
        }
        let record = record(&path)?;
        let grace = grace.unwrap_or(record.grace);
        let file = path.join(STOP);
        folder::write(&file, &grace).map_err(|error| fault(&file, &error))?;
        let mut asked = false;
        let began = Instant::now();
        let limit = grace.saturating_add(STOP_TIME);
        loop {
            let status = folder::status(&path);
            if matches!(status.phase, Phase::Created | Phase::Exited) {
                break;
            }
            if status.is_supervised() {
                asked = asked
                    || status
                        .supervisor
                        .is_some_and(|supervisor| supervisor.send(Signal::TERM));
            } else if let Some(child) = status.child {
                end_unsupervised(child, &record, grace).await;
            }
            if began.elapsed() > limit {
                return Err(EngineError::Timeout {
                    what: format!("stop container {id}"),
                    after: limit,
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(Effect {
            changed: true,
            ..unchanged
        })
    }

    pub(super) async fn remove(&self, id: &str) -> Result<Effect, EngineError> {
        match self.stop(id, None).await {
            Ok(_) => {}
            Err(EngineError::NotFound { .. }) => return Ok(changed(false)),
            Err(error) => return Err(error),
        }
        let path = self.folder.container(id)?;
        self.folder.discard(&path, id)?;
        Ok(changed(true))
    }

    pub(super) fn signal(&self, id: &str, name: &str) -> Result<Effect, EngineError> {
        let path = self.folder.container(id)?;
        let signal = identity::signal(name).ok_or_else(|| EngineError::Unsupported {
            engine: "process".to_owned(),
            feature: format!("the signal {name}"),
        })?;
        let sent = folder::status(&path)
            .child
            .is_some_and(|child| child.send_group(signal));
        if sent {
            Ok(Effect {
                changed: true,
                id: Some(id.to_owned()),
            })
        } else {
            Err(EngineError::Conflict {
                message: format!("container {id} is not running"),
            })
        }
    }
}

/// What its supervisor would do, had it not been killed.
async fn end_unsupervised(child: Identity, record: &Record, grace: Duration) {
    let first = identity::signal(&record.stop_signal).unwrap_or(Signal::TERM);
    child.send_group(first);
    let began = Instant::now();
    while child.is_alive() && began.elapsed() < grace {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    child.send_group(Signal::KILL);
}

/// Says so before the service does, in the words of every engine.
fn listenable(id: &str, port: &ProcessPort) -> Result<(), EngineError> {
    if !port.published {
        return Ok(());
    }
    let address: IpAddr = port
        .address
        .trim_matches(['[', ']'])
        .parse()
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let tried = match port.protocol.as_str() {
        "tcp" => TcpListener::bind((address, port.port)).map(drop),
        "udp" => UdpSocket::bind((address, port.port)).map(drop),
        _ => Ok(()),
    };
    tried.map_err(|error| EngineError::Conflict {
        message: format!(
            "start container {id}: port {}/{} at {address}: {error}",
            port.port, port.protocol
        ),
    })
}
