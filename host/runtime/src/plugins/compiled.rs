//! Compiled components on disk, keyed by what they were compiled from and
//! for. Only what this program wrote itself, into a folder that nobody else
//! can write to, is ever loaded as code.

use sha2::{Digest as _, Sha256};
use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

const MAGIC: &[u8; 8] = b"SINOPS\0\x01";
const SUM: usize = 32;

/// Hexadecimal SHA-256 of a component.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder with compiled components.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// None, with a warning, if the folder cannot be trusted or made.
    pub(crate) fn open(folder: &Path) -> Option<Self> {
        match prepare(folder) {
            Ok(()) => Some(Self {
                folder: folder.to_owned(),
            }),
            Err(reason) => {
                tracing::warn!(
                    "compiled plugins are not kept: {}: {reason}",
                    folder.display()
                );
                None
            }
        }
    }

    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let mut hasher = Sha(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hex(&hasher.0.finalize());
        self.folder.join(format!(
            "{digest}-{}.bin",
            engine.get(..16).unwrap_or(&engine)
        ))
    }

    /// A component that was kept; none if there is none, or it is not whole.
    pub(crate) fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let bytes = fs::read(self.path(engine, digest)).ok()?;
        let payload = verified(&bytes, digest)?;
        deserialize(engine, payload)
    }

    /// Keeps a component; failing to is not an error.
    pub(crate) fn keep(&self, engine: &Engine, digest: &str, compiled: &[u8]) {
        let path = self.path(engine, digest);
        if let Err(error) = self.write(&path, digest, compiled) {
            tracing::warn!(
                "cannot keep a compiled plugin at {}: {error}",
                path.display()
            );
        }
    }

    fn write(&self, path: &Path, digest: &str, compiled: &[u8]) -> std::io::Result<()> {
        // Under another name first, so that nobody ever reads half of it.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(MAGIC)?;
        file.write_all(&sum(digest, compiled))?;
        file.write_all(compiled)?;
        file.persist(path)?;
        Ok(())
    }
}

/// Loads code that was compiled by this program.
#[allow(
    unsafe_code,
    reason = "deserialising runs what it is given; callers give only artifacts embedded at build time, or cache files \
              whose checksum holds in a folder that only this user can write to"
)]
pub(crate) fn deserialize(engine: &Engine, compiled: &[u8]) -> Option<Component> {
    // SAFETY: see above; a mismatch of engine or version is detected and refused.
    match unsafe { Component::deserialize(engine, compiled) } {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::debug!("a compiled plugin does not fit and is compiled anew: {error:#}");
            None
        }
    }
}

fn sum(digest: &str, compiled: &[u8]) -> [u8; SUM] {
    let mut hasher = Sha256::new();
    hasher.update(digest.as_bytes());
    hasher.update(compiled);
    hasher.finalize().into()
}

fn verified<'a>(bytes: &'a [u8], digest: &str) -> Option<&'a [u8]> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (kept, payload) = rest.split_at_checked(SUM)?;
    (kept == sum(digest, payload)).then_some(payload)
}

#[cfg(unix)]
fn prepare(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| error.to_string())?;
    let metadata = fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("it is no folder".into());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("it belongs to someone else".into());
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("others can write to it; run `chmod go-w` on it".into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn prepare(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())
}

struct Sha(Sha256);

impl Hasher for Sha {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_and_ours_is_verified() {
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&sum("d", b"code"));
        file.extend_from_slice(b"code");
        assert_eq!(verified(&file, "d"), Some(&b"code"[..]));
        assert_eq!(verified(&file, "e"), None);
        assert_eq!(verified(&file[..file.len() - 1], "d"), None);
        assert_eq!(verified(b"", "d"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_trusted() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        assert!(Cache::open(&folder.path().join("new")).is_some());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(folder.path()).is_none());
    }
}
