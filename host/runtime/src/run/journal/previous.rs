//! What the run before this one left behind, as far as its journal tells.
//!
//! Reads only. Containers, networks and volumes speak for themselves; here is what
//! looking at the engine cannot tell: files whose change may not have been followed
//! up, and one-offs.

use super::{Record, journals};
use crate::run::RunResult;
use crate::run::generated::Before;
use crate::run::undo::UndoStep;
use sinops_core::action::Goal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How the run before ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Previous {
    /// There is none, or it came to its end.
    #[default]
    Ended,
    /// It failed, but only after all gates were passed: what it left is done with.
    Committed,
    /// It was killed, or stopped at once.
    Interrupted(Interrupted),
    /// Nobody knows.
    Unreadable {
        /// Where its journal lies.
        path: PathBuf,
        /// Line and reason.
        reason: String,
    },
}

/// A run that did not end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interrupted {
    /// Id of the run.
    pub run: String,
    /// What it was for.
    pub(in crate::run) goal: Goal,
    /// What was in hand.
    pub during: Vec<String>,
    /// Where it is written.
    pub path: PathBuf,
    /// Generated files that it wrote, with what they were before.
    pub(in crate::run) written: BTreeMap<String, Before>,
    /// Names of one-off containers that it may have left.
    pub(in crate::run) one_offs: Vec<String>,
    /// Ids of the containers that it stopped.
    pub(in crate::run) stopped: Vec<String>,
    /// Ids of containers whose stop was not seen to end: the engine may be at it still.
    pub(in crate::run) stopping: BTreeSet<String>,
    /// How to make the networks again that it removed.
    pub(in crate::run) networks: Vec<UndoStep>,
    /// It had passed its gates: what it replaced does not come back.
    pub(in crate::run) committed: bool,
}

impl Previous {
    /// Reads the newest journal of the project.
    #[must_use]
    pub fn of(state: &Path, project: &str) -> Self {
        for path in journals(&state.join("journal")).into_iter().rev() {
            let read = std::fs::read(&path).map_err(|error| error.to_string());
            match read.and_then(|bytes| records(&bytes)) {
                // Killed before its first line: it did nothing.
                Ok(records) if records.is_empty() => {}
                Ok(records) if is_of_another(&records, project) => {}
                Ok(records) => return interrupted(records, path),
                Err(reason) => return Self::Unreadable { path, reason },
            }
        }
        Self::Ended
    }

    /// The run that did not end, if it is known.
    pub(in crate::run) fn interrupted(&self) -> Option<&Interrupted> {
        match self {
            Self::Interrupted(interrupted) => Some(interrupted),
            Self::Ended | Self::Committed | Self::Unreadable { .. } => None,
        }
    }
}

/// The records of a journal. A torn last line is what a kill leaves; it was never acted upon.
fn records(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(record) => records.push(record),
            Err(_) if lines.peek().is_none() => {}
            Err(error) => return Err(format!("line {}: {error}", index + 1)),
        }
    }
    Ok(records)
}

fn is_of_another(records: &[Record], project: &str) -> bool {
    matches!(records.first(), Some(Record::Run { project: of, .. }) if of != project)
}

fn interrupted(records: Vec<Record>, path: PathBuf) -> Previous {
    let mut found = Interrupted {
        path,
        ..Interrupted::default()
    };
    let mut in_hand: Vec<(usize, String)> = Vec::new();
    let mut stops: Vec<(usize, String)> = Vec::new();
    for record in records {
        match record {
            Record::Run { run, goal, .. } => (found.run, found.goal) = (run, goal),
            Record::Inherited { undo } => {
                for step in undo {
                    match step {
                        UndoStep::StartContainer { id, .. } => found.stopped.push(id),
                        step @ UndoStep::RestoreNetwork { .. } => found.networks.push(step),
                        _ => {}
                    }
                }
            }
            Record::Committed => found.committed = true,
            Record::Begin { index, what, undo } => {
                in_hand.push((index, what));
                for step in undo {
                    match step {
                        UndoStep::RestoreFile {
                            path,
                            content,
                            entry,
                        } => {
                            let before = Before { content, entry };
                            found.written.entry(path).or_insert(before);
                        }
                        UndoStep::RemoveOneOff { name } => found.one_offs.push(name),
                        step @ UndoStep::RestoreNetwork { .. } => found.networks.push(step),
                        UndoStep::StartContainer { id, .. } => {
                            stops.push((index, id.clone()));
                            found.stopped.push(id);
                        }
                        _ => {}
                    }
                }
            }
            Record::Done { index, .. } => {
                in_hand.retain(|(begun, _)| *begun != index);
                stops.retain(|(begun, _)| *begun != index);
            }
            Record::Failed { index, .. } => in_hand.retain(|(begun, _)| *begun != index),
            Record::Undo { step } => {
                match &step {
                    UndoStep::StopContainer { id, .. } => stops.push((usize::MAX, id.clone())),
                    UndoStep::StartContainer { id, .. } => stops.retain(|(_, other)| other != id),
                    _ => {}
                }
                in_hand.push((usize::MAX, format!("undo: {}", step.words())));
            }
            Record::End { result, .. } if found.committed && result != RunResult::Succeeded => {
                return Previous::Committed;
            }
            Record::End { .. } => return Previous::Ended,
        }
    }
    found.stopping = stops.into_iter().map(|(_, id)| id).collect();
    found.during = in_hand.into_iter().map(|(_, what)| what).collect();
    Previous::Interrupted(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::journal::{Journal, now};

    fn begin(index: usize, undo: Vec<UndoStep>) -> Record {
        Record::Begin {
            index,
            what: format!("do {index}"),
            undo,
        }
    }

    fn append(journal: &Journal, text: &[u8]) {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(journal.path())
            .unwrap();
        std::io::Write::write_all(&mut file, text).unwrap();
    }

    #[test]
    fn a_run_without_an_end_is_told_of() {
        let state = tempfile::tempdir().unwrap();
        let (journal, run) = Journal::begin(state.path(), "p", "deploy", Goal::Up, 2).unwrap();
        let file = UndoStep::RestoreFile {
            path: "a".into(),
            content: None,
            entry: None,
        };
        let one_off = UndoStep::RemoveOneOff { name: "x".into() };
        journal.write(&begin(0, vec![file])).unwrap();
        journal.write(&begin(1, vec![one_off])).unwrap();
        let done = Record::Done {
            index: 0,
            changed: true,
            undo: vec![],
        };
        journal.write(&done).unwrap();
        append(&journal, b"{\"rec");
        let previous = Previous::of(state.path(), "p");
        let found = previous.interrupted().unwrap();
        assert_eq!(
            (&found.run, found.during.as_slice()),
            (&run, ["do 1".to_owned()].as_slice())
        );
        assert_eq!(
            found.written,
            BTreeMap::from([("a".to_owned(), Before::default())])
        );
        assert_eq!(found.one_offs, ["x"]);
        assert!(found.stopping.is_empty());
        assert_eq!(Previous::of(state.path(), "other"), Previous::Ended);
    }

    #[test]
    fn a_stop_that_was_not_seen_to_end_may_go_on() {
        let state = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::begin(state.path(), "p", "deploy", Goal::Up, 3).unwrap();
        let start = |id: &str| UndoStep::StartContainer {
            id: id.into(),
            name: id.into(),
        };
        let stop = |id: &str| UndoStep::StopContainer {
            id: id.into(),
            name: id.into(),
        };
        for (index, id) in ["done", "failed", "begun", "back"].into_iter().enumerate() {
            journal.write(&begin(index, vec![start(id)])).unwrap();
        }
        let done = Record::Done {
            index: 0,
            changed: true,
            undo: vec![start("done")],
        };
        journal.write(&done).unwrap();
        let failed = Record::Failed {
            index: 1,
            message: "no answer".into(),
        };
        journal.write(&failed).unwrap();
        for step in [stop("new"), start("back")] {
            journal.write(&Record::Undo { step }).unwrap();
        }
        let previous = Previous::of(state.path(), "p");
        let stopping = &previous.interrupted().unwrap().stopping;
        assert_eq!(
            stopping.iter().collect::<Vec<_>>(),
            ["begun", "failed", "new"]
        );
    }

    #[test]
    fn a_run_with_an_end_is_not() {
        let state = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::begin(state.path(), "p", "deploy", Goal::Up, 1).unwrap();
        journal.write(&begin(0, vec![])).unwrap();
        let step = UndoStep::RemoveNetwork { name: "n".into() };
        journal.write(&Record::Undo { step }).unwrap();
        let result = crate::run::RunResult::Failed;
        journal.write(&Record::End { result, at: now() }).unwrap();
        assert_eq!(Previous::of(state.path(), "p"), Previous::Ended);
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_not_taken_for_an_end() {
        let state = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::begin(state.path(), "p", "deploy", Goal::Up, 1).unwrap();
        append(&journal, b"\0\0\0\0\n");
        journal.write(&begin(0, vec![])).unwrap();
        let Previous::Unreadable { reason, .. } = Previous::of(state.path(), "p") else {
            panic!("it is damaged");
        };
        assert!(reason.starts_with("line 2"), "{reason}");
    }
}
