//! `x-sinops.process`: which program a service is.

use super::super::ContainerSpec;
use super::EngineError;
use super::record::unsupported;
use serde_json::Value;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// `x-sinops.process`: a command as text or list, or a mapping with one.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) command: Vec<String>,
    pub(super) environment: sinops_compose::Map<Option<String>>,
    pub(super) working_dir: Option<String>,
}

impl Declared {
    pub(super) fn read(spec: &ContainerSpec) -> Result<Self, EngineError> {
        let Some(process) = spec
            .service
            .extensions
            .get("x-sinops")
            .and_then(|ours| ours.get("process"))
        else {
            return Err(unsupported(
                spec,
                "image (add `x-sinops: { process: [program, argument] }` to the service)",
            ));
        };
        let wrong = |what: &str| EngineError::Other {
            operation: format!("read services.{}.x-sinops.process", spec.service_name),
            message: what.to_owned(),
        };
        let declared = match process {
            Value::Object(parts) => {
                let mut declared = Self::default();
                for (key, value) in parts {
                    match key.as_str() {
                        "command" => {
                            declared.command = words(value).ok_or_else(|| {
                                wrong("`command` must be a text or a list of texts")
                            })?;
                        }
                        "env" | "environment" => {
                            declared.environment = environment(value).ok_or_else(|| {
                                wrong(&format!("`{key}` must be a mapping of texts"))
                            })?;
                        }
                        "working_dir" => {
                            declared.working_dir = value.as_str().map(str::to_owned);
                            if declared.working_dir.is_none() {
                                return Err(wrong("`working_dir` must be a path"));
                            }
                        }
                        other => {
                            return Err(wrong(&format!(
                                "unknown key `{other}`; there are `command`, `environment` and `working_dir`"
                            )));
                        }
                    }
                }
                declared
            }
            other => Self {
                command: words(other).ok_or_else(|| {
                    wrong("must be a text, a list of texts, or a mapping with `command`")
                })?,
                ..Self::default()
            },
        };
        if declared.command.is_empty() {
            return Err(wrong("there is no command"));
        }
        Ok(declared)
    }
}

/// A text is a line for the shell, as in compose's health checks.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(line) if !line.trim().is_empty() => {
            Some(["/bin/sh", "-c", line.as_str()].map(str::to_owned).to_vec())
        }
        Value::Array(list) => list.iter().map(text).collect(),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn environment(value: &Value) -> Option<sinops_compose::Map<Option<String>>> {
    value
        .as_object()?
        .iter()
        .map(|(name, value)| match value {
            Value::Null => Some((name.clone(), None)),
            other => text(other).map(|text| (name.clone(), Some(text))),
        })
        .collect()
}

/// Where a program lies: by its path from the working folder, or on PATH.
pub(super) fn find(program: &str, working_dir: &Path, path: &str) -> Option<PathBuf> {
    let runs = |path: &PathBuf| {
        std::fs::metadata(path)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return Some(working_dir.join(program)).filter(runs);
    }
    std::env::split_paths(OsStr::new(path))
        .map(|folder| folder.join(program))
        .find(runs)
}
