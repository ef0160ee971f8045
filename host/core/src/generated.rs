//! Generated files, and what people did to them since.
//!
//! The [`Ledger`] holds a digest of every file as it was written. A file that no longer
//! has its digest was changed by somebody and must not be overwritten silently. What
//! stands in kept sections is theirs by agreement and counts for nothing here: generators
//! carry it over.

use crate::action::{Operation, Problem};
use crate::notification::Severity;
use crate::plan::{PlannedAction, StepProblem};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Name of the ledger, in the folder of the generated files.
pub const LEDGER: &str = ".sinops-generated.json";

/// What sinops wrote below a folder: digests by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Ledger {
    files: BTreeMap<String, String>,
}

/// Why a file is not sinops' own any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Touched {
    /// It was written by sinops and changed since.
    Edited,
    /// It was there before sinops wrote to this place, or the ledger is gone.
    Foreign,
}

impl Ledger {
    /// Reads its text. Of one that cannot be read nothing is known: then every file counts
    /// as somebody else's, and nothing is lost.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Notes what was written.
    pub fn note(&mut self, path: &str, content: &str) {
        self.files.insert(path.to_owned(), digest(content));
    }

    /// What it says of a file.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    /// Makes it say again what it said of a file; none: nothing.
    pub fn set(&mut self, path: &str, entry: Option<String>) {
        match entry {
            Some(entry) => self.files.insert(path.to_owned(), entry),
            None => self.files.remove(path),
        };
    }

    /// Paths of the files, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a file that holds `content` was touched by somebody else.
    #[must_use]
    pub fn touched(&self, path: &str, content: &str) -> Option<Touched> {
        match self.files.get(path) {
            None => Some(Touched::Foreign),
            Some(known) => (*known != digest(content)).then_some(Touched::Edited),
        }
    }
}

impl Touched {
    /// In words, before the path.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Edited => "overwrites your edit of",
            Self::Foreign => "overwrites a file that sinops did not write:",
        }
    }
}

/// A file that somebody else has written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedFile {
    /// Below the folder of the generated files.
    pub path: String,
    /// As it is.
    pub content: String,
    /// Why it is not sinops' own.
    pub touched: Touched,
}

/// A problem for each action that would overwrite what a person wrote: critical, or a
/// warning where the operator agreed to it.
#[must_use]
pub fn overwritten(
    actions: &[PlannedAction],
    touched: &[TouchedFile],
    agreed: bool,
) -> Vec<StepProblem> {
    let writes = actions
        .iter()
        .filter_map(|planned| match &planned.action.operation {
            Operation::WriteFile { path, content } => Some((planned, path, content)),
            _ => None,
        });
    let severity = if agreed {
        Severity::Warning
    } else {
        Severity::Critical
    };
    writes
        .filter_map(|(planned, path, content)| {
            let file = touched.iter().find(|file| file.path == *path)?;
            (file.content != *content).then(|| StepProblem {
                step: planned.step.clone(),
                problem: Problem {
                    code: None,
                    place: None,
                    edits: Vec::new(),
                    severity,
                    service: None,
                    message: format!("{} {path}", file.touched.words()),
                    hint: (!agreed).then(|| HINT.to_owned()),
                    path: Vec::new(),
                },
            })
        })
        .collect()
}

const HINT: &str = "look at it with `sinops generate --diff`; put what you added between lines \
    `# sinops:keep begin NAME` and `# sinops:keep end`, delete the file to have it written anew, \
    or set `output: { overwrite: true }` in sinops.yaml";

/// Of everything but the text in kept sections.
fn digest(content: &str) -> String {
    let mut hash = Sha256::new();
    let mut kept = false;
    for line in content.split_inclusive('\n') {
        match marker(line) {
            Some(Marker::Begin) => kept = true,
            Some(Marker::End) => kept = false,
            None if !kept => hash.update(line),
            None => {}
        }
    }
    let hash = hash.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Begin,
    End,
}

/// `# sinops:keep begin NAME` or `# sinops:keep end`; `//` where that begins a comment.
fn marker(line: &str) -> Option<Marker> {
    let line = line.trim();
    let comment = line.strip_prefix('#').or_else(|| line.strip_prefix("//"))?;
    match comment.trim_start().strip_prefix("sinops:keep ")?.trim() {
        "end" => Some(Marker::End),
        begin => (begin.split_whitespace().next() == Some("begin")).then_some(Marker::Begin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;

    fn write(path: &str, content: &str) -> PlannedAction {
        PlannedAction {
            step: "writer".into(),
            action: Action {
                id: format!("write:{path}"),
                operation: Operation::WriteFile {
                    path: path.into(),
                    content: content.into(),
                },
                service: None,
                tier: None,
                cause: String::new(),
                changes: Vec::new(),
                after: Vec::new(),
            },
            waits_for: Vec::new(),
            undo: "",
        }
    }

    fn file(path: &str, content: &str, touched: Touched) -> TouchedFile {
        TouchedFile {
            path: path.into(),
            content: content.into(),
            touched,
        }
    }

    #[test]
    fn an_edit_is_told_from_what_was_written() {
        let mut ledger = Ledger::default();
        ledger.note("a", "one\n");
        let ledger = Ledger::parse(&ledger.text());
        assert_eq!(ledger.touched("a", "one\n"), None);
        assert_eq!(ledger.touched("a", "two\n"), Some(Touched::Edited));
        assert_eq!(ledger.touched("b", "one\n"), Some(Touched::Foreign));
        assert_eq!(
            Ledger::parse("broken").touched("a", "one\n"),
            Some(Touched::Foreign)
        );
    }

    #[test]
    fn kept_sections_are_no_edit() {
        let mut ledger = Ledger::default();
        ledger.note("a", "one\ntwo\n");
        for comment in ["#", "//", "  # "] {
            let kept = format!(
                "one\n{comment} sinops:keep begin mine\nx: 1\n{comment} sinops:keep end\ntwo\n"
            );
            assert_eq!(ledger.touched("a", &kept), None, "{kept}");
        }
        let other = "one\n# sinops:keeper begin\ntwo\n";
        assert_eq!(ledger.touched("a", other), Some(Touched::Edited));
    }

    #[test]
    fn only_what_would_be_lost_is_a_problem() {
        let touched = [
            file("edited", "mine", Touched::Edited),
            file("same", "new", Touched::Edited),
            file("foreign", "mine", Touched::Foreign),
        ];
        let actions: Vec<PlannedAction> = ["ours", "edited", "same", "foreign"]
            .map(|path| write(path, "new"))
            .to_vec();
        let found = overwritten(&actions, &touched, false);
        let said: Vec<&str> = found.iter().map(|it| it.problem.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "overwrites your edit of edited",
                "overwrites a file that sinops did not write: foreign"
            ]
        );
        assert!(
            found
                .iter()
                .all(|it| it.problem.severity == Severity::Critical)
        );
        let agreed = overwritten(&actions, &touched, true);
        assert!(
            agreed
                .iter()
                .all(|it| it.problem.severity == Severity::Warning)
        );
    }
}
