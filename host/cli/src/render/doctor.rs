//! What `sinops doctor` found: text like a compiler's, JSON, SARIF.

mod sarif;

pub(crate) use sarif::sarif;

use crate::commands::doctor::{Asked, Finding, Findings, line_and_column};
use crate::problem::Problem;
use crate::render::{diagnosis, text};
use crate::terminal::Page;
use serde_json::{Value, json};
use sinops_core::notification::Severity;
use sinops_core::secrecy::is_telling;
use std::path::Path;

/// A path as the user would write it.
pub(crate) type Shown<'a> = &'a dyn Fn(&Path) -> String;

/// All findings, one after the other.
pub(crate) fn text(findings: &Findings, shown: Shown<'_>, page: Page) -> String {
    let texts: Vec<String> = findings
        .iter()
        .map(|finding| {
            let problem = match finding.severity {
                Severity::Critical => Problem::error(&finding.message),
                Severity::Warning => Problem::warning(&finding.message),
                Severity::Info => Problem::advice(&finding.message),
            };
            let problem = problem
                .code(&finding.code)
                .maybe_help(finding.help.clone())
                .found_by(&finding.found_by);
            let problem = match &finding.place {
                Some((file, bytes)) => match findings.text(file) {
                    Some(content) => problem.at(&shown(file), &masked(content), bytes.clone(), ""),
                    None => problem,
                },
                None => problem,
            };
            diagnosis::problems(&[problem], page)
        })
        .collect();
    // Each begins with its code: without a blank line it would seem to end the one before.
    texts.join("\n\n")
}

/// How many there are, and what validators said.
pub(crate) fn sum(findings: &Findings, asked: &[Asked]) -> String {
    let number = |severity, one: &str| match findings.count(severity) {
        0 => None,
        found => Some(text::count(found, one)),
    };
    let parts: Vec<String> = [
        number(Severity::Critical, "error"),
        number(Severity::Warning, "warning"),
        number(Severity::Info, "note"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mends = findings.iter().filter(|it| !it.edits.is_empty()).count();
    let files = text::count(findings.texts().count(), "file");
    let mut lines = vec![if parts.is_empty() {
        format!("nothing found in {files}")
    } else {
        format!("{} in {files}", parts.join(", "))
    }];
    if mends > 0 {
        lines.push(format!(
            "`--fix` writes a copy in which {mends} of them are mended"
        ));
    }
    for tool in asked {
        lines.push(match tool.refused {
            0 => format!("{} takes {}", tool.program, text::count(tool.files, "file")),
            refused => format!(
                "{} refuses {refused} of {}",
                tool.program,
                text::count(tool.files, "file")
            ),
        });
    }
    lines.join("\n")
}

/// Values of variables whose names tell of a secret, overwritten: a line that is
/// shown must not show them. No byte moves.
pub(crate) fn masked(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    for line in content.split_inclusive('\n') {
        match secret_value(line) {
            Some(at) => {
                let (kept, value) = line.split_at(at);
                out.push_str(kept);
                for character in value.chars() {
                    if character.is_whitespace() || matches!(character, '"' | '\'') {
                        out.push(character);
                    } else {
                        out.extend(std::iter::repeat_n('*', character.len_utf8()));
                    }
                }
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Where the value of a telling name begins on a line.
fn secret_value(line: &str) -> Option<usize> {
    let name = line
        .trim_start()
        .trim_start_matches("- ")
        .trim_start_matches(['"', '\'']);
    let length = name.find(|it: char| !(it.is_alphanumeric() || matches!(it, '_' | '-' | '.')))?;
    let word = name.get(..length)?;
    let rest = name.get(length..)?.trim_start_matches(['"', '\'']);
    let value = rest.strip_prefix([':', '='])?.trim_start();
    // A reference is no secret, and neither is the name of a file.
    let plain = value.trim_start_matches(['"', '\'']);
    let shows = plain.is_empty()
        || plain.starts_with('$') && !plain.contains(":-")
        || plain.starts_with('#');
    (is_telling(word) && !shows).then(|| line.len() - value.len())
}

/// One document.
pub(crate) fn json(findings: &Findings, shown: Shown<'_>) -> String {
    let list: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "severity": severity(finding),
                "code": finding.code,
                "message": finding.message,
                "help": finding.help,
                "found-by": finding.found_by,
                "place": place(findings, finding, shown),
                "edits": finding.edits.iter().map(|edit| json!({
                    "file": shown(&edit.file),
                    "start": edit.bytes.start,
                    "end": edit.bytes.end,
                    "replacement": edit.replacement,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let document = json!({
        "findings": list,
        "files": findings.texts().count(),
        "critical": findings.count(Severity::Critical),
        "warnings": findings.count(Severity::Warning),
        "notes": findings.count(Severity::Info),
    });
    format!("{document:#}")
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn place(findings: &Findings, finding: &Finding, shown: Shown<'_>) -> Value {
    let Some((file, bytes)) = &finding.place else {
        return Value::Null;
    };
    let content = findings.text(file).unwrap_or_default();
    let (line, column) = line_and_column(content, bytes.start);
    let (end_line, end_column) = line_and_column(content, bytes.end);
    json!({
        "file": shown(file),
        "line": line,
        "column": column,
        "end-line": end_line,
        "end-column": end_column,
    })
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn values_of_secrets_are_overwritten_in_place() {
        let text = "a:\n  - DB_PASSWORD=geheim-ü x\n  API_KEY: \"k\"\n  PASSWORD: ${P}\n  TOKEN_FILE: /x\n  name: n\n  TOKEN=${T:-abc}\n";
        let shown = masked(text);
        assert_eq!(shown.len(), text.len());
        assert_eq!(
            shown,
            "a:\n  - DB_PASSWORD=********* *\n  API_KEY: \"*\"\n  PASSWORD: ${P}\n  TOKEN_FILE: /x\n  name: n\n  TOKEN=*********\n"
        );
    }
}
