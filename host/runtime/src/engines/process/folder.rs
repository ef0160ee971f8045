//! The state folder: one folder per container, one file per network and
//! volume. Whole files appear and vanish at once; what several processes may
//! do at the same time is behind a lock.

use super::EngineError;
use super::record::Record;
use super::status::Status;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub(super) const SPEC: &str = "spec.json";
pub(super) const STATE: &str = "state.json";
pub(super) const NAME: &str = "name.json";
pub(super) const STOP: &str = "stop.json";
pub(super) const LOG: &str = "log";
pub(super) const OLD_LOG: &str = "log.1";

const CONTAINERS: &str = "containers";
/// Folders that are being made or removed start with it.
const UNFINISHED: char = '.';

/// Everything on disk.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

/// Held until dropped.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "it holds the lock")] File);

pub(super) fn fault(path: &Path, error: &io::Error) -> EngineError {
    EngineError::Other {
        operation: format!("state of the process engine, {}", path.display()),
        message: error.to_string(),
    }
}

/// Whole or not at all.
pub(super) fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&fresh, serde_json::to_vec_pretty(value)?)?;
    fs::rename(&fresh, path)
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// None of a folder that nobody has made yet.
fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, EngineError> {
    match fs::read_dir(folder) {
        Ok(found) => Ok(found.flatten().collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(fault(folder, &error)),
    }
}

fn lock(path: &Path) -> Result<Lock, EngineError> {
    let locked = || -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    };
    locked().map(Lock).map_err(|error| fault(path, &error))
}

impl Folder {
    pub(super) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Only what changes something makes folders: a look must leave no trace.
    fn prepare(&self, kind: &str) -> Result<(), EngineError> {
        let path = self.root.join(kind);
        fs::create_dir_all(&path).map_err(|error| fault(&path, &error))
    }

    /// Guards names.
    pub(super) fn lock(&self) -> Result<Lock, EngineError> {
        self.prepare(CONTAINERS)?;
        lock(&self.root.join("lock"))
    }

    fn containers(&self) -> PathBuf {
        self.root.join(CONTAINERS)
    }

    pub(super) fn new_id() -> String {
        format!("{:016x}", RandomState::new().build_hasher().finish())
    }

    pub(super) fn add(&self, record: &Record, name: &str) -> Result<(), EngineError> {
        let fresh = self.containers().join(format!("{UNFINISHED}{}", record.id));
        let whole = self.containers().join(&record.id);
        let made = || -> io::Result<()> {
            fs::create_dir(&fresh)?;
            write(&fresh.join(SPEC), record)?;
            write(&fresh.join(NAME), &name)?;
            write(&fresh.join(STATE), &Status::default())?;
            fs::rename(&fresh, &whole)
        };
        made().map_err(|error| fault(&whole, &error))
    }

    /// Folder of a container that is there.
    pub(super) fn container(&self, id: &str) -> Result<PathBuf, EngineError> {
        let path = self.containers().join(id);
        let known = !id.is_empty()
            && id.chars().all(|letter| letter.is_ascii_alphanumeric())
            && path.join(SPEC).is_file();
        if known {
            Ok(path)
        } else {
            Err(EngineError::NotFound {
                what: format!("container {id}"),
            })
        }
    }

    pub(super) fn discard(&self, path: &Path, id: &str) -> Result<(), EngineError> {
        let gone = self.containers().join(format!("{UNFINISHED}gone-{id}"));
        fs::rename(path, &gone)
            .and_then(|()| fs::remove_dir_all(&gone))
            .map_err(|error| fault(path, &error))
    }

    /// All containers: record, name and what is so now. What is unreadable or
    /// vanishes meanwhile is left out.
    pub(super) fn all(&self) -> Result<Vec<(Record, String, Status)>, EngineError> {
        let folder = self.containers();
        let mut found = Vec::new();
        for entry in entries(&folder)? {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                continue;
            }
            let path = entry.path();
            match (
                read::<Record>(&path.join(SPEC)),
                read::<String>(&path.join(NAME)),
            ) {
                (Ok(record), Ok(name)) => found.push((record, name, status(&path))),
                (Err(error), _) | (_, Err(error)) => {
                    if error.kind() != ErrorKind::NotFound {
                        tracing::warn!("left out, {}: {error}", path.display());
                    }
                }
            }
        }
        found.sort_by(|(one, ..), (other, ..)| {
            (one.created, &one.id).cmp(&(other.created, &other.id))
        });
        Ok(found)
    }

    /// Networks and volumes are records only.
    pub(super) fn ensure<T: Serialize>(
        &self,
        kind: &str,
        name: &str,
        value: &T,
    ) -> Result<bool, EngineError> {
        let path = self.resource(kind, name)?;
        if path.is_file() {
            return Ok(false);
        }
        self.prepare(kind)?;
        write(&path, value)
            .map(|()| true)
            .map_err(|error| fault(&path, &error))
    }

    pub(super) fn forget(&self, kind: &str, name: &str) -> Result<bool, EngineError> {
        let path = self.resource(kind, name)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fault(&path, &error)),
        }
    }

    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        self.resource(kind, name).is_ok_and(|path| path.is_file())
    }

    fn resource(&self, kind: &str, name: &str) -> Result<PathBuf, EngineError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            return Err(EngineError::Unsupported {
                engine: "process".to_owned(),
                feature: format!("the name `{name}`"),
            });
        }
        Ok(self.root.join(kind).join(format!("{name}.json")))
    }

    pub(super) fn resources<T: DeserializeOwned>(
        &self,
        kind: &str,
    ) -> Result<Vec<(String, T)>, EngineError> {
        let folder = self.root.join(kind);
        let mut found: Vec<(String, T)> = entries(&folder)?
            .into_iter()
            .filter_map(|entry| {
                let file = entry.file_name().to_string_lossy().into_owned();
                let name = file.strip_suffix(".json")?.to_owned();
                Some((name, read(&entry.path()).ok()?))
            })
            .collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }
}

/// What is so now. A file that cannot be read is as none.
pub(super) fn status(path: &Path) -> Status {
    read::<Status>(&path.join(STATE)).unwrap_or_default().now()
}
