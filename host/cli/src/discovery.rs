//! Which files a command is about, by the rules of `docker compose`: options,
//! then `COMPOSE_*` variables, then sinops.yaml, then the usual names here and
//! in the parent folders. Looks for files; reads none.

use crate::problem::Problem;
use crate::surroundings::Surroundings;
use sinops_compose::{DEFAULT_FILE_NAMES, DEFAULT_OVERRIDE_NAMES};
use std::path::{Path, PathBuf};

/// The name of our own configuration.
pub(crate) const CONFIG_NAME: &str = "sinops.yaml";
/// Where a compose file comes from standard input.
pub(crate) const STDIN: &str = "-";

/// Where the search of a folder and its parents ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// sinops.yaml, if there.
    pub(crate) config: Option<PathBuf>,
    /// Compose file and override, if there.
    pub(crate) compose: Vec<PathBuf>,
    /// Compose files that were there as well and are not used.
    pub(crate) ignored: Vec<PathBuf>,
}

/// Looks for a compose file or a sinops.yaml in `start` and, until one is
/// found, in its parents.
pub(crate) fn search(start: &Path) -> Found {
    start
        .ancestors()
        .map(look)
        .find(|found| *found != Found::default())
        .unwrap_or_default()
}

/// The same, for compose files alone.
pub(crate) fn search_compose(start: &Path) -> Found {
    start
        .ancestors()
        .map(look)
        .find(|found| !found.compose.is_empty())
        .unwrap_or_default()
}

/// Looks in one folder.
pub(crate) fn look(folder: &Path) -> Found {
    let present = |names: &[&str]| -> Vec<PathBuf> {
        names
            .iter()
            .map(|name| folder.join(name))
            .filter(|path| path.is_file())
            .collect()
    };
    let mut candidates = present(&DEFAULT_FILE_NAMES).into_iter();
    let mut compose: Vec<PathBuf> = candidates.next().into_iter().collect();
    let mut ignored: Vec<PathBuf> = candidates.collect();
    if !compose.is_empty() {
        let mut overrides = present(&DEFAULT_OVERRIDE_NAMES).into_iter();
        compose.extend(overrides.next());
        ignored.extend(overrides);
    }
    let config = present(&[CONFIG_NAME]).pop();
    Found {
        config,
        compose,
        ignored,
    }
}

/// Files of `COMPOSE_FILE`, if it is set.
pub(crate) fn compose_file_variable(
    variable: impl Fn(&str) -> Option<String>,
    surroundings: &Surroundings,
) -> Option<Vec<PathBuf>> {
    let value = variable("COMPOSE_FILE").filter(|value| !value.is_empty())?;
    let separator = variable("COMPOSE_PATH_SEPARATOR")
        .filter(|it| !it.is_empty())
        .unwrap_or(":".into());
    Some(
        value
            .split(&separator)
            .filter(|part| !part.is_empty())
            .map(|part| absolute(Path::new(part), surroundings))
            .collect(),
    )
}

/// Profiles of `COMPOSE_PROFILES`.
pub(crate) fn profiles_variable(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    variable("COMPOSE_PROFILES")
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|profile| !profile.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Folder that relative paths start from, when the compose files are known.
pub(crate) fn project_directory(files: &[PathBuf], surroundings: &Surroundings) -> PathBuf {
    files
        .iter()
        .find(|file| !is_stdin(file))
        .and_then(|file| file.parent())
        .map_or_else(|| surroundings.folder.clone(), Path::to_path_buf)
}

/// The path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// Makes a path absolute; `-` stays.
pub(crate) fn absolute(path: &Path, surroundings: &Surroundings) -> PathBuf {
    if is_stdin(path) {
        path.to_path_buf()
    } else {
        surroundings.absolute(path)
    }
}

/// What to say when there is nothing.
pub(crate) fn nothing_found(start: &Path) -> Problem {
    Problem::error(format!(
        "no compose file in {} or a parent folder (looked for {})",
        start.display(),
        DEFAULT_FILE_NAMES.join(", ")
    ))
    .help("name it with -f FILE, or go to the folder that holds it")
}

/// What to say when there are several.
pub(crate) fn several_found(found: &Found) -> Option<Problem> {
    let used = found.compose.first()?;
    if found.ignored.is_empty() {
        return None;
    }
    let names = |paths: &[PathBuf]| {
        paths
            .iter()
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    Some(
        Problem::warning(format!(
            "several compose files in one folder: using {}, not {}",
            names(&found.compose),
            names(&found.ignored)
        ))
        .help(format!(
            "name the right one with -f, for example -f {}",
            used.display()
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect()
    }

    #[test]
    fn the_override_comes_with_the_preferred_file() {
        let folder = folder(&[
            "compose.yaml",
            "docker-compose.yml",
            "docker-compose.override.yml",
        ]);
        let found = search(folder.path());
        assert_eq!(
            names(&found.compose),
            ["compose.yaml", "docker-compose.override.yml"]
        );
        assert_eq!(names(&found.ignored), ["docker-compose.yml"]);
        assert!(several_found(&found).is_some());
    }

    #[test]
    fn parents_are_searched_until_something_is_there() {
        let folder = folder(&["compose.yml", "a/sinops.yaml", "a/b/c/other"]);
        let found = search(&folder.path().join("a/b/c"));
        assert!(found.compose.is_empty());
        assert_eq!(found.config, Some(folder.path().join("a/sinops.yaml")));
        let found = search(folder.path());
        assert_eq!(names(&found.compose), ["compose.yml"]);
    }

    #[test]
    fn compose_file_is_split_at_its_separator() {
        let surroundings = Surroundings {
            folder: "/srv".into(),
            ..Surroundings::default()
        };
        let files = |value: &str, separator: Option<&str>| {
            compose_file_variable(
                |name| match name {
                    "COMPOSE_FILE" => Some(value.to_owned()),
                    _ => separator.map(str::to_owned),
                },
                &surroundings,
            )
        };
        assert_eq!(
            files("a.yml:/b.yml", None),
            Some(vec!["/srv/a.yml".into(), "/b.yml".into()])
        );
        assert_eq!(
            files("a;b", Some(";")),
            Some(vec!["/srv/a".into(), "/srv/b".into()])
        );
        assert_eq!(files("", None), None);
    }

    #[test]
    fn standard_input_has_no_folder() {
        let surroundings = Surroundings {
            folder: "/srv".into(),
            ..Surroundings::default()
        };
        assert_eq!(
            project_directory(&["-".into()], &surroundings),
            Path::new("/srv")
        );
        assert_eq!(
            project_directory(&["-".into(), "/x/a.yml".into()], &surroundings),
            Path::new("/x")
        );
    }
}
