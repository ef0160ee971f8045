//! Makes the relative paths of a canonical tree absolute. Text only: nothing is
//! looked up on a disk.

use std::path::{Component, Path, PathBuf};

use crate::tree::{Node, Value};

/// Without `.`, and with `..` taken back where a folder is in front of it.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => {
                    cleaned.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => cleaned.push(part),
            },
            _ => cleaned.push(part),
        }
    }
    if cleaned.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        cleaned
    }
}

/// The way from `root` to `directory`, both absolute.
pub(crate) fn relative(directory: &Path, root: &Path) -> PathBuf {
    let mut to = directory.components().peekable();
    let mut from = root.components().peekable();
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let up = from.map(|_| Component::ParentDir);
    clean(&up.chain(to).collect::<PathBuf>())
}

struct Base<'a> {
    directory: &'a Path,
    home: Option<&'a str>,
}

impl Base<'_> {
    /// Absolute paths stay as they are written.
    fn absolute(&self, node: &mut Node) {
        let Value::Text(text) = &node.value else {
            return;
        };
        if text.starts_with('/') {
            return;
        }
        let expanded = match (text.strip_prefix('~'), self.home) {
            (Some(rest), Some(home)) => clean(&Path::new(home).join(rest.trim_start_matches('/'))),
            _ if is_windows(text) => return,
            _ => clean(&self.directory.join(text)),
        };
        node.value = Value::Text(expanded.display().to_string());
    }

    /// What is not given stays so.
    fn given(&self, node: &mut Node) {
        if node.as_text() != Some("") {
            self.absolute(node);
        }
    }

    fn context(&self, node: &mut Node) {
        let remote = node.as_text().is_some_and(is_remote_context);
        if !remote {
            self.given(node);
        }
    }
}

fn is_windows(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.starts_with("\\\\")
        || (bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && bytes.next() == Some(b':')
            && matches!(bytes.next(), Some(b'\\' | b'/')))
}

/// A build context that is no folder of this machine.
fn is_remote_context(text: &str) -> bool {
    text.contains("://")
        || text.starts_with("git@")
        || text.starts_with("github.com/")
        || text.starts_with("service:")
}

/// Everything in a project.
pub(crate) fn absolute(project: &mut Node, directory: &Path, home: Option<&str>) {
    let base = Base { directory, home };
    each(project.get_mut("services"), |service| {
        service_paths(service, &base)
    });
    for section in ["secrets", "configs"] {
        each(project.get_mut(section), |object| {
            if let Some(file) = object.get_mut("file") {
                base.absolute(file);
            }
        });
    }
    each(project.get_mut("volumes"), |volume| {
        let local = volume.get("driver").and_then(Node::as_text) == Some("local");
        if let Some(options) = volume.get_mut("driver_opts").filter(|_| local)
            && options.get("o").and_then(Node::as_text) == Some("bind")
            && let Some(device) = options.get_mut("device")
        {
            // This volume is a bind mount under another name.
            base.absolute(device);
        }
    });
}

/// One service, relative to the folder of the file that it comes from.
pub(crate) fn absolute_service(service: &mut Node, directory: &Path, home: Option<&str>) {
    let base = Base { directory, home };
    service_paths(service, &base);
}

fn service_paths(service: &mut Node, base: &Base<'_>) {
    if let Some(build) = service.get_mut("build") {
        if let Some(context) = build.get_mut("context") {
            base.context(context);
        }
        each(build.get_mut("additional_contexts"), |context| {
            base.context(context)
        });
        each(build.get_mut("ssh"), |agent| {
            if !agent.is_null() {
                base.absolute(agent);
            }
        });
    }
    each(service.get_mut("env_file"), |file| {
        if let Some(path) = file.get_mut("path") {
            base.given(path);
        }
    });
    each(service.get_mut("label_file"), |file| base.given(file));
    if let Some(develop) = service.get_mut("develop") {
        each(develop.get_mut("watch"), |watch| {
            if let Some(path) = watch.get_mut("path") {
                base.given(path);
            }
        });
    }
    if let Some(file) = service
        .get_mut("extends")
        .and_then(|extends| extends.get_mut("file"))
    {
        base.absolute(file);
    }
    each(service.get_mut("volumes"), |mount| {
        let bind = mount.get("type").and_then(Node::as_text) == Some("bind");
        if let Some(source) = mount.get_mut("source").filter(|_| bind) {
            base.absolute(source);
        }
    });
}

fn each(node: Option<&mut Node>, mut change: impl FnMut(&mut Node)) {
    match node.map(|node| &mut node.value) {
        Some(Value::List(items)) => items.iter_mut().for_each(change),
        Some(Value::Map(fields)) => fields.values_mut().for_each(&mut change),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning() {
        for (path, expected) in [
            ("/a/./b/../c", "/a/c"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("../a", "../a"),
            ("/a/b/", "/a/b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn contexts_elsewhere_are_left_alone() {
        for text in [
            "https://x/y.git",
            "git@host:x",
            "github.com/a/b",
            "service:base",
        ] {
            assert!(is_remote_context(text), "{text}");
        }
        assert!(!is_remote_context("./git"));
    }
}
