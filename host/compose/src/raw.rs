//! The files merged with their `${…}` as they are written: `config --no-interpolate`.
//!
//! Values with templates cannot be typed, so this is not the canonical project but the
//! tree in between, as docker compose has it: mappings and lists stay what they were
//! unless files are merged, and only short forms that can be read are spelled out. Its
//! rules are compose's own, table by table; checking is left to [`Shaper`] and
//! [`check`](crate::check), which let every text pass where a text may stand.

mod canonical;
mod extends;
mod merge;
mod normal;

use std::path::Path;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, LoadError};
use crate::layers::{ParsedFile, Scope, included_files};
use crate::load;
use crate::report::Report;
use crate::schema::ROOT;
use crate::shape::Shaper;
use crate::source::{LoadRequest, SourceFile};
use crate::tree::{Fields, Node, Tag, Value};
use crate::{check, paths, validate};

/// The merged files before anything is filled in.
#[derive(Debug)]
pub struct RawModel {
    /// The tree, keys in alphabetical order.
    pub value: Json,
    /// What is worth a look but does not stand in the way.
    pub warnings: Vec<Diagnostic>,
    /// The files that were read.
    pub sources: Vec<SourceFile>,
}

/// Merges the files of `request` without filling anything in. Its environment and its
/// profiles play no part, as in docker compose.
///
/// # Errors
/// All problems that were found, each with its place; at least one is an error.
pub fn load_raw(request: LoadRequest<'_>) -> Result<RawModel, LoadError> {
    let mut report = Report::default();
    match build(request, &mut report) {
        Some(tree) if !report.has_errors() => Ok(RawModel {
            value: sorted(&tree, &mut Vec::new()),
            warnings: report.diagnostics,
            sources: report.sources.0,
        }),
        _ => Err(report.into_error()),
    }
}

fn build(request: LoadRequest<'_>, report: &mut Report) -> Option<Node> {
    let mut start = load::start(request, false, report)?;
    // Compose has forgotten the rest of the environment at this place.
    let own = ("COMPOSE_PROJECT_NAME".to_owned(), start.name.clone());
    start.scope.environment = IndexMap::from_iter([own]);
    let mut tree = merged(start.files, &start.scope, report)?;
    if tree.as_map().is_none_or(Fields::is_empty) {
        load::nothing(report);
        return None;
    }
    normal::defaults(&mut tree);
    addresses(&tree, report);
    validate::objects(&tree, report);
    if !start.scope.skip.paths {
        paths::absolute(
            &mut tree,
            &start.scope.directory,
            start.scope.home.as_deref(),
        );
    }
    normal::listed(&mut tree, &start.scope.environment);
    if !start.scope.skip.normalization {
        normal::project(&mut tree, &start.name, &start.scope.environment);
    }
    Some(tree)
}

/// One over the other, each checked as far as it goes.
fn merged(files: Vec<ParsedFile>, scope: &Scope<'_>, report: &mut Report) -> Option<Node> {
    let mut project = crate::merge::empty();
    for file in files {
        for mut document in file.documents {
            if document.as_map().is_none() {
                crate::layers::no_mapping(&document, report);
                return None;
            }
            let resets = Resets::take(&mut document);
            extends::apply(&mut document, &file.path, &resets, scope, report);
            resets.apply(&mut project, &mut Vec::new());
            include(&mut document, &file.path, scope, report);
            merge::merge(&mut project, document, &mut Vec::new(), report);
            merge::unique(&mut project, &mut Vec::new());
            verify(&project, report);
            if report.has_errors() {
                return None;
            }
            if let Some(fields) = project.as_map_mut() {
                fields.shift_remove("version");
            }
            canonical::spell_out(&mut project, &mut Vec::new());
            merge::unique(&mut project, &mut Vec::new());
        }
    }
    Some(project)
}

/// An address has to be one: nothing fills it in any more.
fn addresses(project: &Node, report: &mut Report) {
    let services = project.get("services").and_then(Node::as_map);
    let ports = services
        .into_iter()
        .flat_map(Fields::values)
        .filter_map(|service| service.get("ports")?.as_list())
        .flatten();
    for address in ports.filter_map(|port| port.get("host_ip")) {
        let text = address.as_text().unwrap_or_default();
        if text.parse::<std::net::IpAddr>().is_err() {
            report.error(
                "invalid-value",
                address.mark,
                format!("`{text}` is not an IP address"),
                Some("write for example `127.0.0.1` or `::1`".to_owned()),
            );
        }
    }
}

/// Whether every key is known and every value of a kind that may stand there.
fn verify(project: &Node, report: &mut Report) {
    let shaped = Shaper::of_templates(report).shape(project.clone(), &ROOT);
    if let Some(shaped) = shaped {
        check::check(&shaped, &ROOT, &mut Vec::new(), report);
    }
}

fn include(document: &mut Node, path: &Path, scope: &Scope<'_>, report: &mut Report) {
    let Some(includes) = document
        .as_map_mut()
        .and_then(|fields| fields.shift_remove("include"))
    else {
        return;
    };
    let includes = Shaper::of_templates(report).shape(includes, &crate::schema::INCLUDE);
    for entry in includes.iter().filter_map(Node::as_list).flatten() {
        let Some((files, base, inner)) = included_files(entry, path, scope, report) else {
            continue;
        };
        let Some(mut project) = merged(files, &inner, report) else {
            continue;
        };
        normal::defaults(&mut project);
        normal::listed(&mut project, &inner.environment);
        paths::absolute(&mut project, &base, inner.home.as_deref());
        crate::layers::import(document, project, report);
    }
}

/// Places that `!reset` and `!override` name in what they are laid over.
#[derive(Clone)]
struct Resets(Vec<Vec<String>>);

impl Resets {
    /// Takes the tags, and what `!reset` marks, out of a document.
    fn take(document: &mut Node) -> Self {
        let mut found = Vec::new();
        walk(document, &mut Vec::new(), &mut found);
        Self(found)
    }

    /// Takes the places away from `target`, which stands at `path`.
    fn apply(&self, target: &mut Node, path: &mut Vec<String>) {
        if self.0.is_empty() {
            return;
        }
        match &mut target.value {
            Value::Map(fields) => {
                fields.retain(|key, _| {
                    !self
                        .0
                        .iter()
                        .any(|place| place.split_last() == Some((key, path.as_slice())))
                });
                for (key, field) in fields {
                    path.push(key.clone());
                    self.apply(field, path);
                    path.pop();
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(format!("[{index}]"));
                    self.apply(item, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

fn walk(node: &mut Node, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut tagged = |node: &mut Node, path: &[String]| {
        if node.tag != Tag::None {
            found.push(path.to_vec());
        }
        let kept = node.tag != Tag::Reset;
        node.tag = Tag::None;
        kept
    };
    match &mut node.value {
        Value::Map(fields) => {
            fields.retain(|key, field| {
                path.push(key.clone());
                let kept = tagged(field, path);
                path.pop();
                kept
            });
            for (key, field) in fields {
                path.push(key.clone());
                walk(field, path, found);
                path.pop();
            }
        }
        Value::List(items) => {
            items.retain(|item| item.tag != Tag::Reset);
            for item in items {
                item.tag = Tag::None;
                path.push("-".to_owned());
                walk(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether `path` fits a pattern like `services.*.environment`.
fn fits(path: &[String], pattern: &str) -> bool {
    let mut parts = pattern.split('.');
    path.iter().all(|key| {
        parts
            .next()
            .is_some_and(|part| part == "*" || part == key.as_str())
    }) && parts.next().is_none()
}

/// Keys in order. An empty list is nothing, unless its items are told apart: compose has
/// made those lists anew.
fn sorted(node: &Node, path: &mut Vec<String>) -> Json {
    match &node.value {
        Value::Map(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            let mut entries = serde_json::Map::with_capacity(keys.len());
            for (key, field) in keys.into_iter().filter_map(|key| fields.get_key_value(key)) {
                path.push(key.clone());
                entries.insert(key.clone(), sorted(field, path));
                path.pop();
            }
            Json::Object(entries)
        }
        Value::List(items) if items.is_empty() && !merge::is_unique(path) => Json::Null,
        Value::List(items) => {
            path.push("-".to_owned());
            let items = items.iter().map(|item| sorted(item, path)).collect();
            path.pop();
            Json::Array(items)
        }
        _ => node.to_json(),
    }
}
