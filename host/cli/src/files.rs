//! Reads the files that a project consists of.

use crate::commands::Context;
use crate::discovery::is_stdin;
use crate::problem::{Problem, nearest};
use indexmap::IndexMap;
use sinops_compose::{Files, SourceFile};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The real file system.
#[derive(Debug)]
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Reads a compose file, or standard input for `-`.
pub(crate) fn read_compose_file(path: &Path) -> Result<SourceFile, Problem> {
    if is_stdin(path) {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Problem::error(format!("standard input cannot be read: {error}")))?;
        return Ok(SourceFile {
            path: "<stdin>".into(),
            text,
        });
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Ok(SourceFile {
        path: path.to_path_buf(),
        text,
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let problem = |words: &str| Problem::error(format!("{} {words}", path.display()));
    match error.kind() {
        ErrorKind::NotFound => problem("is not there")
            .maybe_help(nearest_file(path).map(|near| format!("did you mean `{near}`?"))),
        ErrorKind::PermissionDenied => problem("may not be read by this user"),
        ErrorKind::InvalidData => problem("is not UTF-8 text"),
        ErrorKind::IsADirectory => problem("is a folder, not a compose file").help(format!(
            "name the file in it: {}",
            path.join("compose.yaml").display()
        )),
        _ => problem(&format!("cannot be read: {error}")),
    }
}

/// The file of the same folder whose name is nearest.
fn nearest_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let names: Vec<String> = std::fs::read_dir(path.parent()?)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Variables that compose files see: those of the process over those of the
/// env files; of several files, the later one wins.
pub(crate) fn read_environment(
    context: &Context<'_>,
    folder: &Path,
) -> Result<IndexMap<String, String>, Problem> {
    let surroundings = context.surroundings;
    let mut files: Vec<PathBuf> = context
        .global
        .env_files
        .iter()
        .map(|file| surroundings.absolute(file))
        .collect();
    if files.is_empty() {
        let listed = surroundings.variable("COMPOSE_ENV_FILES").into_iter();
        files = listed
            .flat_map(|list| list.split(','))
            .filter(|file| !file.is_empty())
            .map(|file| surroundings.absolute(Path::new(file)))
            .collect();
    }
    let disabled = surroundings
        .variable("COMPOSE_DISABLE_ENV_FILE")
        .is_some_and(|value| matches!(value, "1" | "true" | "TRUE" | "True" | "t" | "T"));
    let usual = folder.join(".env");
    if files.is_empty() && !disabled && usual.is_file() {
        files.push(usual);
    }
    let mut environment: IndexMap<String, String> = surroundings
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut from_files = IndexMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let lookup = |name: &str| environment.get(name).cloned();
        let parsed = sinops_compose::parse_env_file_with(&text, &lookup).map_err(|error| {
            Problem::error(format!("{}: {}", file.display(), error.reason)).at_line(
                &file.display().to_string(),
                &text,
                error.line,
                "here",
            )
        })?;
        from_files.extend(parsed);
    }
    for (name, value) in from_files {
        environment.entry(name).or_insert(value);
    }
    Ok(environment)
}
