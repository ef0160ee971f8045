//! From an action of the plan to what the engine or the disk does, and how to take it back.

use super::execute::Runner;
use super::images;
use super::made::Made;
use super::planner::Planner;
use super::spec;
use super::undo::UndoStep;
use crate::engines::{
    ContainerSpec, Effect, Engine, EngineError, EngineOperation, NetworkSpec, ProgressSink,
    VolumeSpec,
};
use sinops_core::action::Operation;
use sinops_core::plan::PREVIOUS;
use std::path::Path;
use std::time::Duration;

/// How often a one-off is asked whether it has ended.
const ONE_OFF_POLL: Duration = Duration::from_millis(200);

/// What an action came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) changed: bool,
    pub(super) undo: Vec<UndoStep>,
}

/// Why an action was not done, or is not known to be.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) message: String,
    /// No answer came: the engine may have done it all the same.
    pub(super) uncertain: bool,
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self {
            message,
            uncertain: false,
        }
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self {
            uncertain: matches!(
                error,
                EngineError::Timeout { .. }
                    | EngineError::Unreachable { .. }
                    | EngineError::Other { .. }
            ),
            message: error.to_string(),
        }
    }
}

impl Done {
    fn changed(undo: Vec<UndoStep>) -> Self {
        Self {
            changed: true,
            undo,
        }
    }
}

impl Runner {
    /// Does everything but gates and custom actions.
    pub(super) async fn operate(
        &self,
        index: usize,
        operation: &Operation,
        progress: &ProgressSink,
    ) -> Result<Done, Trouble> {
        let engine = self.engine();
        let run = async |operation: EngineOperation| {
            engine.execute(&operation).await.map_err(Trouble::from)
        };
        match operation {
            Operation::EnsureNetwork { key } => {
                let spec = self.network_spec(key)?;
                let name = spec.network.name.clone();
                let effect = run(EngineOperation::EnsureNetwork(Box::new(spec))).await?;
                Ok(made(&effect, UndoStep::RemoveNetwork { name }))
            }
            Operation::EnsureVolume { key } => {
                let spec = self.volume_spec(key)?;
                let name = spec.volume.name.clone();
                let effect = run(EngineOperation::EnsureVolume(Box::new(spec))).await?;
                Ok(made(&effect, UndoStep::RemoveVolume { name }))
            }
            Operation::PullImage { image } => {
                let spec = images::pull(self.planner().setup(), image, progress);
                let effect = run(EngineOperation::Pull(Box::new(spec))).await?;
                Ok(Done {
                    changed: effect.changed,
                    undo: vec![],
                })
            }
            Operation::BuildImage { service } => {
                let spec = images::build(self.planner().setup(), service, progress)?;
                let effect = run(EngineOperation::Build(Box::new(spec))).await?;
                Ok(Done {
                    changed: effect.changed,
                    undo: vec![],
                })
            }
            Operation::CreateContainer { service, number } => {
                let spec = self.container_spec(service, *number)?;
                let name = spec.name.clone();
                let effect = run(EngineOperation::Create(Box::new(spec))).await?;
                let id = effect.id.unwrap_or_else(|| name.clone());
                self.made().insert(
                    service,
                    *number,
                    Made {
                        id: id.clone(),
                        name: name.clone(),
                    },
                );
                Ok(Done::changed(vec![UndoStep::RemoveContainer { id, name }]))
            }
            Operation::StartContainer { service, number } => {
                let Made { id, name } = self
                    .made()
                    .get(service, *number)
                    .ok_or_else(|| format!("{service} #{number} was not created by this run"))?;
                run(EngineOperation::Start(id.clone())).await?;
                Ok(Done::changed(vec![UndoStep::StopContainer { id, name }]))
            }
            Operation::StartExisting { container } => {
                let effect = run(EngineOperation::Start(container.id.clone())).await?;
                let (id, name) = (container.id.clone(), container.name.clone());
                Ok(made(&effect, UndoStep::StopContainer { id, name }))
            }
            Operation::StopContainer { container, grace } => {
                let id = container.id.clone();
                let effect = run(EngineOperation::Stop {
                    id: id.clone(),
                    grace: *grace,
                })
                .await?;
                Ok(made(
                    &effect,
                    UndoStep::StartContainer {
                        id,
                        name: container.name.clone(),
                    },
                ))
            }
            Operation::RenameContainer { container, name } => {
                let id = container.id.clone();
                run(EngineOperation::Rename {
                    id: id.clone(),
                    name: name.clone(),
                })
                .await?;
                self.is_back(&id, name);
                Ok(Done::changed(vec![UndoStep::RenameContainer {
                    id,
                    name: container.name.clone(),
                }]))
            }
            Operation::RemoveContainer { container } => {
                run(EngineOperation::Remove(container.id.clone())).await?;
                Ok(Done::changed(vec![]))
            }
            Operation::RemoveNetwork { name } => {
                let restore = self.restored(name);
                let effect = run(EngineOperation::RemoveNetwork(name.clone())).await?;
                Ok(Done {
                    changed: effect.changed,
                    undo: restore.into_iter().collect(),
                })
            }
            Operation::Reload { container, signal } => {
                let (id, name, signal) =
                    (container.id.clone(), container.name.clone(), signal.clone());
                run(EngineOperation::Signal {
                    id: id.clone(),
                    signal: signal.clone(),
                })
                .await?;
                Ok(Done::changed(vec![UndoStep::Reload { id, name, signal }]))
            }
            Operation::WriteFile { path, content } => {
                let planner = self.planner();
                let alone = is_mounted_alone(planner, path);
                let held = planner.generated().write(path, content, alone)?;
                let changed = held.content.as_deref() != Some(content.as_str());
                let before = self.written_before(path).unwrap_or(held);
                let same = before.content.as_deref() == Some(content.as_str());
                let undo = UndoStep::RestoreFile {
                    path: path.clone(),
                    content: before.content,
                    entry: before.entry,
                };
                Ok(Done {
                    changed,
                    undo: if same { vec![] } else { vec![undo] },
                })
            }
            Operation::RunOneOff {
                service,
                command,
                timeout,
            } => self.one_off(index, service, command, *timeout).await,
            Operation::Gate { .. } | Operation::Custom { .. } => {
                Err("is not the engine's to do".to_owned().into())
            }
        }
    }

    /// A container that was put aside and has its name again is the replica's.
    fn is_back(&self, id: &str, name: &str) {
        let known = self.observed().containers.iter().find(|it| it.id == id);
        if let Some((service, number)) = known
            .filter(|_| !name.ends_with(PREVIOUS))
            .and_then(|it| Some((it.service.as_deref()?, it.number)))
        {
            let (id, name) = (id.to_owned(), name.to_owned());
            self.made().insert(service, number, Made { id, name });
        }
    }

    fn network_spec(&self, key: &str) -> Result<NetworkSpec, String> {
        let setup = self.planner().setup();
        let resource = setup.stack.networks.iter().find(|known| known.key == key);
        let resource = resource.ok_or_else(|| format!("there is no network `{key}`"))?;
        Ok(NetworkSpec {
            project: (!resource.external).then(|| setup.stack.project.clone()),
            key: key.to_owned(),
            network: serde_json::from_value(resource.definition.clone())
                .map_err(|error| error.to_string())?,
        })
    }

    fn volume_spec(&self, key: &str) -> Result<VolumeSpec, String> {
        let project = &self.planner().setup().project;
        let volume = project
            .volumes
            .get(key)
            .ok_or_else(|| format!("there is no volume `{key}`"))?;
        Ok(VolumeSpec {
            project: project.name.clone(),
            key: key.to_owned(),
            volume: volume.clone(),
        })
    }

    fn container_spec(&self, name: &str, number: u32) -> Result<ContainerSpec, String> {
        let setup = self.planner().setup();
        let mut spec = spec::container(setup, name, number)?;
        if let Some(planned) = setup.stack.service(name) {
            spec.contents = self.planner().contents(planned);
        }
        Ok(spec)
    }

    async fn one_off(
        &self,
        index: usize,
        service: &str,
        command: &[String],
        timeout: Duration,
    ) -> Result<Done, Trouble> {
        let mut spec = self.container_spec(service, 1)?;
        spec.name = self.one_off_name(&spec.name, index);
        spec.one_off = true;
        spec.service.command = Some(command.to_vec());
        spec.service.restart = None;
        spec.service.ports.clear();
        let engine = self.engine();
        let name = spec.name.clone();
        let effect = engine
            .execute(&EngineOperation::Create(Box::new(spec)))
            .await?;
        let id = effect.id.unwrap_or(name);
        let ended = tokio::time::timeout(timeout, run_to_end(engine.as_ref(), &id)).await;
        let logs = engine.logs(&id, 20).await.unwrap_or_default().join("\n");
        engine.execute(&EngineOperation::Remove(id)).await?;
        match ended {
            Ok(Ok(0)) => Ok(Done::changed(vec![])),
            Ok(Ok(code)) => Err(format!("ended with {code}\n{logs}").into()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(format!("did not end within {timeout:?}\n{logs}").into()),
        }
    }
}

async fn run_to_end(engine: &dyn Engine, id: &str) -> Result<i32, EngineError> {
    engine
        .execute(&EngineOperation::Start(id.to_owned()))
        .await?;
    loop {
        let state = engine.inspect(id).await?;
        if let (false, Some(code)) = (state.running, state.exit_code) {
            return Ok(code);
        }
        tokio::time::sleep(ONE_OFF_POLL).await;
    }
}

fn made(effect: &Effect, undo: UndoStep) -> Done {
    Done {
        changed: effect.changed,
        undo: if effect.changed { vec![undo] } else { vec![] },
    }
}

/// A container that mounts this very file and not its folder.
pub(super) fn is_mounted_alone(planner: &Planner, path: &str) -> bool {
    let path = planner.output_directory().join(path);
    let services = planner.setup().project.services.values();
    let mut mounts = services.flat_map(|service| &service.volumes);
    mounts.any(|mount| {
        mount.kind == "bind"
            && mount
                .source
                .as_deref()
                .is_some_and(|source| Path::new(source) == path)
    })
}
