//! Alloy's file: brackets and quotes, components that are defined twice, and
//! references that lead nowhere.

use crate::found;
use sinops_config_check::Text;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeMap;

pub(crate) fn check(text: &Text<'_>, problems: &mut Vec<Problem>) {
    let content = text.content;
    let mut open: Vec<(char, usize)> = Vec::new();
    // Without comments and texts, byte for byte.
    let mut bare = String::with_capacity(content.len());
    let mut characters = content.char_indices().peekable();
    let blank = |out: &mut String, from: usize, to: usize| {
        out.extend(
            content
                .get(from..to)
                .unwrap_or_default()
                .chars()
                .flat_map(|it| {
                    std::iter::repeat_n(if it == '\n' { '\n' } else { ' ' }, it.len_utf8())
                }),
        );
    };
    while let Some((at, character)) = characters.next() {
        match character {
            '/' if matches!(characters.peek(), Some((_, '/'))) => {
                let end = content
                    .get(at..)
                    .and_then(|it| it.find('\n'))
                    .map_or(content.len(), |it| at + it);
                while characters.next_if(|(place, _)| *place < end).is_some() {}
                blank(&mut bare, at, end);
            }
            '/' if matches!(characters.peek(), Some((_, '*'))) => {
                let end = content
                    .get(at + 2..)
                    .and_then(|it| it.find("*/"))
                    .map_or(content.len(), |it| at + 2 + it + 2);
                while characters.next_if(|(place, _)| *place < end).is_some() {}
                blank(&mut bare, at, end);
            }
            '"' | '`' => {
                let mut end = None;
                while let Some((place, next)) = characters.next() {
                    if next == '\\' && character == '"' {
                        characters.next();
                    } else if next == character {
                        end = Some(place + 1);
                        break;
                    } else if next == '\n' && character == '"' {
                        break;
                    }
                }
                let Some(end) = end else {
                    problems.push(refused(text, at, "a quote is not closed"));
                    return;
                };
                bare.push(character);
                bare.push_str(content.get(at + 1..end - 1).unwrap_or_default());
                bare.push(character);
            }
            '(' | '[' | '{' => {
                open.push((character, at));
                bare.push(character);
            }
            ')' | ']' | '}' => {
                let partner = match character {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop().is_none_or(|(it, _)| it != partner) {
                    problems.push(refused(text, at, &format!("`{character}` closes nothing")));
                    return;
                }
                bare.push(character);
            }
            other => bare.push(other),
        }
    }
    if let Some((character, at)) = open.pop() {
        problems.push(refused(text, at, &format!("`{character}` is not closed")));
        return;
    }
    components(text, &bare, problems);
}

fn refused(text: &Text<'_>, at: usize, reason: &str) -> Problem {
    found(
        text,
        Severity::Critical,
        "alloy/syntax",
        at..at + 1,
        format!("{reason}: Alloy does not start"),
        "mend the bracket or the quote",
    )
}

/// `loki.write "default" {` defines `loki.write.default`.
fn components(text: &Text<'_>, bare: &str, problems: &mut Vec<Problem>) {
    let mut defined: BTreeMap<String, usize> = BTreeMap::new();
    let mut custom = false;
    let mut start = 0;
    for line in bare.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with("import.") || words.starts_with("declare ") {
            custom = true;
        }
        if let Some((kind, rest)) = words.split_once(" \"")
            && kind.contains('.')
            && kind
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '_'))
            && let Some((label, after)) = rest.split_once('"')
            && after.trim_start().starts_with('{')
        {
            let name = format!("{kind}.{label}");
            if defined.contains_key(&name) {
                problems.push(found(
                    text,
                    Severity::Critical,
                    "alloy/duplicate",
                    start..start + line.trim_end().len(),
                    format!("`{name}` is defined already: Alloy does not start"),
                    "give one of them another label",
                ));
            }
            defined.insert(name, start);
        }
        start += line.len();
    }
    if custom {
        return;
    }
    let mut at = 0;
    for line in bare.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.contains(" \"") || trimmed.contains('=') {
            references(text, line, at, &defined, problems);
        }
        at += line.len();
    }
}

/// `loki.write.default.receiver` has to be defined somewhere.
fn references(
    text: &Text<'_>,
    line: &str,
    start: usize,
    defined: &BTreeMap<String, usize>,
    problems: &mut Vec<Problem>,
) {
    for export in [".receiver", ".targets", ".output", ".rules", ".input"] {
        let mut from = 0;
        while let Some(found_at) = line.get(from..).and_then(|it| it.find(export)) {
            let end = from + found_at;
            from = end + export.len();
            let before = line.get(..end).unwrap_or_default();
            let begin = before
                .rfind(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '.' | '_')))
                .map_or(0, |it| it + 1);
            let name = before.get(begin..).unwrap_or_default();
            let parts = name.split('.').count();
            let after = line.get(from..).unwrap_or_default();
            let whole = !after.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
            let quoted = before.matches('"').count() % 2 == 1;
            if parts >= 3 && whole && !quoted && !defined.contains_key(name) {
                problems.push(found(
                    text,
                    Severity::Critical,
                    "alloy/undefined",
                    start + begin..start + end,
                    format!("no component `{name}` is defined: Alloy does not start"),
                    "define it, or mend the name",
                ));
            }
        }
    }
}
