//! One form for all that is found: by steps, by the reader of compose files and
//! by validators.

use indexmap::IndexMap;
use sinops_compose::{Diagnostic, Origins, SourceFile};
use sinops_core::notification::Severity;
use sinops_core::plan::StepProblem;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// `prometheus/unknown-field`.
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Instance name of the step, or the validator.
    pub(crate) found_by: String,
    pub(crate) place: Option<(PathBuf, Range<usize>)>,
    /// What mends it, all together.
    pub(crate) edits: Vec<Edit>,
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) file: PathBuf,
    pub(crate) bytes: Range<usize>,
    pub(crate) replacement: String,
}

/// All of them, with the texts that they point into.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    texts: IndexMap<PathBuf, String>,
}

/// Line and column of an offset, both from 1, in characters.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |it| it.chars().count())
        + 1;
    (line, column)
}

impl Findings {
    /// A text that findings point into.
    pub(crate) fn add_text(&mut self, path: PathBuf, content: String) {
        self.texts.insert(path, content);
    }

    pub(crate) fn text(&self, path: &Path) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// All texts that were looked at.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.texts
            .iter()
            .map(|(path, text)| (path.as_path(), text.as_str()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.iter().filter(|it| it.severity == severity).count()
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        if !self.list.contains(&finding) {
            self.list.push(finding);
        }
    }

    /// What a step found; its places are relative to `directory`.
    pub(crate) fn add_step(
        &mut self,
        directory: &Path,
        origins: Option<&Origins>,
        StepProblem { step, problem }: StepProblem,
    ) {
        let file = |name: &str| directory.join(name);
        let place = match problem.place {
            Some(place) => Some((file(&place.file), place.start..place.end)),
            None => {
                let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
                origins
                    .filter(|_| !path.is_empty())
                    .and_then(|it| it.locate(&path))
                    .map(|it| (it.file, it.offset..it.offset + it.length))
            }
        };
        let code = problem
            .code
            .unwrap_or_else(|| step.strip_prefix("doctor-").unwrap_or(&step).to_owned());
        let message = match problem.service {
            Some(service) => format!("{service}: {}", problem.message),
            None => problem.message,
        };
        let edits = problem.edits.into_iter();
        self.add(Finding {
            severity: problem.severity,
            code,
            message,
            help: problem.hint,
            found_by: step,
            place,
            edits: edits
                .map(|edit| Edit {
                    file: file(&edit.place.file),
                    bytes: edit.place.start..edit.place.end,
                    replacement: edit.replacement,
                })
                .collect(),
        });
    }

    /// What the reader of compose files says. Variables that are not set become
    /// one finding a file: there may be dozens.
    pub(crate) fn add_compose(&mut self, diagnostics: &[Diagnostic], sources: &[SourceFile]) {
        for source in sources {
            self.texts
                .entry(source.path.clone())
                .or_insert_with(|| source.text.clone());
        }
        let mut unset: IndexMap<PathBuf, (Range<usize>, Vec<String>)> = IndexMap::new();
        for diagnostic in diagnostics {
            let place = diagnostic
                .location
                .as_ref()
                .map(|it| (it.file.clone(), it.offset..it.offset + it.length));
            if diagnostic.code == "unset-variable"
                && diagnostic.severity == sinops_compose::Severity::Warning
                && let Some((file, bytes)) = &place
            {
                let name = diagnostic.message.split('`').nth(1).unwrap_or_default();
                let entry = unset
                    .entry(file.clone())
                    .or_insert_with(|| (bytes.clone(), Vec::new()));
                if !entry.1.iter().any(|it| it == name) {
                    entry.1.push(name.to_owned());
                }
                continue;
            }
            self.add(Finding {
                severity: match diagnostic.severity {
                    sinops_compose::Severity::Error => Severity::Critical,
                    sinops_compose::Severity::Warning => Severity::Warning,
                },
                code: format!("compose/{}", diagnostic.code),
                message: diagnostic.message.clone(),
                help: diagnostic.hint.clone(),
                found_by: "compose".to_owned(),
                place,
                edits: Vec::new(),
            });
        }
        for (file, (bytes, names)) in unset {
            self.add(Finding {
                severity: Severity::Info,
                code: "compose/unset-variable".to_owned(),
                message: format!(
                    "variables without a value here, empty strings are used: {}",
                    names.join(", ")
                ),
                help: Some(
                    "set them in the environment or in .env, or write ${NAME:?} to be told"
                        .to_owned(),
                ),
                found_by: "compose".to_owned(),
                place: Some((file, bytes)),
                edits: Vec::new(),
            });
        }
    }

    /// Leaves codes out.
    pub(crate) fn allow(&mut self, codes: &[String]) {
        self.list.retain(|it| !codes.contains(&it.code));
    }

    /// By file and place; what has none comes first.
    pub(crate) fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            let key = |it: &Finding| it.place.as_ref().map(|(file, at)| (file.clone(), at.start));
            key(a).cmp(&key(b)).then(b.severity.cmp(&a.severity))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::line_and_column;

    #[test]
    fn columns_are_characters() {
        assert_eq!(line_and_column("ab\nüx: 1\n", 5), (2, 2));
        assert_eq!(line_and_column("ab", 0), (1, 1));
        assert_eq!(line_and_column("ab", 99), (1, 3));
    }
}
