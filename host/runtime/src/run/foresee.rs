//! Write-ahead: how an action could be taken back, said before it begins.
//!
//! What an action really came to is known only after it; a run that is killed in
//! between has at least said this.

use super::execute::Runner;
use super::generated::Before;
use super::journal::Previous;
use super::undo::UndoStep;
use sinops_core::action::{Existing, Goal, Operation};
use sinops_core::observed::ContainerStatus;
use sinops_core::plan::PREVIOUS;

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
                    .filter(|it| !observed.volumes.iter().any(|known| known.name == it.name))
                    .map(|it| UndoStep::RemoveVolume {
                        name: it.name.clone(),
                    })
            }
            Operation::RemoveNetwork { name } => self.restored(name),
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
                let folder = self.planner().generated();
                let before = self.written_before(path).unwrap_or_else(|| Before {
                    content: folder.read(path),
                    entry: folder.ledger().entry(path),
                });
                Some(UndoStep::RestoreFile {
                    path: path.clone(),
                    content: before.content,
                    entry: before.entry,
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
            | Operation::BuildImage { .. }
            | Operation::RemoveContainer { .. }
            | Operation::Gate { .. }
            | Operation::Custom { .. } => None,
        };
        step.into_iter().collect()
    }

    /// How a network that goes comes back.
    pub(super) fn restored(&self, name: &str) -> Option<UndoStep> {
        let mut known = self.observed().networks.iter();
        let network = known.find(|it| it.name == *name)?.live.clone();
        Some(UndoStep::RestoreNetwork {
            network: Box::new(network),
        })
    }

    /// How to bring back what an interrupted run put aside, should this run fail as well:
    /// its successor goes, it gets its name back, and it is started if that run stopped it.
    pub(super) fn inherited(&self) -> Vec<UndoStep> {
        let interrupted = self.previous().interrupted();
        if interrupted.is_some_and(|it| it.committed) || *self.previous() == Previous::Committed {
            return Vec::new();
        }
        let project = Some(&self.planner().setup().stack.project);
        let containers = &self.observed().containers;
        let mut steps = Vec::new();
        let mut starts = Vec::new();
        for old in containers
            .iter()
            .filter(|it| it.project.as_ref() == project)
        {
            let Some(name) = old.name.strip_suffix(PREVIOUS) else {
                continue;
            };
            let (id, name) = (old.id.clone(), name.to_owned());
            let existing = Existing {
                id: id.clone(),
                name: name.clone(),
            };
            // Without a journal nobody knows who stopped it: it is likelier to have served.
            if !self.ran(&existing) && interrupted.is_none_or(|it| it.stopped.contains(&id)) {
                let (id, name) = (id.clone(), name.clone());
                starts.push(UndoStep::StartContainer { id, name });
            }
            let successor = containers.iter().find(|it| it.name == name);
            steps.push(UndoStep::RenameContainer { id, name });
            if let Some(successor) = successor {
                steps.push(UndoStep::RemoveContainer {
                    id: successor.id.clone(),
                    name: successor.name.clone(),
                });
            }
        }
        // What it stopped, and had not yet put aside, has its own name still.
        if let Some(interrupted) = interrupted.filter(|it| it.goal == Goal::Up) {
            for old in containers
                .iter()
                .filter(|it| interrupted.stopped.contains(&it.id) && !it.name.ends_with(PREVIOUS))
            {
                let (id, name) = (old.id.clone(), old.name.clone());
                starts.push(UndoStep::StartContainer { id, name });
            }
            starts.extend(interrupted.networks.iter().cloned());
        }
        starts.extend(steps);
        starts
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
