//! Releases on disk: one JSON document each, written whole or not at all, readable by
//! their owner alone. What a release is lies in `sinops_core::release`.

use super::execute::Runner;
use super::journal::now;
use super::{Planner, RunError};
use sinops_core::release::{Deployed, FORM, Release};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The releases of a project.
#[derive(Debug, Clone)]
pub struct Releases {
    folder: PathBuf,
}

/// Why a release is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// None has this number.
    #[error("there is no release {number}")]
    Unknown {
        /// As asked for.
        number: u64,
        /// Those that are kept.
        known: Vec<u64>,
    },
    /// It cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// Where it lies.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It cannot be written.
    #[error("the release could not be written to {path}: {reason}")]
    Unwritable {
        /// Where it should lie.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Releases {
    /// Those below a state folder.
    #[must_use]
    pub fn of(state: &Path) -> Self {
        Self {
            folder: state.join("releases"),
        }
    }

    /// Their numbers, the oldest first.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let mut numbers: Vec<u64> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                name.to_str()?.strip_suffix(".json")?.parse().ok()
            })
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// All of them, the oldest first.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn all(&self) -> Result<Vec<Release>, ReleaseError> {
        let numbers = self.numbers().into_iter();
        numbers.map(|number| self.read(number)).collect()
    }

    /// Those of one project, the oldest first.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn of_project(&self, project: &str) -> Result<Vec<Release>, ReleaseError> {
        let mut releases = self.all()?;
        releases.retain(|release| release.project == project);
        Ok(releases)
    }

    /// The newest of one project that can be read; older ones are left alone.
    pub(super) fn newest(&self, project: &str) -> Option<Release> {
        let numbers = self.numbers().into_iter().rev();
        let mut readable = numbers.filter_map(|number| self.read(number).ok());
        readable.find(|release| release.project == project)
    }

    /// One of them.
    ///
    /// # Errors
    /// If it is not there, or cannot be read.
    pub fn read(&self, number: u64) -> Result<Release, ReleaseError> {
        let path = self.path(number);
        let unreadable = |reason: String| ReleaseError::Unreadable {
            path: path.clone(),
            reason,
        };
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let known = self.numbers();
                return Err(ReleaseError::Unknown { number, known });
            }
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let release: Release =
            serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        if release.form != FORM {
            let form = release.form;
            return Err(unreadable(format!(
                "it has the form {form}, this sinops knows {FORM}"
            )));
        }
        Ok(release)
    }

    /// Writes a release and removes all but the newest `keep`.
    ///
    /// # Errors
    /// If the disk does not take it; then nothing of it is left.
    pub fn write(&self, release: &Release, keep: usize) -> Result<(), ReleaseError> {
        let path = self.path(release.number);
        let unwritable = |reason: String| ReleaseError::Unwritable {
            path: path.clone(),
            reason,
        };
        let text =
            serde_json::to_vec_pretty(release).map_err(|error| unwritable(error.to_string()))?;
        let temporary = path.with_extension("new");
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| {
                OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&temporary)
            })
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&temporary, &path))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(error) = written {
            // Whatever was written of it is of no use.
            let _ = std::fs::remove_file(&temporary);
            return Err(unwritable(error.to_string()));
        }
        let numbers = self.numbers();
        for number in numbers.iter().take(numbers.len().saturating_sub(keep)) {
            if let Err(error) = std::fs::remove_file(self.path(*number)) {
                tracing::warn!(%error, number, "an old release could not be removed");
            }
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}.json"))
    }
}

impl Planner {
    /// The releases of this project.
    #[must_use]
    pub fn releases(&self) -> Releases {
        Releases::of(&self.state_directory())
    }
}

impl Runner {
    /// Writes down what is there now, if that is not the newest release. To be called
    /// after a run that went well; one that had nothing to do need not look again.
    ///
    /// # Errors
    /// If the engine does not answer, or the disk does not take it.
    pub async fn release(&self, pipeline: &str, idle: bool) -> Result<Option<Release>, RunError> {
        let planner = self.planner();
        let setup = planner.setup();
        let releases = planner.releases();
        let newest = releases.numbers().pop();
        let before = newest.and_then(|number| {
            let read = releases.read(number);
            read.inspect_err(|error| tracing::warn!(%error, "the newest release"))
                .ok()
        });
        let now_there;
        let observed = if idle {
            self.observed()
        } else {
            now_there = planner.observe().await?;
            &now_there
        };
        let release = Release::of(Deployed {
            project: &setup.project,
            stack: &setup.stack,
            tiers: &setup.config.tiers,
            observed,
            variables: &setup.variables,
            before: before.as_ref(),
            source: setup.source.as_ref(),
        });
        let Some(mut release) = release else {
            return Ok(None);
        };
        release.number = newest.map_or(1, |newest| newest + 1);
        release.at = now();
        release.by = format!("{}@{}", setup.user, super::identity::host());
        pipeline.clone_into(&mut release.pipeline);
        release.files = files(&setup.project);
        releases.write(&release, setup.config.keep_releases)?;
        Ok(Some(release))
    }
}

/// Larger files are not looked into.
const LARGEST: u64 = 16 << 20;

/// Single files that the project mounts or hands in, with their SHA-256.
#[must_use]
pub fn files(project: &sinops_compose::Project) -> indexmap::IndexMap<String, String> {
    let mounts = project.services.values().flat_map(|it| &it.volumes);
    let binds = mounts.filter(|mount| mount.kind == "bind");
    let mut paths: Vec<&str> = binds.filter_map(|mount| mount.source.as_deref()).collect();
    let objects = project.secrets.values().chain(project.configs.values());
    paths.extend(objects.filter_map(|object| object.file.as_deref()));
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() <= LARGEST))
        .filter_map(|path| {
            use sha2::Digest;
            let digest = sha2::Sha256::digest(std::fs::read(path).ok()?);
            let text = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Some((path.to_owned(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_damage_is_told() {
        let state = tempfile::tempdir().unwrap();
        let releases = Releases::of(state.path());
        assert_eq!(releases.all(), Ok(vec![]));
        for number in 1..=12 {
            let release = Release {
                form: FORM,
                number,
                ..Release::default()
            };
            releases.write(&release, 3).unwrap();
        }
        assert_eq!(releases.numbers(), [10, 11, 12]);
        assert_eq!(releases.read(11).unwrap().number, 11);
        assert!(matches!(
            releases.read(1),
            Err(ReleaseError::Unknown { known, .. }) if known == [10, 11, 12]
        ));
        std::fs::write(releases.path(12), "{").unwrap();
        assert!(matches!(
            releases.all(),
            Err(ReleaseError::Unreadable { .. })
        ));
        let text = std::fs::metadata(releases.path(11)).unwrap();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&text.permissions()) & 0o777,
            0o600
        );
    }
}
