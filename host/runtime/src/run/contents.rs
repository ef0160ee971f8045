//! Hashes of what containers are given besides their definition. Reads files, bounded; what
//! cannot be read or is too large is not known, and what is not known never differs.
//!
//! Mounted files count, and mounted folders of the project where no container of it may
//! write: what is written to holds data, and folders elsewhere are the machine's (its logs,
//! its certificates). Times of modification do not count.

use crate::engines::is_mounted;
use sha2::{Digest, Sha256};
use sinops_compose::{FileObject, FileReference, Mount, Project};
use sinops_core::contents::{Contents, FileContent};
use sinops_core::stack::Service;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Larger files are not looked into: they are data.
const LARGEST_FILE: u64 = 4 << 20;
/// Of a folder, all files together.
const LARGEST_FOLDER: u64 = 16 << 20;
/// Folders with more entries than this are not looked into.
const MOST_ENTRIES: usize = 512;
/// The kernel's own files: reading some of them does something.
const KERNEL: [&str; 4] = ["/proc", "/sys", "/dev", "/run"];
/// How often a salted hash goes round, so that guessing short secrets is dear. A label is no
/// vault all the same: whoever reads the engine's labels can read the environment as well.
const ROUNDS: u32 = 2000;

/// Reads contents; each file once.
#[derive(Debug, Default)]
pub(super) struct Reader {
    files: HashMap<PathBuf, Option<FileContent>>,
    salted: HashMap<(String, Vec<u8>), String>,
    /// Only folders below this one are configuration.
    project_directory: PathBuf,
    /// What generated files will hold, by their absolute path.
    pub(super) proposed: BTreeMap<PathBuf, String>,
}

/// A salt that no other run has.
pub(super) fn new_salt() -> String {
    use std::hash::{BuildHasher, Hasher};
    // Each state is keyed from the system's randomness: it has to be new, not secret.
    let part = || {
        std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish()
    };
    format!("{:016x}{:016x}", part(), part())
}

impl Reader {
    /// For a project in this folder.
    pub(super) fn below(project_directory: &Path) -> Self {
        Self {
            project_directory: project_directory.to_path_buf(),
            ..Self::default()
        }
    }

    /// What a container of the service would be given now, under a salt.
    pub(super) fn of(&mut self, project: &Project, stack: &Service, salt: &str) -> Contents {
        let mut contents = Contents {
            salt: salt.to_owned(),
            ..Contents::default()
        };
        for (place, text) in &stack.concealed.0 {
            let hash = self.salted(salt, text.as_bytes());
            contents.concealed.insert(place.clone(), hash);
        }
        let Some(service) = project.services.get(&stack.name) else {
            return contents;
        };
        for mount in &service.volumes {
            if let Some((path, file)) = self.mount(mount, &stack.ignored, project) {
                contents.files.insert(path, file);
            }
        }
        for (references, objects, secret) in [
            (&service.configs, &project.configs, false),
            (&service.secrets, &project.secrets, true),
        ] {
            for reference in references {
                if let Some(object) = objects.get(&reference.source) {
                    self.object(reference, object, secret, &mut contents);
                }
            }
        }
        contents
    }

    /// Files may have changed.
    pub(super) fn forget_files(&mut self) {
        self.files.clear();
    }

    fn mount(
        &mut self,
        mount: &Mount,
        ignored: &[String],
        project: &Project,
    ) -> Option<(String, FileContent)> {
        if mount.kind != "bind" || ignored.contains(&mount.target) {
            return None;
        }
        let source = mount.source.as_deref()?;
        let path = Path::new(source);
        let folders = path.starts_with(&self.project_directory) && !is_written(path, project);
        let content = self.file(path, folders)?;
        Some((source.to_owned(), content))
    }

    fn object(
        &mut self,
        reference: &FileReference,
        object: &FileObject,
        secret: bool,
        contents: &mut Contents,
    ) {
        let key = reference.source.clone();
        let salt = contents.salt.clone();
        let mut hash = |bytes: &[u8]| {
            if secret {
                self.salted(&salt, bytes)
            } else {
                hex(&Sha256::digest(bytes))
            }
        };
        let kind = if secret {
            &mut contents.secrets
        } else {
            &mut contents.configs
        };
        if let Some(text) = &object.content {
            kind.insert(key, hash(text.as_bytes()));
        } else if let Some(path) = &object.file
            && let Some(found) = regular(Path::new(path))
            && let Ok(bytes) = std::fs::read(path)
        {
            if is_mounted(reference, object) {
                let content = FileContent {
                    hash: hash(&bytes),
                    inode: Some(found.ino()),
                };
                contents.files.insert(path.clone(), content);
            } else {
                kind.insert(key, hash(&bytes));
            }
        }
    }

    fn file(&mut self, path: &Path, folders: bool) -> Option<FileContent> {
        if path == Path::new("/") || KERNEL.iter().any(|kernel| path.starts_with(kernel)) {
            return None;
        }
        if let Some(known) = self.files.get(path) {
            return known.clone();
        }
        let content = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                // Another mount of it may be writable: not to be remembered.
                if !folders {
                    return None;
                }
                self.folder(path)
            }
            Ok(found) if found.is_file() && found.len() <= LARGEST_FILE => {
                let hash = match self.proposed.get(path) {
                    Some(text) => Some(hex(&Sha256::digest(text.as_bytes()))),
                    None => std::fs::read(path)
                        .ok()
                        .map(|bytes| hex(&Sha256::digest(bytes))),
                };
                hash.map(|hash| FileContent {
                    hash,
                    inode: Some(found.ino()),
                })
            }
            _ => None,
        };
        self.files.insert(path.to_owned(), content.clone());
        content
    }

    /// One hash over the names, modes and contents of files. Links are taken as what they
    /// point to in words: what lies outside is not followed.
    fn folder(&self, folder: &Path) -> Option<FileContent> {
        let mut entries: BTreeMap<PathBuf, Entry> = BTreeMap::new();
        let mut open = vec![folder.to_path_buf()];
        let (mut size, mut count) = (0, 0);
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(&next).ok()? {
                let entry = entry.ok()?;
                let found = entry.metadata().ok()?;
                count += 1;
                if found.is_dir() {
                    open.push(entry.path());
                } else if found.is_symlink() {
                    entries.insert(entry.path(), Entry::Link);
                } else if found.is_file() {
                    size += found.len();
                    entries.insert(entry.path(), Entry::File(found.permissions().mode()));
                }
                if count > MOST_ENTRIES || size > LARGEST_FOLDER {
                    return None;
                }
            }
        }
        for path in self.proposed.keys().filter(|it| it.starts_with(folder)) {
            entries.entry(path.clone()).or_insert(Entry::File(0));
        }
        let mut hash = Sha256::new();
        for (path, entry) in &entries {
            let name = path.strip_prefix(folder).ok()?;
            hash.update(name.as_os_str().as_encoded_bytes());
            match entry {
                Entry::Link => {
                    hash.update([0, 1]);
                    let target = std::fs::read_link(path).ok()?;
                    hash.update(target.as_os_str().as_encoded_bytes());
                }
                Entry::File(mode) => {
                    hash.update([0, 2]);
                    hash.update((mode & 0o111).to_le_bytes());
                    let content = match self.proposed.get(path) {
                        Some(text) => Sha256::digest(text.as_bytes()),
                        None => Sha256::digest(std::fs::read(path).ok()?),
                    };
                    hash.update(content);
                }
            }
            hash.update([0]);
        }
        Some(FileContent {
            hash: hex(&hash.finalize()),
            inode: None,
        })
    }

    fn salted(&mut self, salt: &str, bytes: &[u8]) -> String {
        let key = (salt.to_owned(), bytes.to_vec());
        if let Some(known) = self.salted.get(&key) {
            return known.clone();
        }
        let mut digest = Sha256::new()
            .chain_update(salt)
            .chain_update([0])
            .chain_update(bytes)
            .finalize();
        for _ in 0..ROUNDS {
            digest = Sha256::new()
                .chain_update(salt)
                .chain_update(digest)
                .finalize();
        }
        let hash = hex(&digest);
        self.salted.insert(key, hash.clone());
        hash
    }
}

/// Whether some container may write into the folder.
fn is_written(folder: &Path, project: &Project) -> bool {
    let mut mounts = project
        .services
        .values()
        .flat_map(|service| &service.volumes);
    mounts.any(|mount| {
        let source = mount.source.as_deref().map(Path::new);
        mount.kind == "bind"
            && !mount.read_only
            && source.is_some_and(|it| it.starts_with(folder) || folder.starts_with(it))
    })
}

/// What of a folder counts.
enum Entry {
    Link,
    /// With its mode.
    File(u32),
}

fn regular(path: &Path) -> Option<std::fs::Metadata> {
    std::fs::metadata(path)
        .ok()
        .filter(|found| found.is_file() && found.len() <= LARGEST_FILE)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(path: &Path, folders: bool) -> Option<String> {
        Some(Reader::default().file(path, folders)?.hash)
    }

    #[test]
    fn a_folder_is_its_names_modes_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::create_dir(path.join("sub")).unwrap();
        std::fs::write(path.join("sub/a.conf"), "a").unwrap();
        let first = hash(path, true).unwrap();
        assert_eq!(hash(path, false), None, "what can be written to is data");
        std::fs::write(path.join("sub/a.conf"), "a").unwrap();
        assert_eq!(hash(path, true).unwrap(), first, "times do not count");
        std::fs::write(path.join("sub/a.conf"), "b").unwrap();
        let second = hash(path, true).unwrap();
        assert_ne!(second, first);
        std::fs::rename(path.join("sub/a.conf"), path.join("sub/b.conf")).unwrap();
        assert_ne!(hash(path, true).unwrap(), second);

        let mut reader = Reader::default();
        reader
            .proposed
            .insert(path.join("sub/b.conf"), "c".to_owned());
        let coming = reader.file(path, true).unwrap().hash;
        std::fs::write(path.join("sub/b.conf"), "c").unwrap();
        assert_eq!(hash(path, true).unwrap(), coming);
    }

    #[test]
    fn what_is_too_large_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MOST_ENTRIES {
            std::fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!(hash(folder.path(), true), None);
        let large = folder.path().join("0");
        std::fs::File::create(&large)
            .unwrap()
            .set_len(LARGEST_FILE + 1)
            .unwrap();
        assert_eq!(hash(&large, true), None);
        assert_eq!(hash(Path::new("/proc"), true), None);
        assert_eq!(hash(Path::new("/no/such/file"), true), None);
    }

    #[test]
    fn secrets_are_salted() {
        let mut reader = Reader::default();
        let one = reader.salted("01", b"hunter2");
        assert_eq!(one, Reader::default().salted("01", b"hunter2"));
        assert_ne!(one, reader.salted("02", b"hunter2"));
        assert_ne!(one, hex(&Sha256::digest("hunter2")));
        assert_ne!(new_salt(), new_salt());
    }
}
