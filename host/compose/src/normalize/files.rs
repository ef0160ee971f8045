//! What `env_file` and `label_file` bring in.

use indexmap::IndexMap;

use crate::dotenv::{self, EnvFileError};
use crate::layers::Scope;
use crate::report::Report;
use crate::tree::{Fields, Mark, Node, Value};

/// Puts what `env_file` and `label_file` hold below `environment` and `labels`.
pub(crate) fn read_files(project: &mut Node, scope: &Scope<'_>, report: &mut Report) {
    for service in super::services(project) {
        let Some(service) = service.as_map_mut() else {
            continue;
        };
        if !scope.skip.environment
            && let Some(files) = service.shift_remove("env_file")
        {
            let own = service
                .get("environment")
                .and_then(Node::as_map)
                .cloned()
                .unwrap_or_default();
            let lookup = |name: &str| {
                let known = scope.environment.get(name).cloned();
                known.or_else(|| own.get(name).and_then(Node::as_text).map(ToOwned::to_owned))
            };
            let read = env_files(&files, &lookup, scope, report);
            overlay(service, "environment", read, own);
        }
        if let Some(files) = service.shift_remove("label_file") {
            let own = service
                .get("labels")
                .and_then(Node::as_map)
                .cloned()
                .unwrap_or_default();
            let mut values = IndexMap::new();
            for file in files.as_list().unwrap_or_default() {
                let path = file.as_text().unwrap_or_default();
                if let Some(text) = read_one(path, file.mark, "label_file", false, scope, report)
                    && let Err(error) = dotenv::read_env_file(&text, &mut values, &|_| None)
                {
                    bad(path, &error, file.mark, report);
                }
            }
            let place = files.mark;
            let read = values
                .into_iter()
                .map(|(name, value)| (name, Node::text(value, place)));
            let read = read.collect();
            overlay(service, "labels", read, own);
        }
    }
}

fn bad(path: &str, error: &EnvFileError, mark: Mark, report: &mut Report) {
    let message = format!("{path}:{}: {}", error.line, error.reason);
    let hint = "lines are `NAME=value`; quote values that hold quotes, `#` or several lines";
    report.error("bad-env-file", mark, message, Some(hint.to_owned()));
}

fn overlay(service: &mut Fields, key: &str, mut below: Fields, above: Fields) {
    for (name, node) in above {
        below.insert(name, node);
    }
    if !below.is_empty() {
        let mark = service.get(key).map_or(Mark::NONE, |node| node.mark);
        service.insert(key.to_owned(), Node::new(Value::Map(below), mark));
    }
}

fn env_files(
    files: &Node,
    lookup: &dyn Fn(&str) -> Option<String>,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Fields {
    let mut values = IndexMap::new();
    let mut marks = IndexMap::new();
    for file in files.as_list().unwrap_or_default() {
        let Some(node) = file.get("path") else {
            continue;
        };
        let path = node.as_text().unwrap_or_default();
        let optional = matches!(
            file.get("required").map(|n| &n.value),
            Some(Value::Bool(false))
        );
        let Some(text) = read_one(path, node.mark, "env_file", optional, scope, report) else {
            continue;
        };
        let format = file.get("format").and_then(Node::as_text).unwrap_or("");
        if !matches!(format, "" | "raw") {
            report.error(
                "invalid-value",
                file.mark,
                format!("unknown format `{format}` of an `env_file`"),
                Some("`raw` is known; without a format, quotes and variables are read".to_owned()),
            );
        } else if format == "raw" {
            if let Err(error) = dotenv::read_raw_env_file(&text, &mut values, lookup) {
                bad(path, &error, node.mark, report);
            }
        } else if let Err(error) = dotenv::read_env_file(&text, &mut values, lookup) {
            bad(path, &error, node.mark, report);
        }
        for name in values.keys() {
            marks.entry(name.clone()).or_insert(node.mark);
        }
    }
    let place = |name: &str| marks.get(name).copied().unwrap_or(Mark::NONE);
    values
        .into_iter()
        .map(|(name, value)| (name.clone(), Node::text(value, place(&name))))
        .collect()
}

fn read_one(
    path: &str,
    mark: Mark,
    key: &str,
    optional: bool,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<String> {
    match scope.reader.read(&scope.directory.join(path)) {
        Ok(text) => Some(text),
        Err(error) if optional && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            let hint = (key == "env_file").then(|| {
                "create it, or write `{path: …, required: false}` when it may be missing".to_owned()
            });
            report.error(
                "file-not-read",
                mark,
                format!("`{key}` cannot read {path}: {error}"),
                hint,
            );
            None
        }
    }
}
