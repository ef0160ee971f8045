//! The journal of a run: one JSON object a line, on disk before the action begins.
//!
//! A run whose journal has no `end` was killed; the next run says so, names what
//! was in hand and takes over what it left (see [`previous`]).

mod previous;

pub use previous::{Interrupted, Previous};

use super::undo::UndoStep;
use serde::{Deserialize, Serialize};
use sinops_core::action::Goal;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Journals that are kept; older ones are removed when a run begins.
const KEPT: usize = 50;

/// Why the journal could not be written, or a run not begun.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file or folder could not be written.
    #[error("{path}: {reason}")]
    Io {
        /// Path.
        path: PathBuf,
        /// Of the operating system.
        reason: String,
    },
    /// Another run is under way.
    #[error("another run of this project is under way (process {holder}); it holds {path}")]
    Locked {
        /// Path of the lock.
        path: PathBuf,
        /// Process id, as written by the holder.
        holder: String,
    },
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> JournalError + '_ {
    move |error| JournalError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// A line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Record {
    /// First line.
    Run {
        run: String,
        project: String,
        pipeline: String,
        #[serde(default)]
        goal: Goal,
        at: String,
        actions: usize,
    },
    /// An interrupted run put these containers aside; this run takes over how to bring them back.
    Inherited { undo: Vec<UndoStep> },
    /// All gates are passed, what was replaced goes: nothing before this line is taken back.
    Committed,
    /// About to be done; the steps say how to take it back, as far as can be said before.
    Begin {
        index: usize,
        what: String,
        undo: Vec<UndoStep>,
    },
    /// Done; the steps say how to take it back, now that ids are known.
    Done {
        index: usize,
        changed: bool,
        undo: Vec<UndoStep>,
    },
    /// Not done.
    Failed { index: usize, message: String },
    /// About to be taken back.
    Undo { step: UndoStep },
    /// Last line.
    End {
        result: super::RunResult,
        at: String,
    },
}

/// An append-only file, synced line by line.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

/// Holds the project's lock as long as it lives; the kernel drops it with the process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a state folder, making the folder if need be.
    ///
    /// # Errors
    /// [`JournalError::Locked`] if another process holds it.
    pub fn take(state: &Path) -> Result<Self, JournalError> {
        std::fs::create_dir_all(state).map_err(failed(state))?;
        let path = state.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed(&path))?;
        if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
            let holder = std::fs::read_to_string(&path)
                .unwrap_or_default()
                .trim()
                .to_owned();
            return Err(JournalError::Locked { path, holder });
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed(&path))?;
        Ok(Self { _file: file })
    }
}

impl Journal {
    /// Begins a journal below the state folder.
    pub(super) fn begin(
        state: &Path,
        project: &str,
        pipeline: &str,
        goal: Goal,
        actions: usize,
    ) -> Result<(Self, String), JournalError> {
        let folder = state.join("journal");
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
        prune(&folder);
        let (run, path, file) = create(&folder)?;
        let journal = Self {
            path,
            file: Arc::new(Mutex::new(file)),
        };
        journal.write(&Record::Run {
            run: run.clone(),
            project: project.to_owned(),
            pipeline: pipeline.to_owned(),
            goal,
            at: now(),
            actions,
        })?;
        // The name of a new file is only safe once its folder is.
        File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed(&folder))?;
        Ok((journal, run))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, record: &Record) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(record).map_err(|error| JournalError::Io {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        line.push(b'\n');
        // A poisoned lock only means that another write failed half-way: appending stays right.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = file.metadata().map(|found| found.len());
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        if let (Err(_), Ok(whole)) = (&written, whole)
            && let Err(error) = file.set_len(whole)
        {
            // Half a line of a full disk would make the lines after it unreadable.
            tracing::warn!(%error, "half a line could not be taken out of the journal");
        }
        written.map_err(failed(&self.path))
    }

    /// Appends a record and returns when it is on disk.
    pub(super) async fn append(&self, record: Record) -> Result<(), JournalError> {
        let journal = self.clone();
        tokio::task::spawn_blocking(move || journal.write(&record))
            .await
            .unwrap_or_else(|error| {
                Err(JournalError::Io {
                    path: self.path.clone(),
                    reason: error.to_string(),
                })
            })
    }
}

/// A new journal, its run and its path. Names sort by time, also where one process begins
/// one run after the other (a build, then what needs its image).
fn create(folder: &Path) -> Result<(String, PathBuf, File), JournalError> {
    loop {
        let at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let run = format!("{}-{}", at.replace([':', '-'], ""), std::process::id());
        let path = folder.join(format!("{run}.jsonl"));
        let created = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match created {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            created => return Ok((run, path.clone(), created.map_err(failed(&path))?)),
        }
    }
}

/// Journals, oldest first: their names begin with the time.
fn journals(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    paths.sort();
    paths
}

fn prune(folder: &Path) {
    let mut old = journals(folder);
    old.truncate(old.len().saturating_sub(KEPT));
    for path in old {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "an old journal could not be removed");
        }
    }
}

/// RFC 3339, seconds.
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Milliseconds since the epoch.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time() {
        let state = tempfile::tempdir().unwrap();
        let lock = Lock::take(state.path()).unwrap();
        assert!(matches!(
            Lock::take(state.path()),
            Err(JournalError::Locked { .. })
        ));
        drop(lock);
        Lock::take(state.path()).unwrap();
    }

    #[test]
    fn runs_of_one_second_have_journals_in_their_order() {
        let state = tempfile::tempdir().unwrap();
        let begun: Vec<PathBuf> = (0..20)
            .map(|_| {
                Journal::begin(state.path(), "shop", "deploy", Goal::Up, 1)
                    .unwrap()
                    .0
            })
            .map(|journal| journal.path().to_owned())
            .collect();
        assert_eq!(journals(&state.path().join("journal")), begun);
    }
}
