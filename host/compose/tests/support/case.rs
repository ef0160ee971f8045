//! A project of the corpus: read here, and by docker compose.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use indexmap::IndexMap;
use sinops_compose::{LoadError, LoadRequest, Loaded, Skip, SourceFile};

use crate::support::Disk;

/// A project to compare.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) files: Vec<String>,
    pub(crate) project: Option<&'static str>,
    pub(crate) profiles: Vec<String>,
    pub(crate) environment: IndexMap<String, String>,
}

impl Case {
    /// The project of one folder of the corpus.
    pub(crate) fn in_corpus(directory: PathBuf) -> Self {
        let name = directory
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let mut files: Vec<String> = ["compose.yml", "override.yml", "third.yml"]
            .iter()
            .filter(|file| directory.join(file).exists())
            .map(|file| (*file).to_owned())
            .collect();
        files.dedup();
        let profiles = std::fs::read_to_string(directory.join("profiles")).unwrap_or_default();
        let profiles = profiles.split_whitespace().map(str::to_owned).collect();
        let mut environment = IndexMap::new();
        environment.insert("HOME".to_owned(), "/home/someone".to_owned());
        environment.insert("FROM_SHELL".to_owned(), "shell".to_owned());
        Self {
            name,
            directory,
            files,
            project: None,
            profiles,
            environment,
        }
    }

    pub(crate) fn load(&self, skip: Skip) -> Result<Loaded, LoadError> {
        sinops_compose::load(self.request(skip))
    }

    /// What it is loaded from.
    pub(crate) fn request(&self, skip: Skip) -> LoadRequest<'_> {
        let files = self
            .files
            .iter()
            .map(|file| {
                let path = self.directory.join(file);
                SourceFile {
                    text: std::fs::read_to_string(&path).unwrap(),
                    path,
                }
            })
            .collect();
        let mut environment = self.environment.clone();
        if let Ok(text) = std::fs::read_to_string(self.directory.join(".env")) {
            let known = environment.clone();
            let read = sinops_compose::parse_env_file_with(&text, &|name| known.get(name).cloned());
            for (name, value) in read.unwrap() {
                environment.entry(name).or_insert(value);
            }
        }
        LoadRequest {
            files,
            project_name: self.project.map(str::to_owned),
            project_directory: self.directory.clone(),
            environment,
            profiles: self.profiles.clone(),
            reader: &Disk,
            skip,
        }
    }

    /// What docker compose prints for `config` with these options.
    pub(crate) fn ask(&self, program: &Path, options: &[&str]) -> Output {
        let mut command = Command::new(program);
        command
            .current_dir(&self.directory)
            .env_clear()
            .envs(&self.environment);
        for file in &self.files {
            command.arg("-f").arg(file);
        }
        if let Some(project) = self.project {
            command.args(["-p", project]);
        }
        for profile in &self.profiles {
            command.arg("--profile").arg(profile);
        }
        command.arg("config").args(options).output().unwrap()
    }
}

/// All projects of the corpus, by name.
pub(crate) fn corpus() -> Vec<Case> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases: Vec<Case> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| Case::in_corpus(entry.unwrap().path()))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 150, "only {} cases", cases.len());
    cases
}
