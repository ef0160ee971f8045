//! Something that the reader can mend: what, where, why, and what to do next.
//! One form for everything that sinops complains about.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;

/// A diagnosis with, where it is known, the place in a file.
#[derive(Debug)]
pub(crate) struct Problem {
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
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

    fn new(severity: miette::Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: printable(&message.into()),
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
        self.source = Some(NamedSource::new(file, text.to_owned()).with_language("yaml"));
        let label = (!label.is_empty()).then(|| printable(label));
        self.labels
            .push(LabeledSpan::new(label, start, end - start));
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

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
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
    fn a_line_is_found_without_its_indentation() {
        let text = "a: 1\n  b: 2\n";
        assert_eq!(&text[line_span(text, 2)], "b: 2");
        assert_eq!(line_span(text, 9), text.len()..text.len());
    }
}
