//! The real docker compose, and how documents are compared with its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Reads what compose files refer to.
pub(crate) struct Disk;

impl sinops_compose::Files for Disk {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Every difference between two documents, with its place.
pub(crate) fn compare(place: &str, expected: &Value, ours: &Value, out: &mut Vec<String>) {
    match (expected, ours) {
        (Value::Object(expected), Value::Object(ours)) => {
            for (key, value) in expected {
                match ours.get(key) {
                    Some(other) => compare(&format!("{place}/{key}"), value, other, out),
                    None => out.push(format!("  {place}/{key}: missing, expected {value}")),
                }
            }
            for (key, value) in ours {
                if !expected.contains_key(key) {
                    out.push(format!("  {place}/{key}: {value} is too much"));
                }
            }
        }
        (Value::Array(expected), Value::Array(ours)) if expected.len() == ours.len() => {
            for (index, (expected, ours)) in expected.iter().zip(ours).enumerate() {
                compare(&format!("{place}/{index}"), expected, ours, out);
            }
        }
        _ if expected == ours => {}
        _ => out.push(format!("  {place}: {ours}, expected {expected}")),
    }
}

/// docker compose 2.40, when it is there; other versions print other things.
pub(crate) fn find_oracle() -> Option<PathBuf> {
    let named = std::env::var_os("SINOPS_DOCKER_COMPOSE").map(PathBuf::from);
    let candidates = named.into_iter().chain([PathBuf::from("docker-compose")]);
    for candidate in candidates {
        let Ok(output) = Command::new(&candidate)
            .args(["version", "--short"])
            .output()
        else {
            continue;
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if version.trim_start_matches('v').starts_with("2.40.") {
            return Some(candidate);
        }
        eprintln!(
            "{} is {version}, not 2.40: stored answers only",
            candidate.display()
        );
    }
    None
}
