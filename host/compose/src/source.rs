//! What goes into the loader: texts, environment, and a way to read more files.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Serialize;

/// Reads the files that compose files refer to (`extends`, `include`, `env_file`).
pub trait Files {
    /// The whole text of `path`, which is absolute.
    ///
    /// # Errors
    /// Whatever the file system says; `NotFound` is told apart for optional files.
    fn read(&self, path: &Path) -> std::io::Result<String>;
}

/// A file with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFile {
    /// Where it came from; used in messages and to resolve relative `extends`.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// Everything that a load depends on.
pub struct LoadRequest<'a> {
    /// The compose files in the order in which they override each other.
    pub files: Vec<SourceFile>,
    /// From `-p`; otherwise `COMPOSE_PROJECT_NAME`, `name:` and the folder decide.
    pub project_name: Option<String>,
    /// Absolute; relative paths in the files start here.
    pub project_directory: PathBuf,
    /// What `${…}` sees: the shell's variables over those of the `.env` files.
    pub environment: IndexMap<String, String>,
    /// Profiles to activate; `*` activates all.
    pub profiles: Vec<String>,
    /// Reads further files.
    pub reader: &'a dyn Files,
    /// What is left undone.
    pub skip: Skip,
}

/// What a load leaves undone, as the options of `docker compose config` say; by default
/// nothing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, and all go together"
)]
pub struct Skip {
    /// `--no-normalize`: no implied networks, names and dependencies.
    pub normalization: bool,
    /// `--no-path-resolution`: relative paths start at the project folder and stay relative.
    pub paths: bool,
    /// `--no-consistency`: what the parts of a project refer to may be missing.
    pub consistency: bool,
    /// For lists of names: `env_file` is kept and not read.
    pub environment: bool,
    /// Container names may be taken twice, as services may go before it counts.
    pub container_names: bool,
}

impl std::fmt::Debug for LoadRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files: Vec<_> = self.files.iter().map(|file| &file.path).collect();
        f.debug_struct("LoadRequest")
            .field("files", &files)
            .field("project_name", &self.project_name)
            .field("project_directory", &self.project_directory)
            .field("profiles", &self.profiles)
            .field("skip", &self.skip)
            .finish_non_exhaustive()
    }
}

/// The names that are looked for when no file is given, in order of preference.
pub const DEFAULT_FILE_NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// The override that is read after the file of [`DEFAULT_FILE_NAMES`], when it is there.
pub const DEFAULT_OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];
