//! Something that the reader can mend: what, where, why, and what to do next.
//! One form for everything that sinops complains about.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::path::Path;

pub(crate) mod convert;

/// A diagnosis with, where it is known, the place in a file.
#[derive(Debug)]
pub(crate) struct Problem {
    severity: miette::Severity,
    message: String,
    code: Option<Box<str>>,
    found_by: Option<Box<str>>,
    help: Option<String>,
    source: Option<Box<NamedSource<String>>>,
    labels: Vec<LabeledSpan>,
}

impl Problem {
    /// An error.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(miette::Severity::Error, message)
    }

    /// A warning.
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self::new(miette::Severity::Warning, message)
    }

    /// Good to know.
    pub(crate) fn advice(message: impl Into<String>) -> Self {
        Self::new(miette::Severity::Advice, message)
    }

    /// The name of its kind.
    pub(crate) fn code(mut self, code: &str) -> Self {
        self.code = Some(printable(code).into());
        self
    }

    fn new(severity: miette::Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: printable(&message.into()),
            code: None,
            found_by: None,
            help: None,
            source: None,
            labels: Vec::new(),
        }
    }

    /// What to do next.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(printable(&help.into()));
        self
    }

    /// It stops what was asked for.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == miette::Severity::Error
    }

    /// Names the plugin that found it, for programs.
    pub(crate) fn found_by(mut self, plugin: &str) -> Self {
        self.found_by = Some(printable(plugin).into());
        self
    }

    /// What to do next, if it is known.
    pub(crate) fn maybe_help(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// The place, as a range of bytes of a file's text.
    pub(crate) fn at(mut self, file: &str, text: &str, span: Range<usize>, label: &str) -> Self {
        let end = span.end.min(text.len());
        let start = span.start.min(end);
        let source = NamedSource::new(file, text.to_owned()).with_language("yaml");
        self.source = Some(Box::new(source));
        let label = (!label.is_empty()).then(|| printable(label));
        self.labels
            .push(LabeledSpan::new(label, start, end - start));
        self
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let place = self
            .source
            .as_ref()
            .zip(self.labels.first())
            .map(|(source, label)| {
                let before = source.inner().get(..label.offset()).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                serde_json::json!({ "file": source.name(), "line": line })
            });
        serde_json::json!({
            "severity": match self.severity {
                miette::Severity::Error => "error",
                miette::Severity::Warning => "warning",
                miette::Severity::Advice => "advice",
            },
            "message": self.message,
            "found-by": self.found_by,
            "help": self.help,
            "place": place,
        })
    }

    /// The place, as line and column of a file's text (from 1), to the end of the word.
    pub(crate) fn at_column(self, file: &str, text: &str, line: usize, column: usize) -> Self {
        let whole = line_span(text, line);
        let start_of_line = text
            .get(..whole.start)
            .map_or(0, |it| it.rfind('\n').map_or(0, |at| at + 1));
        let rest = text.get(start_of_line..whole.end).unwrap_or_default();
        let skipped: usize = rest
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let start = start_of_line + skipped;
        let word = text.get(start..whole.end).unwrap_or_default();
        let length = word.find([':', ' ', ',', '}', ']']).unwrap_or(word.len());
        self.at(file, text, start..start + length, "")
    }

    /// Names files below `folder` relative to it, as the user does.
    pub(crate) fn relative_to(mut self, folder: &Path) -> Self {
        if let Some(source) = &self.source
            && let Ok(short) = Path::new(source.name()).strip_prefix(folder)
        {
            let short = short.display().to_string();
            let source = NamedSource::new(short, source.inner().clone()).with_language("yaml");
            self.source = Some(Box::new(source));
        }
        self
    }

    /// The place, as a line of a file's text (from 1).
    pub(crate) fn at_line(self, file: &str, text: &str, line: usize, label: &str) -> Self {
        let span = line_span(text, line);
        self.at(file, text, span, label)
    }
}

/// Bytes of a line without its indentation and end.
fn line_span(text: &str, line: usize) -> Range<usize> {
    let mut start = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            let trimmed = content.trim();
            let indent = content.len() - content.trim_start().len();
            return start + indent..start + indent + trimmed.len();
        }
        start += content.len();
    }
    text.len()..text.len()
}

/// The known word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Text from outside (files, containers, plugins) must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    if !text
        .chars()
        .any(|character| character.is_control() && character != '\n')
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\r' => {}
            control if control.is_control() => out.extend(control.escape_default()),
            other => out.push(other),
        }
    }
    out
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code
            .as_ref()
            .map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<_>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_obeyed() {
        assert_eq!(printable("a\u{1b}[2Jb\tc\r\n"), "a\\u{1b}[2Jb    c\n");
    }

    #[test]
    fn the_nearest_word_is_near() {
        assert_eq!(
            nearest("compse.yml", ["compose.yml", "other"]),
            Some("compose.yml")
        );
        assert_eq!(nearest("abc", ["xyz"]), None);
    }

    #[test]
    fn files_are_named_as_the_user_does() {
        let problem = Problem::error("x").at_column("/srv/app/a.yml", "a:\n  bad: 1\n", 2, 3);
        let problem = problem.relative_to(Path::new("/srv"));
        assert_eq!(
            problem.source.as_deref().map(NamedSource::name),
            Some("app/a.yml")
        );
        assert_eq!(
            (problem.labels[0].offset(), problem.labels[0].len()),
            (5, 3)
        );
    }

    #[test]
    fn a_line_is_found_without_its_indentation() {
        let text = "a: 1\n  b: 2\n";
        assert_eq!(&text[line_span(text, 2)], "b: 2");
        assert_eq!(line_span(text, 9), text.len()..text.len());
    }
}
