//! The context of a build: a folder sent as an archive while it is read, or an
//! address that the engine reads itself.

use super::super::converse::{Outgoing, empty};
use super::ignore::Ignore;
use super::{BuildSpec, EngineError, unsupported};
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Name in the archive of a Dockerfile that lies elsewhere or in the compose file.
const BROUGHT: &str = ".sinops.Dockerfile";
/// Bytes in a piece of the archive, and pieces that wait to be sent.
const PIECE: usize = 64 << 10;
const WAITING: usize = 8;
/// A Dockerfile is read whole; a longer one is none.
const LONGEST_DOCKERFILE: u64 = 4 << 20;

/// The task that reads a context from disk while it is sent.
pub(super) type Reading = JoinHandle<io::Result<()>>;

/// Where the files of a build are.
#[derive(Debug)]
pub(super) enum Context {
    /// A folder on this machine.
    Folder(Folder),
    /// Git or an archive, by its address.
    Remote {
        url: String,
        dockerfile: Option<String>,
    },
}

/// A folder with what is taken of it.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Path in the archive.
    dockerfile: String,
    text: String,
    /// It is not in the folder, or not at all a file.
    brought: bool,
    ignore: Ignore,
}

impl Context {
    pub(super) fn of(spec: &BuildSpec) -> Result<Self, EngineError> {
        let build = &spec.build;
        let context = build.context.as_deref().unwrap_or(".");
        if is_remote(context) {
            if build.dockerfile_inline.is_some() {
                return Err(unsupported(
                    spec,
                    "dockerfile_inline with a context that the engine reads itself",
                ));
            }
            return Ok(Self::Remote {
                url: context.to_owned(),
                dockerfile: build.dockerfile.clone(),
            });
        }
        let root = Path::new(&spec.project_directory).join(context);
        let wrong = |message: String| EngineError::Other {
            operation: format!("read services.{}.build", spec.service_name),
            message,
        };
        if !root.is_dir() {
            return Err(wrong(format!(
                "the context {} is not a folder",
                root.display()
            )));
        }
        let (dockerfile, text, brought, own) = match &build.dockerfile_inline {
            Some(text) => (BROUGHT.to_owned(), text.clone(), true, None),
            None => {
                let name = build.dockerfile.as_deref().unwrap_or("Dockerfile");
                let path = root.join(name);
                let text = read_limited(&path)
                    .map_err(|error| wrong(format!("{}: {error}", path.display())))?;
                let own = PathBuf::from(format!("{}.dockerignore", path.display()));
                match inside(&root, &path) {
                    Some(name) => (name, text, false, Some(own)),
                    None => (BROUGHT.to_owned(), text, true, Some(own)),
                }
            }
        };
        let shared = root.join(".dockerignore");
        let list = own.filter(|path| path.is_file()).unwrap_or(shared);
        let ignore = match std::fs::read_to_string(&list) {
            Ok(text) => Ignore::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ignore::default()),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|error| wrong(format!("{}: {error}", list.display())))?;
        Ok(Self::Folder(Folder {
            root,
            dockerfile,
            text,
            brought,
            ignore,
        }))
    }

    /// Text of the Dockerfile, empty where only the engine reads it.
    pub(super) fn dockerfile(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.text,
            Self::Remote { .. } => "",
        }
    }

    pub(super) fn dockerfile_name(&self) -> Option<String> {
        match self {
            Self::Folder(folder) => Some(folder.dockerfile.clone()),
            Self::Remote { dockerfile, .. } => dockerfile.clone(),
        }
    }

    pub(super) fn remote(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Remote { url, .. } => Some(url.clone()),
        }
    }

    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => folder.root.display().to_string(),
            Self::Remote { url, .. } => url.clone(),
        }
    }

    /// What is sent, and the task that reads it from disk.
    pub(super) fn send(&self) -> Result<(Outgoing, Option<Reading>), EngineError> {
        let Self::Folder(folder) = self else {
            return Ok((empty(), None));
        };
        let entries = folder.entries().map_err(|error| EngineError::Other {
            operation: format!("read the context {}", folder.root.display()),
            message: error.to_string(),
        })?;
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(WAITING);
        let root = folder.root.clone();
        let brought = folder.brought.then(|| folder.text.clone());
        let writing = tokio::task::spawn_blocking(move || {
            let mut pieces = Pieces {
                sender: sender.clone(),
                open: Vec::with_capacity(PIECE),
            };
            let written = archive(&root, &entries, brought.as_deref(), &mut pieces);
            match written {
                // The builder has ended before it read all: its answer says why.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                Err(error) => {
                    let told = io::Error::new(error.kind(), error.to_string());
                    drop(sender.blocking_send(Err(told)));
                    Err(error)
                }
                Ok(()) => Ok(()),
            }
        });
        let pieces = futures::stream::unfold(receiver, |mut receiver| async move {
            Some((receiver.recv().await?, receiver))
        });
        let body = StreamBody::new(pieces.map(|piece| piece.map(Frame::data)));
        Ok((BodyExt::boxed(body), Some(writing)))
    }
}

impl Folder {
    /// Relative paths of all that is sent, sorted.
    fn entries(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(self.root.join(&folder))? {
                let entry = entry?;
                let name = entry.file_name();
                let name = name.to_str().ok_or_else(|| {
                    io::Error::other(format!("the name {} is not UTF-8", entry.path().display()))
                })?;
                let path = if folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                // The builder needs them, whatever the patterns say.
                let always = path == self.dockerfile || path == ".dockerignore";
                let excluded = !always && self.ignore.excludes(&path);
                let is_folder = entry.file_type()?.is_dir();
                if is_folder
                    && (!excluded
                        || self.ignore.takes_back()
                        || self.dockerfile.starts_with(&format!("{path}/")))
                {
                    folders.push(path.clone());
                }
                if !excluded {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

fn archive(
    root: &Path,
    entries: &[String],
    brought: Option<&str>,
    out: &mut Pieces,
) -> io::Result<()> {
    let mut archive = tar::Builder::new(out);
    if let Some(text) = brought {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(text.len()).unwrap_or(u64::MAX));
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, BROUGHT, text.as_bytes())?;
    }
    for path in entries {
        let from = root.join(path);
        let at = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
        let found = std::fs::symlink_metadata(&from).map_err(at)?;
        let mut header = tar::Header::new_gnu();
        header.set_metadata_in_mode(&found, tar::HeaderMode::Complete);
        // Whoever builds, the image is the same.
        header.set_uid(0);
        header.set_gid(0);
        let done = if found.is_symlink() {
            header.set_size(0);
            archive.append_link(&mut header, path, std::fs::read_link(&from).map_err(at)?)
        } else if found.is_dir() {
            header.set_size(0);
            archive.append_data(&mut header, format!("{path}/"), io::empty())
        } else if found.is_file() {
            let file = std::fs::File::open(&from).map_err(at)?;
            // One that grows meanwhile must not break the archive.
            let whole = file.take(found.len());
            archive.append_data(&mut header, path, whole)
        } else {
            // Sockets and devices have no place in an image.
            Ok(())
        };
        done.map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                error
            } else {
                at(error)
            }
        })?;
    }
    archive.into_inner()?.flush()
}

/// Hands an archive on piece by piece.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    open: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open.extend_from_slice(bytes);
        if self.open.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.open);
        self.sender
            .blocking_send(Ok(piece.into()))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// As docker tells them: an address, or one of git's short forms.
fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

/// The path below `root`, if it lies there.
fn inside(root: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?;
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let clean: PathBuf = relative
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    plain.then(|| clean.to_str().map(str::to_owned)).flatten()
}

fn read_limited(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(LONGEST_DOCKERFILE)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    async fn sent(build: serde_json::Value) -> Vec<(String, String)> {
        let spec = BuildSpec {
            build: serde_json::from_value(build).unwrap(),
            ..BuildSpec::default()
        };
        let (body, task) = Context::of(&spec).unwrap().send().unwrap();
        let bytes = body.collect().await.unwrap().to_bytes();
        task.unwrap().await.unwrap().unwrap();
        tar::Archive::new(bytes.as_ref())
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                assert_eq!(entry.header().uid().unwrap(), 0);
                (entry.path().unwrap().display().to_string(), text)
            })
            .collect()
    }

    #[tokio::test]
    async fn the_context_is_sent_without_what_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("Dockerfile", "FROM scratch"),
            (".dockerignore", "*\n!src\n"),
            ("src/a.txt", "a"),
            ("other/b.txt", "b"),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink("a.txt", folder.path().join("src/link")).unwrap();
        let names = |all: Vec<(String, String)>| -> Vec<String> {
            all.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(
            names(sent(json!({"context": folder.path()})).await),
            [
                ".dockerignore",
                "Dockerfile",
                "src/",
                "src/a.txt",
                "src/link"
            ]
        );
        let all = sent(json!({"context": folder.path(), "dockerfile_inline": "FROM a"})).await;
        assert_eq!(all[0], (BROUGHT.to_owned(), "FROM a".to_owned()));
        let elsewhere = tempfile::tempdir().unwrap();
        let path = elsewhere.path().join("x.Dockerfile");
        std::fs::write(&path, "FROM b").unwrap();
        let all = sent(json!({"context": folder.path(), "dockerfile": path})).await;
        assert_eq!(all[0], (BROUGHT.to_owned(), "FROM b".to_owned()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |build: serde_json::Value| {
            let spec = BuildSpec {
                service_name: "api".to_owned(),
                build: serde_json::from_value(build).unwrap(),
                ..BuildSpec::default()
            };
            Context::of(&spec).unwrap_err().to_string()
        };
        let folder = tempfile::tempdir().unwrap();
        let text = error(json!({"context": folder.path()}));
        assert!(
            text.contains("services.api.build") && text.contains("/Dockerfile"),
            "{text}"
        );
        assert!(error(json!({"context": "/nonexistent/x"})).contains("/nonexistent/x"));
    }
}
