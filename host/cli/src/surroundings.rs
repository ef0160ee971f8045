//! What the process was started with: environment and folder. Read once, here
//! only, and handed on as data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Environment and working folder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// Variables that are valid UTF-8; others cannot be named in a compose file.
    pub(crate) environment: BTreeMap<String, String>,
    /// Absolute.
    pub(crate) folder: PathBuf,
}

impl Surroundings {
    /// Of this process.
    pub(crate) fn of_process() -> std::io::Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self {
            environment,
            folder: std::env::current_dir()?,
        })
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A path as the user would write it: relative, if it lies below the folder.
    pub(crate) fn shown(&self, path: &str) -> String {
        match Path::new(path).strip_prefix(&self.folder) {
            Ok(short) => short.display().to_string(),
            Err(_) => path.to_owned(),
        }
    }

    /// Makes a path absolute, without asking the disk.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.folder.join(path))
    }
}

/// Takes `.` and `..` out, by their text alone, as compose does.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_without_dots() {
        let surroundings = Surroundings {
            folder: "/srv/app".into(),
            ..Surroundings::default()
        };
        assert_eq!(
            surroundings.absolute(Path::new("../b/./c.yml")),
            Path::new("/srv/b/c.yml")
        );
        assert_eq!(surroundings.absolute(Path::new("/x")), Path::new("/x"));
    }
}
