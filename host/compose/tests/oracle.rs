//! The canonical project, key for key, against docker compose.
//!
//! Every folder of `corpus/` is a project with the output of `docker compose
//! config --format json` beside it, in `expected.json`. Where docker compose 2.40
//! is found (`SINOPS_DOCKER_COMPOSE`, or on PATH) it is asked again, so that the
//! stored answers stay honest. `SINOPS_UPDATE_EXPECTED=1` writes them anew.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking and reads its corpus"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;
use serde_json::Value;
use sinops_compose::{LoadError, LoadRequest, Loaded, SourceFile};
use support::{Disk, compare, find_oracle};

/// A project to compare.
struct Case {
    name: String,
    directory: PathBuf,
    files: Vec<String>,
    project: Option<&'static str>,
    profiles: Vec<String>,
    environment: IndexMap<String, String>,
    expected: PathBuf,
}

impl Case {
    fn in_corpus(directory: PathBuf) -> Self {
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
        let expected = directory.join("expected.json");
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
            expected,
        }
    }

    fn real(input: &Path, name: &str, files: &[&str]) -> Self {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus-real");
        let mut environment = IndexMap::new();
        environment.insert("HOME".to_owned(), "/home/someone".to_owned());
        Self {
            name: name.to_owned(),
            directory: input.to_owned(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            // Wherever the input lies.
            project: Some("sin-solver"),
            profiles: Vec::new(),
            environment,
            expected: corpus.join(format!("{name}.json")),
        }
    }

    fn load(&self) -> Result<Loaded, LoadError> {
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
        sinops_compose::load(LoadRequest {
            files,
            project_name: self.project.map(str::to_owned),
            project_directory: self.directory.clone(),
            environment,
            profiles: self.profiles.clone(),
            reader: &Disk,
        })
    }

    fn ours(&self) -> Result<Value, String> {
        let loaded = self
            .load()
            .map_err(|error| format!("{}: {error}", self.name))?;
        let mut value = sinops_compose::to_json(&loaded.project).unwrap();
        // docker compose leaves all extensions but the outermost out of its JSON,
        // though not out of its YAML; they are kept here.
        for (key, section) in value.as_object_mut().unwrap() {
            if !key.starts_with("x-") {
                without_extensions(section);
            }
        }
        Ok(self.neutral(&value))
    }

    /// Without the place of the project on this machine.
    fn neutral(&self, value: &Value) -> Value {
        let text = value.to_string();
        let directory = self.directory.to_string_lossy();
        let parent = self
            .directory
            .parent()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let text = text
            .replace(&*directory, "/project")
            .replace(&parent, "/parent");
        serde_json::from_str(&text).unwrap()
    }

    fn oracle(&self, program: &Path) -> Result<Value, String> {
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
        let output = command
            .args(["config", "--format", "json"])
            .output()
            .unwrap();
        let problem = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!(
                "{}: docker compose refuses it: {problem}",
                self.name
            ));
        }
        Ok(self.neutral(&serde_json::from_slice(&output.stdout).unwrap()))
    }

    fn check(&self, oracle: Option<&Path>) -> Result<(), String> {
        let ours = self.ours()?;
        if let Some(program) = oracle {
            let live = self.oracle(program)?;
            if std::env::var_os("SINOPS_UPDATE_EXPECTED").is_some() {
                let text = serde_json::to_string_pretty(&live).unwrap();
                std::fs::create_dir_all(self.expected.parent().unwrap()).unwrap();
                std::fs::write(&self.expected, text + "\n").unwrap();
            }
            let mut differences = Vec::new();
            compare("", &live, &ours, &mut differences);
            if !differences.is_empty() {
                return Err(format!("{} (live):\n{}", self.name, differences.join("\n")));
            }
        }
        let text = std::fs::read_to_string(&self.expected)
            .unwrap_or_else(|error| panic!("{}: {error}", self.expected.display()));
        let stored = serde_json::from_str(&text).unwrap();
        let mut differences = Vec::new();
        compare("", &stored, &ours, &mut differences);
        if differences.is_empty() {
            return Ok(());
        }
        Err(format!("{}:\n{}", self.name, differences.join("\n")))
    }
}

fn without_extensions(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|key, _| !key.starts_with("x-"));
        fields.values_mut().for_each(without_extensions);
    }
}

fn check_all(cases: &[Case]) {
    let oracle = find_oracle();
    let problems: Vec<String> = cases
        .iter()
        .filter_map(|case| case.check(oracle.as_deref()).err())
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn corpus_loads_as_in_docker_compose() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut cases: Vec<Case> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| Case::in_corpus(entry.unwrap().path()))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 150, "only {} cases", cases.len());
    check_all(&cases);
}

fn real_input() -> Option<PathBuf> {
    let input = std::env::var_os("SINOPS_REAL_INPUT").map(PathBuf::from);
    if input.is_none() {
        eprintln!("skipped: SINOPS_REAL_INPUT does not say where the real input is");
    }
    input
}

#[test]
fn real_stack_loads_as_in_docker_compose() {
    let Some(input) = real_input() else { return };
    const ENTERPRISE: &str = "docker-compose.enterprise.yml";
    const MONITORING: &str = "docker-compose.monitoring.yml";
    let merged = Case::real(&input, "merged", &[ENTERPRISE, MONITORING]);
    assert_eq!(merged.load().unwrap().project.services.len(), 23);
    check_all(&[
        merged,
        Case::real(&input, "enterprise", &[ENTERPRISE]),
        Case::real(&input, "monitoring", &[MONITORING]),
    ]);
}

#[test]
fn real_legacy_stack_is_refused_with_the_line() {
    let Some(input) = real_input() else { return };
    let case = Case::real(&input, "legacy", &["docker-compose.legacy.yml"]);
    let error = case.load().unwrap_err();
    let first = &error.diagnostics[0];
    assert_eq!(first.code, "undefined-service");
    assert!(
        first.message.contains("agent-05-steel-browser"),
        "{}",
        first.message
    );
    let location = first.location.as_ref().unwrap();
    assert!(location.file.ends_with("docker-compose.legacy.yml"));
    let text = std::fs::read_to_string(&location.file).unwrap();
    let line = text.lines().nth(location.line as usize - 1).unwrap();
    assert!(line.contains("agent-05-steel-browser"), "{line}");
    assert_eq!(
        &text[location.offset..location.offset + location.length],
        "agent-05-steel-browser"
    );
}
