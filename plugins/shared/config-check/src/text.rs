//! One text that is looked at, and problems that point into it.

use crate::line;
use crate::yaml::{self, Entry, Node};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::{Place, Problem};
use std::ops::Range;

/// A text with its YAML, if it is some.
#[derive(Debug)]
pub struct Text<'p> {
    /// Relative to the project folder.
    pub path: &'p str,
    /// What it holds.
    pub content: &'p str,
    /// Its first document.
    pub root: Result<Node, yaml::SyntaxError>,
    /// Where something stands behind that document.
    pub behind: Option<usize>,
}

impl<'p> Text<'p> {
    /// Reads a text.
    #[must_use]
    pub fn new(path: &'p str, content: &'p str) -> Self {
        let (root, behind) = match yaml::parse(content) {
            Ok(document) => {
                let nothing = || Node {
                    value: yaml::Value::Map(Vec::new()),
                    span: 0..0,
                };
                (Ok(document.root.unwrap_or_else(nothing)), document.behind)
            }
            Err(error) => (Err(error), None),
        };
        Self {
            path,
            content,
            root,
            behind,
        }
    }

    /// The name without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// A stretch of this text.
    #[must_use]
    pub fn place(&self, bytes: Range<usize>) -> Place {
        Place::new(self.path, bytes)
    }

    /// A problem that points at these bytes: of several lines at the first.
    #[must_use]
    pub fn problem(
        &self,
        severity: Severity,
        code: &str,
        bytes: Range<usize>,
        message: impl Into<String>,
    ) -> Problem {
        let first = self
            .content
            .get(bytes.clone())
            .and_then(|it| it.find('\n'))
            .map_or(bytes.end, |at| bytes.start + at);
        Problem::new(severity, message)
            .code(code)
            .place(self.place(bytes.start..first))
    }

    /// The problem of a text that is no YAML, at these bytes.
    #[must_use]
    pub fn not_yaml(&self, code: &str, bytes: Range<usize>, reason: &str) -> Problem {
        let message = format!("this is not valid YAML: {reason}");
        self.problem(Severity::Critical, code, bytes, message)
            .hint("mend the indentation, the quotes or the bracket near here")
    }

    /// The problem of what stands behind the first document, if anything does.
    #[must_use]
    pub fn unread(&self, code: &str, program: &str) -> Option<Problem> {
        let at = self.behind?;
        let line = self.content.get(at..).unwrap_or_default();
        let length = line.find('\n').unwrap_or(line.len());
        let message = format!(
            "{program} reads the first document of a file only: nothing from here on counts"
        );
        Some(
            self.problem(Severity::Warning, code, at..at + length, message)
                .hint("mend the indentation, so that all of it is one document, or make two files of it"),
        )
    }

    /// What removes an entry of a mapping with its lines; none where that
    /// would leave an item of a list without anything.
    #[must_use]
    pub fn removal(&self, parent: &Node, entry: &Entry) -> Option<Range<usize>> {
        let span = entry.span();
        if let Some(lines) = line::whole(self.content, &span) {
            return Some(lines);
        }
        // `- key: …` goes on with the next key.
        let next = parent
            .entries()
            .iter()
            .map(|other| other.key.start)
            .filter(|&start| start > span.start)
            .min()?;
        let before = self
            .content
            .get(line::start(self.content, span.start)..span.start)?;
        let own_lines = before.trim_start().starts_with("- ") || before.trim() == "-";
        own_lines.then_some(span.start..next)
    }

    /// The same, as an edit of a problem that is mended so.
    #[must_use]
    pub fn remove(&self, problem: Problem, parent: &Node, entry: &Entry) -> Problem {
        match self.removal(parent, entry) {
            Some(bytes) => {
                let place = self.place(bytes);
                problem.edit(place, "")
            }
            None => problem,
        }
    }
}
