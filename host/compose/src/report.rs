//! Collects what a load has to say, and turns marks into locations.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, LoadError, Location, Severity};
use crate::source::SourceFile;
use crate::tree::{Mark, Node, Value};

/// How many errors, and how many warnings, are kept.
const MAX_OF_A_KIND: usize = 100;

/// The files read so far, by the index that marks carry.
#[derive(Debug, Default)]
pub(crate) struct Sources(pub(crate) Vec<SourceFile>);

impl Sources {
    /// Adds a file and returns its index.
    pub(crate) fn add(&mut self, path: PathBuf, text: String) -> u32 {
        self.0.push(SourceFile { path, text });
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn path(&self, file: u32) -> Option<&Path> {
        self.0
            .get(file as usize)
            .map(|source| source.path.as_path())
    }

    pub(crate) fn location(&self, mark: Mark) -> Option<Location> {
        let file = self.path(mark.file)?.to_owned();
        Some(Location {
            file,
            line: mark.line,
            column: mark.column,
            offset: mark.offset as usize,
            length: mark.length as usize,
        })
    }
}

/// The diagnostics of one load.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    /// What templates and ranges came to so far: a short file can mean a lot.
    pub(crate) filled_bytes: usize,
    pub(crate) ports: usize,
    /// Errors that count if the node with their number stays.
    postponed: Vec<Diagnostic>,
    /// Variables without a value: where first seen.
    pub(crate) unset: IndexMap<String, Mark>,
}

impl Report {
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        mark: Mark,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Severity::Error, code, mark, message.into(), hint);
    }

    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        mark: Mark,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.push(Severity::Warning, code, mark, message.into(), hint);
    }

    /// Keeps an error for [`report_postponed`](Self::report_postponed); its number goes
    /// to the node.
    pub(crate) fn postpone(
        &mut self,
        code: &'static str,
        mark: Mark,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Option<u32> {
        let number = u32::try_from(self.postponed.len()).ok();
        self.postponed.push(Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            hint,
            location: self.sources.location(mark),
        });
        number
    }

    /// Reports what is wrong with the nodes below `node`, now that nothing can replace
    /// them any more.
    pub(crate) fn report_postponed(&mut self, node: &Node) {
        if let Some(kept) = node
            .wrong
            .and_then(|number| self.postponed.get(number as usize))
        {
            self.keep(kept.clone());
        }
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.report_postponed(item)),
            Value::Map(fields) => fields.values().for_each(|item| self.report_postponed(item)),
            _ => {}
        }
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        mark: Mark,
        message: String,
        hint: Option<String>,
    ) {
        if self.is_full(severity) {
            return;
        }
        let location = self.sources.location(mark);
        self.keep(Diagnostic {
            severity,
            code,
            message,
            hint,
            location,
        });
    }

    fn keep(&mut self, diagnostic: Diagnostic) {
        if self.is_full(diagnostic.severity) {
            return;
        }
        // One anchor used in twenty places is one mistake.
        if !self.diagnostics.contains(&diagnostic) {
            let kept = self.kept_mut(diagnostic.severity);
            *kept += 1;
            self.diagnostics.push(diagnostic);
        }
    }

    /// Nobody reads more than so many, and a broken file can have thousands.
    fn is_full(&mut self, severity: Severity) -> bool {
        *self.kept_mut(severity) >= MAX_OF_A_KIND
    }

    fn kept_mut(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// One warning per variable that had no value.
    pub(crate) fn report_unset(&mut self) {
        for (name, mark) in std::mem::take(&mut self.unset) {
            self.warning(
                "unset-variable",
                mark,
                format!("the variable `{name}` is not set; an empty string is used"),
                Some(format!(
                    "set it in the environment or in `.env`, or write `${{{name}:-default}}`"
                )),
            );
        }
    }

    pub(crate) fn into_error(mut self) -> LoadError {
        self.report_unset();
        self.diagnostics
            .sort_by_key(|d| d.severity == Severity::Warning);
        LoadError {
            diagnostics: self.diagnostics,
            sources: self.sources.0,
        }
    }
}

/// The candidate that `word` was probably meant to be.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?`, when something is near enough.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}
