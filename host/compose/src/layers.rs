//! The files of one project, one over the other, as a single canonical tree.
//!
//! Per file: parse, interpolate, bring into canonical form, extend, include;
//! then merge over what the earlier files said.

pub(crate) mod extends;
mod include;

pub(crate) use include::{import, included_files};

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::interpolate::interpolate;
use crate::merge::{empty, merge, settle, spell_out};
use crate::report::Report;
use crate::schema::ROOT;
use crate::shape::Shaper;
use crate::source::{Files, Skip, SourceFile};
use crate::tree::{Fields, Mark, Node, Value};
use crate::yaml;

/// What every file of one layer stack is read with.
pub(crate) struct Scope<'a> {
    /// Relative paths start here.
    pub(crate) directory: PathBuf,
    /// The folder of the project that was asked for, which includes the others.
    pub(crate) root: PathBuf,
    pub(crate) environment: IndexMap<String, String>,
    /// Where `~` leads.
    pub(crate) home: Option<String>,
    pub(crate) reader: &'a dyn Files,
    pub(crate) skip: Skip,
    /// The files that led here through `include`, to find cycles.
    pub(crate) including: Vec<PathBuf>,
}

impl Scope<'_> {
    /// Where the relative paths of a file in `directory` start.
    pub(crate) fn base(&self, directory: &Path) -> PathBuf {
        if self.skip.paths {
            crate::paths::relative(directory, &self.root)
        } else {
            directory.to_path_buf()
        }
    }
}

/// A file in documents, before anything is filled in.
pub(crate) struct ParsedFile {
    pub(crate) path: PathBuf,
    pub(crate) documents: Vec<Node>,
}

/// Reads the texts of `files` as YAML.
pub(crate) fn parse(files: Vec<SourceFile>, report: &mut Report) -> Vec<ParsedFile> {
    let parsed = files.into_iter().map(|SourceFile { path, text }| {
        let index = report.sources.add(path.clone(), text.clone());
        let documents = yaml::parse(index, &text, report);
        ParsedFile { path, documents }
    });
    parsed.collect()
}

/// Merges `files` in their order.
pub(crate) fn load(files: Vec<ParsedFile>, scope: &Scope<'_>, report: &mut Report) -> Node {
    let mut project = empty();
    for file in files {
        for document in file.documents {
            if let Some(layer) = layer(document, &file.path, scope, report) {
                merge(&mut project, layer, &ROOT, report);
            }
            settle(&mut project);
            project
                .get_mut("services")
                .and_then(Node::as_map_mut)
                .into_iter()
                .flat_map(Fields::values_mut)
                .for_each(spell_out);
            crate::check::check(&project, &ROOT, &mut Vec::new(), report);
        }
    }
    project
}

/// Reports that a document holds something else.
pub(crate) fn no_mapping(document: &Node, report: &mut Report) {
    report.error(
        "not-a-compose-file",
        document.mark,
        format!("a compose file must be a mapping, not {}", document.kind()),
        Some("start it with `services:`".to_owned()),
    );
}

fn layer(mut document: Node, path: &Path, scope: &Scope<'_>, report: &mut Report) -> Option<Node> {
    interpolate(&mut document, &scope.environment, report);
    if document.as_map().is_none() {
        no_mapping(&document, report);
        return None;
    }
    if let Some(services) = document.get("services").filter(|node| node.is_null()) {
        report.error(
            "wrong-type",
            services.key,
            "`services` must be a mapping, not nothing",
            Some("name the services below it, or remove the key".to_owned()),
        );
        return None;
    }
    let mut layer = Shaper::new(report, &[]).shape(document, &ROOT)?;
    if let Value::Map(fields) = &mut layer.value
        && let Some(version) = fields.shift_remove("version")
    {
        report.warning(
            "obsolete-key",
            version.key,
            "the key `version` is obsolete and ignored",
            Some("remove it".to_owned()),
        );
    }
    extends::apply(&mut layer, path, scope, report);
    include::apply(&mut layer, path, scope, report);
    Some(layer)
}

/// The text of a file that `keyword` names at `mark`, with its path; none when that was
/// reported.
fn read(
    keyword: &str,
    (directory, file): (&Path, &str),
    mark: Mark,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<(PathBuf, String)> {
    let path = join(directory, file);
    match scope.reader.read(&path) {
        Ok(text) => Some((path, text)),
        Err(error) => {
            report.error(
                "file-not-read",
                mark,
                format!("`{keyword}` cannot read {}: {error}", path.display()),
                Some(format!("paths start at {}", directory.display())),
            );
            None
        }
    }
}

/// `path` below `directory`, without `.` and `..`.
pub(crate) fn join(directory: &Path, path: &str) -> PathBuf {
    crate::paths::clean(&directory.join(path))
}
