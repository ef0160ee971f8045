//! The options of `docker compose config` that leave a part of the work undone, and its
//! hashes, over the projects of the corpus.
//!
//! The answers are stored in `unresolved.json` and `hashes` of each project, with relative
//! paths, so that they do not tell of the place of this checkout. Where docker compose
//! 2.40 is found it is asked again; `SINOPS_UPDATE_EXPECTED=1` writes them anew.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking and reads its corpus"
)]

#[path = "support/case.rs"]
mod case;
mod support;

use std::path::Path;

use case::{Case, corpus};
use serde_json::Value;
use sinops_compose::{Skip, service_hash, to_json};
use support::{compare, find_oracle};

/// What docker compose prints, kept in `file`; asked again where it is found.
fn stored(case: &Case, file: &str, options: &[&str], oracle: Option<&Path>) -> String {
    let path = case.directory.join(file);
    if let Some(program) = oracle {
        let output = case.ask(program, options);
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {problem}", case.name);
        let answer = String::from_utf8(output.stdout).unwrap();
        if std::env::var_os("SINOPS_UPDATE_EXPECTED").is_some() {
            std::fs::write(&path, answer.trim_end().to_owned() + "\n").unwrap();
        }
        return answer;
    }
    std::fs::read_to_string(&path).unwrap()
}

fn document(case: &Case, options: &[&str], skip: Skip, oracle: Option<&Path>) -> Vec<String> {
    let theirs = stored(case, "unresolved.json", options, oracle);
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    let loaded = case.load(skip).unwrap();
    let ours = to_json(&loaded.project).unwrap();
    let mut differences = Vec::new();
    compare(&case.name, &theirs, &ours, &mut differences);
    differences
}

#[test]
fn what_is_left_undone_is_left_undone_alike() {
    let options = [
        "--no-normalize",
        "--no-path-resolution",
        "--no-consistency",
        "--format",
        "json",
    ];
    let skip = Skip {
        normalization: true,
        paths: true,
        consistency: true,
        ..Skip::default()
    };
    let oracle = find_oracle();
    let differences: Vec<String> = corpus()
        .iter()
        .flat_map(|case| document(case, &options, skip, oracle.as_deref()))
        .collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn services_have_the_hashes_of_docker_compose() {
    let options = ["--no-path-resolution", "--hash", "*"];
    let skip = Skip {
        paths: true,
        environment: true,
        ..Skip::default()
    };
    let oracle = find_oracle();
    let mut problems = Vec::new();
    for case in corpus() {
        let theirs = stored(&case, "hashes", &options, oracle.as_deref());
        let loaded = case.load(skip).unwrap();
        let mut ours: Vec<String> = loaded
            .project
            .services
            .iter()
            .map(|(name, service)| format!("{name} {}", service_hash(service, None).unwrap()))
            .collect();
        ours.sort();
        if theirs.trim_end() != ours.join("\n") {
            problems.push(format!("{}:\n{theirs}{}", case.name, ours.join("\n")));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
