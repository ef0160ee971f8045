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

#[path = "support/case.rs"]
mod case;
mod support;

use std::path::{Path, PathBuf};

use case::{Case, corpus};
use indexmap::IndexMap;
use serde_json::Value;
use sinops_compose::Skip;
use support::{compare, find_oracle};

fn real(input: &Path, name: &str, files: &[&str]) -> Case {
    let mut environment = IndexMap::new();
    environment.insert("HOME".to_owned(), "/home/someone".to_owned());
    Case {
        name: name.to_owned(),
        directory: input.to_owned(),
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        // Wherever the input lies.
        project: Some("sin-solver"),
        profiles: Vec::new(),
        environment,
    }
}

/// Without the place of the project on this machine.
fn neutral(case: &Case, value: &Value) -> Value {
    let text = value.to_string();
    let directory = case.directory.to_string_lossy();
    let parent = case
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

/// Where the answer of docker compose is kept.
fn expected(case: &Case) -> PathBuf {
    if case.project.is_none() {
        return case.directory.join("expected.json");
    }
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus-real");
    real.join(format!("{}.json", case.name))
}

fn ours(case: &Case) -> Result<Value, String> {
    let loaded = case
        .load(Skip::default())
        .map_err(|error| format!("{}: {error}", case.name))?;
    let mut value = sinops_compose::to_json(&loaded.project).unwrap();
    // docker compose leaves all extensions but the outermost out of its JSON,
    // though not out of its YAML; they are kept here.
    for (key, section) in value.as_object_mut().unwrap() {
        if !key.starts_with("x-") {
            without_extensions(section);
        }
    }
    Ok(neutral(case, &value))
}

fn oracle(case: &Case, program: &Path) -> Result<Value, String> {
    let output = case.ask(program, &["--format", "json"]);
    let problem = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!(
            "{}: docker compose refuses it: {problem}",
            case.name
        ));
    }
    Ok(neutral(
        case,
        &serde_json::from_slice(&output.stdout).unwrap(),
    ))
}

fn check(case: &Case, oracle: Option<&Path>) -> Result<(), String> {
    let ours = ours(case)?;
    if let Some(program) = oracle {
        let live = self::oracle(case, program)?;
        if std::env::var_os("SINOPS_UPDATE_EXPECTED").is_some() {
            let text = serde_json::to_string_pretty(&live).unwrap();
            std::fs::create_dir_all(expected(case).parent().unwrap()).unwrap();
            std::fs::write(expected(case), text + "\n").unwrap();
        }
        let mut differences = Vec::new();
        compare("", &live, &ours, &mut differences);
        if !differences.is_empty() {
            return Err(format!("{} (live):\n{}", case.name, differences.join("\n")));
        }
    }
    let text = std::fs::read_to_string(expected(case))
        .unwrap_or_else(|error| panic!("{}: {error}", expected(case).display()));
    let stored = serde_json::from_str(&text).unwrap();
    let mut differences = Vec::new();
    compare("", &stored, &ours, &mut differences);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{}:\n{}", case.name, differences.join("\n")))
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
        .filter_map(|case| check(case, oracle.as_deref()).err())
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn corpus_loads_as_in_docker_compose() {
    check_all(&corpus());
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
    let merged = real(&input, "merged", &[ENTERPRISE, MONITORING]);
    assert_eq!(
        merged.load(Skip::default()).unwrap().project.services.len(),
        23
    );
    check_all(&[
        merged,
        real(&input, "enterprise", &[ENTERPRISE]),
        real(&input, "monitoring", &[MONITORING]),
    ]);
}

#[test]
fn real_legacy_stack_is_refused_with_the_line() {
    let Some(input) = real_input() else { return };
    let case = real(&input, "legacy", &["docker-compose.legacy.yml"]);
    let error = case.load(Skip::default()).unwrap_err();
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
