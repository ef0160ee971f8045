//! Taking back what a run did, newest first.

use super::event::{Event, Events};
use super::execute::Runner;
use super::generated::Before;
use super::journal::{Journal, Record};
use super::operation;
use crate::engines::{EngineError, EngineOperation, NetworkSpec};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long an engine that does not answer is waited for.
const ENGINE_RETURNS: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// How to take one thing back; goes to the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields say it themselves")]
pub(super) enum UndoStep {
    RemoveContainer {
        id: String,
        name: String,
    },
    StopContainer {
        id: String,
        name: String,
    },
    StartContainer {
        id: String,
        name: String,
    },
    RenameContainer {
        id: String,
        name: String,
    },
    /// A container that lives no longer than its action.
    RemoveOneOff {
        name: String,
    },
    RemoveNetwork {
        name: String,
    },
    RemoveVolume {
        name: String,
    },
    /// One that was removed, or made anew, is made again as it was.
    RestoreNetwork {
        network: Box<sinops_compose::Network>,
    },
    /// None: it was not there.
    RestoreFile {
        path: String,
        content: Option<String>,
        /// Of the ledger of generated files.
        #[serde(default)]
        entry: Option<String>,
    },
    Reload {
        id: String,
        name: String,
        signal: String,
    },
}

impl UndoStep {
    /// Whether it needs this container, which served before the run.
    pub(super) fn returns_to(&self, container: &str) -> bool {
        matches!(
            self,
            Self::StartContainer { id, .. } | Self::RenameContainer { id, .. } if id == container
        )
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::RemoveContainer { name, .. } | Self::RemoveOneOff { name } => {
                format!("remove container {name}")
            }
            Self::StopContainer { name, .. } => format!("stop container {name}"),
            Self::StartContainer { name, .. } => format!("start container {name}"),
            Self::RenameContainer { name, .. } => format!("rename container back to {name}"),
            Self::RemoveNetwork { name } => format!("remove network {name}"),
            Self::RemoveVolume { name } => format!("remove volume {name}"),
            Self::RestoreNetwork { network } => format!("restore network {}", network.name),
            Self::RestoreFile {
                path,
                content: Some(_),
                ..
            } => format!("restore file {path}"),
            Self::RestoreFile {
                path,
                content: None,
                ..
            } => format!("remove file {path}"),
            Self::Reload { name, .. } => format!("reload {name}"),
        }
    }
}

/// What was taken back and what was not.
#[derive(Debug, Default)]
pub(super) struct Undone {
    pub(super) undone: Vec<String>,
    pub(super) left: Vec<String>,
}

impl Undone {
    fn note(&mut self, what: String, outcome: Result<(), String>, events: &Events) {
        match outcome {
            Ok(()) => self.undone.push(what),
            Err(message) => {
                self.left.push(format!("{what}: {message}"));
                events.send(Event::UndoFailed { what, message });
            }
        }
    }
}

impl Runner {
    /// Takes steps back, the last first; neighbours of one kind go together.
    pub(super) async fn undo(
        &self,
        steps: Vec<UndoStep>,
        journal: &Journal,
        events: &Events,
    ) -> Undone {
        let mut result = Undone::default();
        let mut again = Vec::new();
        let steps = without_needless(steps);
        let mut rest = steps.as_slice();
        while let Some((last, _)) = rest.split_last() {
            let kind = std::mem::discriminant(last);
            let begin = rest
                .iter()
                .rposition(|step| std::mem::discriminant(step) != kind)
                .map_or(0, |at| at + 1);
            let (before, wave) = rest.split_at(begin);
            rest = before;
            let mut outcomes = futures::stream::iter(wave.iter().rev().cloned())
                .map(|step| async move {
                    let what = step.words();
                    events.send(Event::Undoing { what: what.clone() });
                    // What cannot be journalled is taken back all the same: leaving it helps nobody.
                    if let Err(error) = journal.append(Record::Undo { step: step.clone() }).await {
                        tracing::warn!(%error, "the journal could not be written");
                    }
                    (what, self.take_back(step.clone()).await, step)
                })
                .buffered(self.parallel());
            while let Some((what, outcome, step)) = outcomes.next().await {
                if outcome.is_err() && matches!(step, UndoStep::StartContainer { .. }) {
                    again.push((what, step));
                } else {
                    result.note(what, outcome, events);
                }
            }
        }
        // What shares the network of another container starts only when that one runs.
        for (what, step) in again {
            result.note(what, self.take_back(step).await, events);
        }
        result
    }

    async fn take_back(&self, step: UndoStep) -> Result<(), String> {
        let operation = match step {
            UndoStep::RemoveContainer { id, .. } | UndoStep::RemoveOneOff { name: id } => {
                EngineOperation::Remove(id)
            }
            UndoStep::StopContainer { id, .. } => EngineOperation::Stop { id, grace: None },
            UndoStep::StartContainer { id, .. } => EngineOperation::Start(id),
            UndoStep::RenameContainer { id, name } => EngineOperation::Rename { id, name },
            UndoStep::RemoveNetwork { name } => EngineOperation::RemoveNetwork(name),
            UndoStep::RemoveVolume { name } => EngineOperation::RemoveVolume(name),
            UndoStep::RestoreNetwork { network } => {
                let remove = EngineOperation::RemoveNetwork(network.name.clone());
                self.insist(&remove).await?;
                // With the labels that it had, whoever made it.
                EngineOperation::EnsureNetwork(Box::new(NetworkSpec {
                    project: None,
                    key: network.name.clone(),
                    network: *network,
                }))
            }
            UndoStep::Reload { id, signal, .. } => EngineOperation::Signal { id, signal },
            UndoStep::RestoreFile {
                path,
                content,
                entry,
            } => {
                let planner = self.planner();
                let alone = operation::is_mounted_alone(planner, &path);
                let before = Before { content, entry };
                return planner.generated().restore(&path, before, alone);
            }
        };
        self.insist(&operation).await
    }

    /// Does it, waiting for an engine that restarts; what is so already is fine.
    async fn insist(&self, operation: &EngineOperation) -> Result<(), String> {
        let removes = matches!(
            operation,
            EngineOperation::Remove(_)
                | EngineOperation::RemoveNetwork(_)
                | EngineOperation::RemoveVolume(_)
        );
        let begun = Instant::now();
        loop {
            match self.engine().execute(operation).await {
                Ok(_) => return Ok(()),
                // Somebody else was faster: it is gone, as it should be.
                Err(EngineError::NotFound { .. }) if removes => return Ok(()),
                // It has its name: the answer was lost, or it never lost it.
                Err(error) if has_its_name(operation, &error) => return Ok(()),
                // An engine that restarts is back in a moment, and all hangs on it.
                Err(EngineError::Unreachable { .. }) if begun.elapsed() < ENGINE_RETURNS => {
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

fn has_its_name(operation: &EngineOperation, error: &EngineError) -> bool {
    matches!(operation, EngineOperation::Rename { .. })
        && error.to_string().contains("same name as its current name")
}

/// A container that will be removed need not be stopped first, and all that go can go
/// together: unless an old one comes back, whose name and ports a new one holds until it is
/// stopped. Then the order is kept as it is.
fn without_needless(mut steps: Vec<UndoStep>) -> Vec<UndoStep> {
    if steps.iter().any(|step| {
        matches!(
            step,
            UndoStep::StartContainer { .. } | UndoStep::RenameContainer { .. }
        )
    }) {
        return steps;
    }
    let removed: Vec<String> = steps
        .iter()
        .filter_map(|step| match step {
            UndoStep::RemoveContainer { id, .. } => Some(id.clone()),
            _ => None,
        })
        .collect();
    steps
        .retain(|step| !matches!(step, UndoStep::StopContainer { id, .. } if removed.contains(id)));
    steps.sort_by_key(|step| matches!(step, UndoStep::RemoveContainer { .. }));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_that_go_are_not_stopped_first() {
        let container = |id: &str| (id.to_owned(), id.to_owned());
        let remove = |id: &str| {
            let (id, name) = container(id);
            UndoStep::RemoveContainer { id, name }
        };
        let stop = |id: &str| {
            let (id, name) = container(id);
            UndoStep::StopContainer { id, name }
        };
        let network = UndoStep::RemoveNetwork { name: "n".into() };
        let steps = vec![
            network.clone(),
            remove("a"),
            stop("a"),
            remove("b"),
            stop("old"),
        ];
        // Taken back from the end: b, a, then the network.
        assert_eq!(
            without_needless(steps),
            [network, stop("old"), remove("a"), remove("b")]
        );
    }
}
