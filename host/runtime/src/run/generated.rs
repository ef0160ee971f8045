//! The folder of generated files: reads, writes and removes below it, and keeps the
//! ledger of what was written. Nothing here leaves the folder: links are not followed out.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use sinops_core::generated::{LEDGER, Ledger};
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder that may not be there yet.
#[derive(Debug, Clone)]
pub struct GeneratedFolder(PathBuf);

/// What a file was before it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// What it held; none: it was not there.
    pub(super) content: Option<String>,
    /// What the ledger said of it.
    pub(super) entry: Option<String>,
}

impl GeneratedFolder {
    /// At this path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What was written here before.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let text = self.read(LEDGER).unwrap_or_default();
        Ledger::parse(&text)
    }

    /// What a file holds, none if it is not there or cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        self.open().ok()?.read_to_string(path).ok()
    }

    /// Writes a file and returns what was there. A file that is `mounted_alone` keeps its
    /// inode: the container that mounts it would not see another.
    pub(super) fn write(
        &self,
        path: &str,
        content: &str,
        mounted_alone: bool,
    ) -> Result<Before, String> {
        std::fs::create_dir_all(&self.0).map_err(|error| self.say("", &error))?;
        let folder = self.open().map_err(|error| self.say("", &error))?;
        let say = |error: Error| self.say(path, &error);
        let parent = Path::new(path).parent();
        if let Some(parent) = parent.filter(|it| !it.as_os_str().is_empty()) {
            folder.create_dir_all(parent).map_err(say)?;
        }
        let content_before = match folder.read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            // A person's file in another encoding is not to be lost either.
            Err(error) => return Err(say(error)),
        };
        let mut ledger = self.ledger();
        let before = Before {
            entry: ledger.entry(path),
            content: content_before,
        };
        if before.content.as_deref() != Some(content) {
            if mounted_alone {
                folder.write(path, content).map_err(say)?;
            } else {
                replace(&folder, path, content).map_err(say)?;
            }
        }
        ledger.note(path, content);
        if ledger.entry(path) != before.entry {
            replace(&folder, LEDGER, &ledger.text()).map_err(|error| self.say(LEDGER, &error))?;
        }
        Ok(before)
    }

    /// Puts a file, and what the ledger says of it, back to what it was.
    pub(super) fn restore(
        &self,
        path: &str,
        before: Before,
        mounted_alone: bool,
    ) -> Result<(), String> {
        match &before.content {
            Some(content) => {
                self.write(path, content, mounted_alone)?;
            }
            None => {
                let folder = self.open().map_err(|error| self.say("", &error))?;
                match folder.remove_file(path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(self.say(path, &error));
                    }
                    _ => {}
                }
            }
        }
        let mut ledger = self.ledger();
        if ledger.entry(path) == before.entry {
            return Ok(());
        }
        ledger.set(path, before.entry);
        let folder = self.open().map_err(|error| self.say("", &error))?;
        replace(&folder, LEDGER, &ledger.text()).map_err(|error| self.say(LEDGER, &error))
    }

    fn open(&self) -> std::io::Result<Dir> {
        Dir::open_ambient_dir(&self.0, ambient_authority())
    }

    fn say(&self, path: &str, error: &Error) -> String {
        format!("{}: {error}", self.0.join(path).display())
    }
}

/// Whole or not at all.
fn replace(folder: &Dir, path: &str, content: &str) -> std::io::Result<()> {
    let temporary = format!("{path}.new");
    let mut file = folder.create(&temporary)?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())?;
    folder.rename(&temporary, folder, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_core::generated::Touched;

    #[test]
    fn a_persons_version_comes_back_as_a_persons() {
        let place = tempfile::tempdir().unwrap();
        let folder = GeneratedFolder::at(place.path().join("out"));
        folder.write("a/b.yml", "ours\n", false).unwrap();
        assert_eq!(folder.ledger().touched("a/b.yml", "ours\n"), None);
        std::fs::write(place.path().join("out/a/b.yml"), "mine\n").unwrap();
        let before = folder.write("a/b.yml", "newer\n", false).unwrap();
        assert_eq!(before.content.as_deref(), Some("mine\n"));
        folder.restore("a/b.yml", before, false).unwrap();
        assert_eq!(folder.read("a/b.yml").as_deref(), Some("mine\n"));
        assert_eq!(
            folder.ledger().touched("a/b.yml", "mine\n"),
            Some(Touched::Edited)
        );
    }

    #[test]
    fn what_was_not_there_goes_again() {
        let place = tempfile::tempdir().unwrap();
        let folder = GeneratedFolder::at(place.path());
        let before = folder.write("new", "x", false).unwrap();
        assert_eq!(before, Before::default());
        folder.restore("new", before, false).unwrap();
        assert_eq!(folder.read("new"), None);
        assert_eq!(folder.ledger(), Ledger::default());
    }

    #[test]
    fn links_are_not_followed_out() {
        let place = tempfile::tempdir().unwrap();
        let outside = place.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::create_dir(place.path().join("out")).unwrap();
        std::os::unix::fs::symlink(&outside, place.path().join("out/link")).unwrap();
        let folder = GeneratedFolder::at(place.path().join("out"));
        assert!(folder.write("link/file", "x", false).is_err());
        assert!(folder.write("../file", "x", false).is_err());
        assert!(std::fs::read_dir(&outside).unwrap().next().is_none());
        assert!(!place.path().join("file").exists());
    }
}
