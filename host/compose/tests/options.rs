//! The options of `docker compose config` that leave a part of the work undone, and its
//! hashes, over the projects of the corpus.
//!
//! The answers are stored in `unresolved.json`, `raw.json`, `variables.json` and `hashes` of
//! each project, with relative paths, so that they do not tell of the place of this checkout. Where docker compose
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
use sinops_compose::{Skip, load_raw, service_hash, to_json, variables};
use support::{compare, find_oracle};

/// Kept instead of an answer.
const REFUSED: &str = "refused";

/// What docker compose prints, kept in `file`; asked again where it is found.
fn stored(case: &Case, file: &str, options: &[&str], oracle: Option<&Path>) -> String {
    let path = case.directory.join(file);
    if let Some(program) = oracle {
        let output = case.ask(program, options);
        let answer = match output.status.success() {
            true => String::from_utf8(output.stdout).unwrap(),
            false => REFUSED.to_owned(),
        };
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

/// What docker compose cannot write as JSON, or writes with more digits than it knows.
const BEYOND_JSON: [&str; 2] = ["yaml-scalars", "merge-forms"];

#[test]
fn templates_stay_as_they_are() {
    let options = [
        "--no-interpolate",
        "--no-path-resolution",
        "--format",
        "json",
    ];
    let skip = Skip {
        paths: true,
        ..Skip::default()
    };
    let oracle = find_oracle();
    let mut differences = Vec::new();
    for case in corpus() {
        if BEYOND_JSON.contains(&case.name.as_str()) {
            continue;
        }
        let theirs = stored(&case, "raw.json", &options, oracle.as_deref());
        let model = load_raw(case.request(skip));
        if theirs.trim_end() == REFUSED {
            assert!(model.is_err(), "{} is accepted", case.name);
            continue;
        }
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        compare(&case.name, &theirs, &model.unwrap().value, &mut differences);
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn variables_are_told_with_their_defaults() {
    let oracle = find_oracle();
    let options = ["--variables", "--format", "json"];
    let mut differences = Vec::new();
    for case in corpus() {
        // Used twice with other defaults: docker compose tells of one of them by chance.
        if case.name == "interpolation" {
            continue;
        }
        let theirs = stored(&case, "variables.json", &options, oracle.as_deref());
        let model = load_raw(case.request(Skip::default()));
        if theirs.trim_end() == REFUSED {
            assert!(model.is_err(), "{} is accepted", case.name);
            continue;
        }
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        let ours = serde_json::to_value(variables(&model.unwrap().value)).unwrap();
        compare(&case.name, &theirs, &ours, &mut differences);
    }
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
