//! SARIF 2.1.0, for forges and editors.

use super::Shown;
use crate::commands::doctor::{Finding, Findings, line_and_column};
use indexmap::IndexMap;
use serde_json::{Value, json};
use sinops_core::notification::Severity;

/// One log with one run.
pub(crate) fn sarif(findings: &Findings, shown: Shown<'_>) -> String {
    // Each code is a rule; a result points to it by its position.
    let mut rules: IndexMap<&str, Severity> = IndexMap::new();
    for finding in findings.iter() {
        let level = rules.entry(&finding.code).or_insert(finding.severity);
        *level = (*level).max(finding.severity);
    }
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(findings, finding, &rules, shown))
        .collect();
    let rules: Vec<Value> = rules
        .iter()
        .map(|(code, severity)| {
            json!({
                "id": code,
                "shortDescription": { "text": code.replace(['/', '-'], " ") },
                "defaultConfiguration": { "level": level(*severity) },
            })
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "sinops doctor",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(
    findings: &Findings,
    finding: &Finding,
    rules: &IndexMap<&str, Severity>,
    shown: Shown<'_>,
) -> Value {
    let message = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rules.get_index_of(finding.code.as_str()),
        "level": level(finding.severity),
        "message": { "text": message },
        "locations": [],
    });
    let Some(object) = result.as_object_mut() else {
        return result;
    };
    if let Some((file, bytes)) = &finding.place {
        let region = region(findings.text(file).unwrap_or_default(), bytes);
        object.insert(
            "locations".to_owned(),
            json!([{ "physicalLocation": {
                "artifactLocation": { "uri": uri(&shown(file)) },
                "region": region,
            } }]),
        );
    }
    if !finding.edits.is_empty() {
        let mut changes: IndexMap<String, Vec<Value>> = IndexMap::new();
        for edit in &finding.edits {
            let text = findings.text(&edit.file).unwrap_or_default();
            changes
                .entry(uri(&shown(&edit.file)))
                .or_default()
                .push(json!({
                    "deletedRegion": region(text, &edit.bytes),
                    "insertedContent": { "text": edit.replacement },
                }));
        }
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(uri, replacements)| {
                json!({ "artifactLocation": { "uri": uri }, "replacements": replacements })
            })
            .collect();
        object.insert(
            "fixes".to_owned(),
            json!([{
                "description": { "text": finding.help.clone().unwrap_or_else(|| "mend it".to_owned()) },
                "artifactChanges": changes,
            }]),
        );
    }
    result
}

fn region(text: &str, bytes: &std::ops::Range<usize>) -> Value {
    let (line, column) = line_and_column(text, bytes.start);
    let (end_line, end_column) = line_and_column(text, bytes.end);
    json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// A path as a reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.starts_with('/') {
        format!("file://{out}")
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/ü.yml"), "a%20b/%C3%BC.yml");
        assert_eq!(uri("/x/y.yml"), "file:///x/y.yml");
    }
}
