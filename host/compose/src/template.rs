//! `${…}` in one string.
//!
//! `$NAME`, `${NAME}`, `:-` `-` `:?` `?` `:+` `+`, nested in their words, and
//! `$$` for a dollar. A dollar in front of anything else stands for itself. The
//! word of an operator has to be right even when it is not used.

/// Why a template could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// `${` that does not lead to a name, an operator and a `}`.
    Invalid,
    /// The values come to more than [`MAX_BYTES`].
    TooLarge,
    /// `${NAME:?reason}` without a value.
    Required { name: String, reason: String },
}

/// Where values come from, and who hears of missing ones.
pub(crate) trait Variables {
    fn get(&self, name: &str) -> Option<String>;
    /// A variable without a value and without a default was used.
    fn unset(&mut self, name: &str);
}

/// How long a filled template may be: values of values multiply.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// How deep words may nest.
const MAX_NESTING: usize = 50;

/// Fills in `template`.
pub(crate) fn substitute(
    template: &str,
    variables: &mut dyn Variables,
) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len());
    fill(template, variables, &mut out, 0)?;
    Ok(out)
}

fn fill(
    template: &str,
    variables: &mut dyn Variables,
    out: &mut String,
    nesting: usize,
) -> Result<(), TemplateError> {
    if nesting > MAX_NESTING {
        return Err(TemplateError::Invalid);
    }
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        if out.len() > MAX_BYTES {
            return Err(TemplateError::TooLarge);
        }
        out.push_str(before);
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some(body) = after.strip_prefix('{') {
            let end = end_of_expression(body).ok_or(TemplateError::Invalid)?;
            let (expression, tail) = body.split_at(end);
            braced(expression, variables, out, nesting)?;
            rest = tail.get(1..).unwrap_or("");
        } else {
            let (name, tail) = split_name(after);
            if name.is_empty() {
                out.push('$');
            } else {
                plain(name, variables, out);
            }
            rest = tail;
        }
    }
    out.push_str(rest);
    // What is written out may be as long as the file.
    if out.len() > MAX_BYTES.max(template.len()) {
        return Err(TemplateError::TooLarge);
    }
    Ok(())
}

fn plain(name: &str, variables: &mut dyn Variables, out: &mut String) {
    match variables.get(name) {
        Some(value) => out.push_str(&value),
        None => variables.unset(name),
    }
}

fn braced(
    expression: &str,
    variables: &mut dyn Variables,
    out: &mut String,
    nesting: usize,
) -> Result<(), TemplateError> {
    let (name, operation) = split_name(expression);
    if name.is_empty() {
        return Err(TemplateError::Invalid);
    }
    if operation.is_empty() {
        plain(name, variables, out);
        return Ok(());
    }
    let (counts_empty, operation) = operation
        .strip_prefix(':')
        .map_or((false, operation), |operation| (true, operation));
    let value = variables.get(name);
    let present = value
        .as_ref()
        .is_some_and(|value| !(counts_empty && value.is_empty()));
    let mut characters = operation.chars();
    let operator = characters.next();
    let word = characters.as_str();
    if !matches!(operator, Some('-' | '+' | '?')) {
        return Err(TemplateError::Invalid);
    }
    // Compose fills the word in before it looks whether it is used.
    let used = match operator {
        Some('+') => present,
        _ => !present,
    };
    let mut filled = String::new();
    if used {
        fill(word, variables, &mut filled, nesting + 1)?;
    } else {
        fill(word, &mut Unheard(variables), &mut filled, nesting + 1)?;
    }
    match operator {
        Some('?') if used => Err(TemplateError::Required {
            name: name.to_owned(),
            reason: filled,
        }),
        _ => {
            let value = if used {
                filled
            } else {
                value.unwrap_or_default()
            };
            out.push_str(&value);
            Ok(())
        }
    }
}

/// The same variables, where nobody hears of missing ones.
struct Unheard<'a>(&'a dyn Variables);

impl Variables for Unheard<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name)
    }

    fn unset(&mut self, _: &str) {}
}

pub(crate) fn split_name(text: &str) -> (&str, &str) {
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_alphabetic() || *c == '_' || (*at > 0 && c.is_ascii_digit())))
        .map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

/// The byte of the `}` that ends the expression at the start of `body`.
///
/// Compose looks for it on the same line. It counts braces and passes over the byte
/// behind each opening one; when the count does not come out, it takes the last `}`.
pub(crate) fn end_of_expression(body: &str) -> Option<usize> {
    let (name, rest) = split_name(body);
    if rest.starts_with('}') {
        return Some(name.len());
    }
    let line = body.split('\n').next().unwrap_or(body);
    let last = line.rfind('}')?;
    let mut open = 1_usize;
    let mut bytes = line.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' => {
                open += 1;
                bytes.next();
            }
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Table {
        unset: Vec<String>,
    }

    impl Variables for Table {
        fn get(&self, name: &str) -> Option<String> {
            match name {
                "A" => Some("a".to_owned()),
                "EMPTY" => Some(String::new()),
                _ => None,
            }
        }
        fn unset(&mut self, name: &str) {
            self.unset.push(name.to_owned());
        }
    }

    fn filled(template: &str) -> (Result<String, TemplateError>, Vec<String>) {
        let mut table = Table::default();
        (substitute(template, &mut table), table.unset)
    }

    #[test]
    fn every_operator() {
        for (template, expected) in [
            ("$A", "a"),
            ("${A}b", "ab"),
            ("x$A-$A", "xa-a"),
            ("${A:-d}${EMPTY:-d}${NO:-d}", "add"),
            ("${A-d}${EMPTY-d}${NO-d}", "ad"),
            ("${A:+s}${EMPTY:+s}${NO:+s}", "s"),
            ("${A+s}${EMPTY+s}${NO+s}", "ss"),
            ("${A:?m}${EMPTY?m}", "a"),
            ("${NO:-${EMPTY:-${A}}}", "a"),
            ("${NO:-{\"a\":1}}!", "{\"a\":1}!"),
            ("${NO:-{}}", "{}"),
            ("${NO:-a}b} ${A}", "ab} a"),
            ("${NO:-a:b-c}", "a:b-c"),
            ("$$A $${A}", "$A ${A}"),
            ("100$ $( $/ ^(sys)($$|/)", "100$ $( $/ ^(sys)($|/)"),
        ] {
            assert_eq!(
                filled(template),
                (Ok(expected.to_owned()), vec![]),
                "{template}"
            );
        }
    }

    #[test]
    fn unset_variables_are_empty_and_told() {
        assert_eq!(
            filled("[$NO${NOT}]"),
            (Ok("[]".to_owned()), vec!["NO".into(), "NOT".into()])
        );
    }

    #[test]
    fn words_are_checked_though_unused() {
        assert_eq!(filled("${A:-${NO}}"), (Ok("a".to_owned()), vec![]));
        for template in ["${A:-${NO:?x}}", "${NO:+${NO:?x}}", "${A:?${NO:?x}}"] {
            assert!(filled(template).0.is_err(), "{template}");
        }
    }

    #[test]
    fn required_variables() {
        let error = TemplateError::Required {
            name: "NO".into(),
            reason: "set a".into(),
        };
        assert_eq!(filled("${NO:?set $A}").0, Err(error));
        assert!(filled("${EMPTY:?}").0.is_err());
    }

    #[test]
    fn invalid_templates() {
        for template in [
            "${",
            "${}",
            "${A",
            "${A b}",
            "${1}",
            "${A:}",
            "${A:-${B}",
            "${NO:-{}}${A:-}",
            "${NO:-a\nb}",
            "${A!x}",
        ] {
            assert_eq!(
                filled(template).0,
                Err(TemplateError::Invalid),
                "{template}"
            );
        }
        let deep = format!("{}{}", "${X:-".repeat(2000), "}".repeat(2000));
        assert_eq!(filled(&deep).0, Err(TemplateError::Invalid));
    }
}
