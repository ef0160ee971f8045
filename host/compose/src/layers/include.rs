//! `include`: other projects, loaded on their own and taken into this one.

use std::path::{Path, PathBuf};

use indexmap::map::Entry;

use super::{ParsedFile, Scope, join, read};
use crate::normalize;
use crate::paths;
use crate::report::Report;
use crate::source::SourceFile;
use crate::tree::{Fields, Node, Value};

const SECTIONS: [&str; 6] = [
    "services", "networks", "volumes", "secrets", "configs", "models",
];

/// Loads what `layer` includes and adds it.
pub(super) fn apply(layer: &mut Node, path: &Path, scope: &Scope<'_>, report: &mut Report) {
    let Some(fields) = layer.as_map_mut() else {
        return;
    };
    let Some(includes) = fields.shift_remove("include") else {
        return;
    };
    for entry in includes.as_list().unwrap_or_default() {
        let Some((files, base, inner)) = included_files(entry, path, scope, report) else {
            continue;
        };
        let mut project = super::load(files, &inner, report);
        normalize::listed_environment(&mut project, &inner.environment);
        normalize::contexts(&mut project);
        paths::absolute(&mut project, &base, inner.home.as_deref());
        import(layer, project, report);
    }
}

fn texts<'a>(entry: &'a Node, key: &str) -> Vec<(&'a str, &'a Node)> {
    let items = entry.get(key).and_then(Node::as_list).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some((item.as_text()?, item)))
        .collect()
}

/// The files that an entry names, where their relative paths start, and what they are
/// read with.
pub(crate) fn included_files<'a>(
    entry: &Node,
    from: &Path,
    scope: &Scope<'a>,
    report: &mut Report,
) -> Option<(Vec<ParsedFile>, PathBuf, Scope<'a>)> {
    let mut files = Vec::new();
    for (file, node) in texts(entry, "path") {
        let place = (scope.directory.as_path(), file);
        let (path, text) = read("include", place, node.mark, scope, report)?;
        files.push(SourceFile { path, text });
    }
    let Some(first) = files.first() else {
        report.error(
            "missing-key",
            entry.mark,
            "an entry of `include` needs a `path`",
            Some("name the compose file that is taken in".to_owned()),
        );
        return None;
    };
    let mut including = scope.including.clone();
    including.push(from.to_path_buf());
    if including.contains(&first.path) {
        including.push(first.path.clone());
        let chain: Vec<String> = including
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        report.error(
            "include-cycle",
            entry.mark,
            format!("`include` goes round in a circle: {}", chain.join(" -> ")),
            Some("take one of these `include` out".to_owned()),
        );
        return None;
    }
    let named = entry.get("project_directory").and_then(Node::as_text);
    let directory = match named {
        Some(directory) => join(&scope.directory, directory),
        None => first
            .path
            .parent()
            .map_or_else(|| PathBuf::from("/"), Path::to_path_buf),
    };
    let environment = environment(entry, &directory, scope, report)?;
    let base = match named {
        // Compose keeps to an absolute folder.
        Some(named) if named.starts_with('/') => directory.clone(),
        _ => scope.base(&directory),
    };
    let inner = Scope {
        directory,
        root: scope.root.clone(),
        environment,
        home: scope.home.clone(),
        reader: scope.reader,
        skip: scope.skip,
        including,
    };
    Some((super::parse(files, report), base, inner))
}

/// The environment of this project over the variables of the included one's files.
fn environment(
    entry: &Node,
    directory: &Path,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<indexmap::IndexMap<String, String>> {
    let mut environment = scope.environment.clone();
    let named = texts(entry, "env_file");
    let default = [(".env", entry)];
    let (files, base, optional) = if named.is_empty() {
        (default.as_slice(), directory, true)
    } else {
        (named.as_slice(), scope.directory.as_path(), false)
    };
    for (file, node) in files {
        let path = join(base, file);
        let problem = match scope.reader.read(&path) {
            Ok(text) => {
                let known = &environment;
                match crate::dotenv::parse_env_file_with(&text, &|name| known.get(name).cloned()) {
                    Ok(variables) => {
                        for (name, value) in variables {
                            environment.entry(name).or_insert(value);
                        }
                        continue;
                    }
                    Err(error) => error.to_string(),
                }
            }
            Err(error) if optional && error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => error.to_string(),
        };
        report.error(
            "file-not-read",
            node.mark,
            format!("`include` cannot use {}: {problem}", path.display()),
            Some(format!(
                "correct that file, or name another as `env_file` of the entry; paths start at {}",
                base.display()
            )),
        );
        return None;
    }
    Some(environment)
}

/// Adds every resource of `included`; the same name with other content is an error.
pub(crate) fn import(layer: &mut Node, included: Node, report: &mut Report) {
    let (Value::Map(mut sections), Some(own)) = (included.value, layer.as_map_mut()) else {
        return;
    };
    for section in SECTIONS {
        let Some(theirs) = sections.shift_remove(section) else {
            continue;
        };
        let mark = theirs.mark;
        let Value::Map(theirs) = theirs.value else {
            continue;
        };
        let ours = own
            .entry(section.to_owned())
            .or_insert_with(|| Node::new(Value::Map(Fields::new()), mark));
        let Some(ours) = ours.as_map_mut() else {
            continue;
        };
        for (name, node) in theirs {
            match ours.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(node);
                }
                Entry::Occupied(entry) if entry.get().same_data(&node) => {}
                Entry::Occupied(entry) => {
                    let place = report.sources.location(node.key);
                    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
                    report.error(
                        "include-conflict",
                        entry.get().key,
                        format!(
                            "`{}` in `{section}` is also defined by an included file{place}",
                            entry.key()
                        ),
                        Some("rename one, or change the included one in an override file listed in the same `include` entry".to_owned()),
                    );
                }
            }
        }
    }
}
