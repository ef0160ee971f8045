//! Templates of Go: what the parser refuses before anything is expanded.

use std::ops::Range;

/// Functions that every template knows.
const BUILTIN: &[&str] = &[
    "and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf",
    "println", "urlquery", "eq", "ge", "gt", "le", "lt", "ne",
];
const KEYWORDS: &[&str] = &["true", "false", "nil"];

/// What a program adds to the language.
#[derive(Debug, Clone, Copy)]
pub struct Dialect<'d> {
    /// Functions beside those of Go.
    pub functions: &'d [&'d str],
    /// Variables that are there, with their `$`.
    pub variables: &'d [&'d str],
}

/// Why a template is refused, and where; only what is certain.
#[must_use]
pub fn error(text: &str, dialect: Dialect<'_>) -> Option<(Range<usize>, String)> {
    read(text, dialect).err()
}

fn read(text: &str, dialect: Dialect<'_>) -> Result<(), (Range<usize>, String)> {
    // Blocks that wait for their `end`, and how many variables each sees.
    let mut blocks: Vec<(Range<usize>, usize)> = Vec::new();
    let mut variables: Vec<String> = dialect.variables.iter().map(|&it| it.to_owned()).collect();
    variables.push("$".to_owned());
    let mut at = 0;
    while let Some(start) = text
        .get(at..)
        .and_then(|it| it.find("{{"))
        .map(|it| at + it)
    {
        let inner = text.get(start + 2..).unwrap_or_default();
        let trimmed = inner.strip_prefix("- ").unwrap_or(inner).trim_start();
        if trimmed.starts_with("/*") {
            let Some(end) = inner.find("*/") else {
                return Err((start..start + 2, "a comment is not closed".to_owned()));
            };
            let rest = inner.get(end + 2..).unwrap_or_default();
            let Some(close) = rest.find("}}") else {
                return Err((start..start + 2, "a `{{` has no `}}`".to_owned()));
            };
            at = start + 2 + end + 2 + close + 2;
            continue;
        }
        let (words, length) = action(inner).map_err(|reason| (start..start + 2, reason))?;
        let end = start + 2 + length;
        let place = start..end;
        let refuse = |reason: String| (place.clone(), reason);
        match words.first().map(String::as_str) {
            None => return Err(refuse("nothing stands in `{{ }}`".to_owned())),
            Some("end") => {
                let Some((_, seen)) = blocks.pop() else {
                    return Err(refuse("`{{ end }}` ends nothing".to_owned()));
                };
                variables.truncate(seen);
            }
            Some("else") if blocks.is_empty() => {
                return Err(refuse("`{{ else }}` belongs to nothing".to_owned()));
            }
            Some("if" | "range" | "with" | "define" | "block") => {
                blocks.push((place.clone(), variables.len()));
            }
            _ => {}
        }
        commands(&words, dialect, &mut variables).map_err(refuse)?;
        at = end;
    }
    match blocks.pop() {
        Some((place, _)) => Err((place, "a block has no `{{ end }}`".to_owned())),
        None => Ok(()),
    }
}

/// The words of an action, and the length to behind its `}}`.
fn action(inner: &str) -> Result<(Vec<String>, usize), String> {
    let mut words = Vec::new();
    let mut characters = inner.char_indices().peekable();
    let mut open = 0_usize;
    let mut first = true;
    while let Some((at, character)) = characters.next() {
        let rest = inner.get(at..).unwrap_or_default();
        if rest.starts_with("}}") {
            if open > 0 {
                return Err("a `(` is not closed".to_owned());
            }
            return Ok((words, at + 2));
        }
        if character == '-' && (first || rest.starts_with("-}}")) {
            first = false;
            continue;
        }
        first = false;
        match character {
            _ if character.is_whitespace() => {}
            '"' | '`' | '\'' => {
                let mut closed = false;
                while let Some((_, next)) = characters.next() {
                    if next == character {
                        closed = true;
                        break;
                    }
                    if next == '\n' && character != '`' {
                        break;
                    }
                    if next == '\\' && character != '`' {
                        characters.next();
                    }
                }
                if !closed {
                    return Err("a quote is not closed".to_owned());
                }
                words.push("\"".to_owned());
            }
            '(' => {
                open += 1;
                words.push("(".to_owned());
            }
            ')' => {
                open = open
                    .checked_sub(1)
                    .ok_or("a `)` closes nothing".to_owned())?;
                words.push(")".to_owned());
            }
            '|' | ',' | '=' | ':' => words.push(character.to_string()),
            '$' | '.' | '_' | '+' | '-' => {
                words.push(word(inner, at, &mut characters));
            }
            _ if character.is_alphanumeric() => {
                words.push(word(inner, at, &mut characters));
            }
            other => return Err(format!("`{other}` has no meaning in a template")),
        }
    }
    Err("a `{{` has no `}}`".to_owned())
}

fn word(
    inner: &str,
    start: usize,
    characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
) -> String {
    let part = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.' | '$');
    let mut end = start + 1;
    while let Some((at, next)) = characters.next_if(|(_, it)| part(*it)) {
        end = at + next.len_utf8();
    }
    let first = inner.get(start..).and_then(|it| it.chars().next());
    let end = end.max(start + first.map_or(1, char::len_utf8));
    inner.get(start..end).unwrap_or_default().to_owned()
}

/// Functions and variables of an action are known.
fn commands(
    words: &[String],
    dialect: Dialect<'_>,
    variables: &mut Vec<String>,
) -> Result<(), String> {
    let control = [
        "if", "else", "range", "with", "end", "define", "block", "template", "break", "continue",
    ];
    let mut declared = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let next = |ahead: usize| words.get(number + ahead).map(String::as_str);
        if word.starts_with('$') {
            let name = word.split('.').next().unwrap_or(word);
            let declares = next(1) == Some(":") && next(2) == Some("=")
                || next(1) == Some(",") && next(2).is_some_and(|it| it.starts_with('$'));
            if declares {
                declared.push(name.to_owned());
            } else if !declared.iter().chain(variables.iter()).any(|it| it == name) {
                return Err(format!("there is no variable `{name}`"));
            }
        } else if word.starts_with(|it: char| it.is_alphabetic() || it == '_')
            && !KEYWORDS.contains(&word.as_str())
            // `else if` too.
            && !(number < 2 && control.contains(&word.as_str()))
        {
            let name = word.split('.').next().unwrap_or(word);
            if !BUILTIN.contains(&name) && !dialect.functions.contains(&name) {
                let known = BUILTIN.iter().chain(dialect.functions).copied();
                let near = crate::nearest(name, known);
                let near = near.map_or(String::new(), |it| format!(", did you mean `{it}`?"));
                return Err(format!("there is no function `{name}`{near}"));
            }
        }
    }
    variables.append(&mut declared);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Dialect, error};

    const DIALECT: Dialect<'_> = Dialect {
        functions: &["humanize", "query", "first", "value", "title"],
        variables: &["$labels", "$value"],
    };

    #[test]
    fn good_templates_pass() {
        for good in [
            "plain",
            "{{ $labels.instance }} is at {{ $value | humanize }}%",
            "{{ printf \"%.2f }}\" $value }}",
            "{{- range $i, $e := query `up` -}}{{ $i }}{{ $e }}{{ end }}",
            "{{ with query \"x\" }}{{ . | first | value | humanize }}{{ else }}no{{ end }}",
            "{{ if and (eq $labels.a \"b\") (gt $value 1.0) }}x{{ else if true }}y{{ end }}",
            "{{/* a }} comment */}}{{ .Labels.x }}",
            "{{ $x := 5 }}{{ $x }}",
            "{{ define \"a\" }}{{ template \"b\" . }}{{ end }}",
            "{{ (index .Alerts 0).Labels.x | title }}",
            "{{ -1 }} {{ 'a' }} é {{ $labels.é }}",
        ] {
            assert_eq!(error(good, DIALECT), None, "{good}");
        }
    }

    #[test]
    fn bad_templates_are_refused() {
        for bad in [
            "{{ $labels.x",
            "{{ $label.x }}",
            "{{ $value | humanise }}",
            "{{ labels.x }}",
            "{{ if $value }}x",
            "{{ end }}",
            "{{ printf \"x }}",
            "{{ }}",
            "{{ (len $value }}",
            "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}",
            "{{ $labels[0] }}",
        ] {
            assert!(error(bad, DIALECT).is_some(), "{bad}");
        }
    }
}
