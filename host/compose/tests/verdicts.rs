//! Small projects that docker compose refuses, and odd ones that it accepts.
//!
//! Where docker compose 2.40 is found it is asked as well: about the verdict, and
//! about the document of what it accepts.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking and asks the real program"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;
use serde_json::Value;
use sinops_compose::{LoadError, LoadRequest, Loaded, Severity, SourceFile};

/// A project of a few lines, written out below the folder of the build.
struct Case {
    what: String,
    directory: PathBuf,
    layers: Vec<String>,
}

/// Reads `=== what` and `--- file` sections of one of the lists.
fn cases(list: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts");
    let text = std::fs::read_to_string(path.join(format!("{list}.txt"))).unwrap();
    let below = Path::new(env!("CARGO_TARGET_TMPDIR")).join(list);
    let _ = std::fs::remove_dir_all(&below);
    let sections = text.split("\n=== ").skip(1).enumerate();
    sections
        .map(|(index, section)| {
            let (what, files) = section.split_once('\n').unwrap_or((section, ""));
            let directory = below.join(format!("case{index}"));
            let files = format!("--- compose.yml\n{files}\n");
            let mut layers = Vec::new();
            for file in files.split("\n--- ") {
                let (name, text) = file.split_once('\n').unwrap_or((file, ""));
                let name = name.trim_start_matches("--- ");
                let path = directory.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, format!("{}\n", text.trim_end_matches('\n'))).unwrap();
                if matches!(name, "compose.yml" | "override.yml") {
                    layers.push(name.to_owned());
                }
            }
            Case {
                what: what.to_owned(),
                directory,
                layers,
            }
        })
        .collect()
}

fn environment() -> IndexMap<String, String> {
    let pairs = [("HOME", "/home/someone"), ("FROM_SHELL", "shell")];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

impl Case {
    fn load(&self) -> Result<Loaded, LoadError> {
        let mut environment = environment();
        if let Ok(text) = std::fs::read_to_string(self.directory.join(".env")) {
            let known = environment.clone();
            let read = sinops_compose::parse_env_file_with(&text, &|name| known.get(name).cloned());
            for (name, value) in read.unwrap() {
                environment.entry(name).or_insert(value);
            }
        }
        let layers = self.layers.iter().map(|file| {
            let path = self.directory.join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            SourceFile { path, text }
        });
        sinops_compose::load(LoadRequest {
            files: layers.collect(),
            project_name: None,
            project_directory: self.directory.clone(),
            environment,
            profiles: Vec::new(),
            reader: &support::Disk,
            skip: sinops_compose::Skip::default(),
        })
    }

    /// The document of docker compose; none when it refuses.
    fn ask(&self, program: &Path) -> Option<Value> {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).env_clear();
        command.envs(environment());
        for file in &self.layers {
            command.arg("-f").arg(file);
        }
        let output = command
            .args(["config", "--format", "json"])
            .output()
            .unwrap();
        let document = serde_json::from_slice(&output.stdout);
        output.status.success().then(|| document.unwrap())
    }

    fn must_be_refused(&self, oracle: Option<&Path>) -> Result<(), String> {
        let Err(error) = self.load() else {
            return Err("accepted".to_owned());
        };
        for told in &error.diagnostics {
            let line = told.location.as_ref().is_some_and(|place| place.line > 0);
            if told.severity == Severity::Error && (!line || told.message.len() < 15) {
                return Err(format!("not a useful message: {told:?}"));
            }
        }
        match oracle.and_then(|program| self.ask(program)) {
            Some(document) => Err(format!("docker compose accepts it: {document}")),
            None => Ok(()),
        }
    }

    fn must_be_accepted(&self, oracle: Option<&Path>) -> Result<(), String> {
        let loaded = self.load().map_err(|error| error.to_string())?;
        let Some(program) = oracle else { return Ok(()) };
        let theirs = self
            .ask(program)
            .ok_or_else(|| "docker compose refuses it".to_owned())?;
        let ours = sinops_compose::to_json(&loaded.project).unwrap();
        let mut differences = Vec::new();
        support::compare("", &theirs, &ours, &mut differences);
        if differences.is_empty() {
            return Ok(());
        }
        Err(differences.join("\n"))
    }
}

fn check(list: &str, least: usize, verdict: fn(&Case, Option<&Path>) -> Result<(), String>) {
    let cases = cases(list);
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let oracle = support::find_oracle();
    let problems: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let problem = verdict(case, oracle.as_deref()).err()?;
            Some(format!("{}: {problem}", case.what))
        })
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn what_docker_compose_refuses_is_refused_with_a_line() {
    check("refused", 200, Case::must_be_refused);
}

#[test]
fn what_docker_compose_accepts_is_accepted() {
    check("accepted", 100, Case::must_be_accepted);
}
