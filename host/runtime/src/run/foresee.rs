//! Write-ahead: how an action could be taken back, said before it begins.
//!
//! What an action really came to is known only after it; a run that is killed in
//! between has at least said this.

use super::execute::Runner;
use super::operation::generated;
use super::undo::UndoStep;
use sinops_core::action::{Existing, Operation};
use sinops_core::observed::ContainerStatus;

impl Runner {
    /// The steps that would take the action at `index` back, by names where ids are not known yet.
    pub(super) fn foreseen(&self, index: usize, operation: &Operation) -> Vec<UndoStep> {
        let stack = &self.planner().setup().stack;
        let observed = self.observed();
        let step = match operation {
            Operation::EnsureNetwork { key } => {
                let resource = stack.networks.iter().find(|it| it.key == *key);
                resource
                    .filter(|it| !observed.networks.iter().any(|known| known.name == it.name))
                    .map(|it| UndoStep::RemoveNetwork {
                        name: it.name.clone(),
                    })
            }
            Operation::EnsureVolume { key } => {
                let resource = stack.volumes.iter().find(|it| it.key == *key);
                resource
                    .filter(|it| !observed.volumes.contains(&it.name))
                    .map(|it| UndoStep::RemoveVolume {
                        name: it.name.clone(),
                    })
            }
            Operation::CreateContainer { service, number } => {
                container_name(stack, service, *number).map(|name| UndoStep::RemoveContainer {
                    id: name.clone(),
                    name,
                })
            }
            Operation::StartContainer { service, number } => {
                let made = self.made().get(service, *number);
                made.map(|made| UndoStep::StopContainer {
                    id: made.id,
                    name: made.name,
                })
            }
            Operation::StartExisting { container } => (!self.ran(container)).then(|| {
                let Existing { id, name } = container.clone();
                UndoStep::StopContainer { id, name }
            }),
            Operation::StopContainer { container, .. } => self.ran(container).then(|| {
                let Existing { id, name } = container.clone();
                UndoStep::StartContainer { id, name }
            }),
            Operation::RenameContainer { container, .. } => {
                let Existing { id, name } = container.clone();
                Some(UndoStep::RenameContainer { id, name })
            }
            Operation::WriteFile { path, .. } => {
                let content = match self.written_before(path) {
                    Some(content) => content,
                    None => generated(self.planner(), path),
                };
                Some(UndoStep::RestoreFile {
                    path: path.clone(),
                    content,
                })
            }
            Operation::Reload { container, signal } => Some(UndoStep::Reload {
                id: container.id.clone(),
                name: container.name.clone(),
                signal: signal.clone(),
            }),
            Operation::RunOneOff { service, .. } => {
                container_name(stack, service, 1).map(|name| UndoStep::RemoveOneOff {
                    name: self.one_off_name(&name, index),
                })
            }
            Operation::PullImage { .. }
            | Operation::RemoveContainer { .. }
            | Operation::RemoveNetwork { .. }
            | Operation::Gate { .. }
            | Operation::Custom { .. } => None,
        };
        step.into_iter().collect()
    }

    /// Whether it ran when the run began.
    fn ran(&self, container: &Existing) -> bool {
        let known = self.observed().containers.iter();
        known.filter(|it| it.id == container.id).any(|it| {
            matches!(
                it.status,
                ContainerStatus::Running | ContainerStatus::Restarting | ContainerStatus::Paused
            )
        })
    }
}

fn container_name(stack: &sinops_core::stack::Stack, service: &str, number: u32) -> Option<String> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    stack.service(service)?.container_names.get(index).cloned()
}
