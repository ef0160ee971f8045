//! `.env` files and the files of `env_file`.

use indexmap::IndexMap;

use crate::template::{MAX_BYTES, TemplateError, Variables, substitute};

/// Why an environment file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct EnvFileError {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// Reads `KEY=value` lines, with quotes, comments, `export` and `${…}` over the
/// earlier lines of the same text.
///
/// # Errors
/// When a line is no assignment, a quote stays open or a `${…}` cannot be read.
pub fn parse_env_file(text: &str) -> Result<IndexMap<String, String>, EnvFileError> {
    parse_env_file_with(text, &|_| None)
}

/// Like [`parse_env_file`], with variables from outside, which win over those of
/// the text; a line with a bare name takes its value from there.
///
/// # Errors
/// As [`parse_env_file`].
pub fn parse_env_file_with(
    text: &str,
    outside: &dyn Fn(&str) -> Option<String>,
) -> Result<IndexMap<String, String>, EnvFileError> {
    let mut values = IndexMap::new();
    read_env_file(text, &mut values, outside)?;
    Ok(values)
}

/// Reads over `values`, which hold what earlier files said.
pub(crate) fn read_env_file(
    text: &str,
    values: &mut IndexMap<String, String>,
    outside: &dyn Fn(&str) -> Option<String>,
) -> Result<(), EnvFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        rest: text,
        line: 1,
        values,
        outside,
    };
    while reader.statement()? {}
    Ok(())
}

/// Reads `KEY=value` lines as they are, for `format: raw`.
pub(crate) fn read_raw_env_file(
    text: &str,
    values: &mut IndexMap<String, String>,
    outside: &dyn Fn(&str) -> Option<String>,
) -> Result<(), EnvFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.split('=').next().unwrap_or(line);
        let problem = if name.is_empty() {
            "a name is missing in front of `=`"
        } else if name.contains([' ', '\t']) {
            "a space cannot stand in a variable name"
        } else {
            match line.split_once('=') {
                Some((name, value)) => {
                    values.insert(name.to_owned(), value.to_owned());
                }
                None => {
                    if let Some(value) = outside(line) {
                        values.insert(line.to_owned(), value);
                    }
                }
            }
            continue;
        };
        return Err(EnvFileError {
            line: index + 1,
            reason: problem.to_owned(),
        });
    }
    Ok(())
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    values: &'a mut IndexMap<String, String>,
    outside: &'a dyn Fn(&str) -> Option<String>,
}

struct Lookup<'a> {
    values: &'a IndexMap<String, String>,
    outside: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables for Lookup<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.outside)(name).or_else(|| self.values.get(name).cloned())
    }
    fn unset(&mut self, _: &str) {}
}

/// Blanks that do not end a line.
fn is_blank(c: char) -> bool {
    c != '\n' && c.is_whitespace()
}

impl<'a> Reader<'a> {
    fn error(&self, reason: impl Into<String>) -> EnvFileError {
        EnvFileError {
            line: self.line,
            reason: reason.into(),
        }
    }

    /// Moves on by `bytes`, counting lines.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// Reads one assignment; false at the end.
    fn statement(&mut self) -> Result<bool, EnvFileError> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.advance(blank);
        if self.rest.is_empty() {
            return Ok(false);
        }
        if self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(end);
            return Ok(true);
        }
        if let Some(tail) = self.rest.strip_prefix("export")
            && tail.starts_with(is_blank)
        {
            let tail = tail.trim_start_matches(is_blank);
            self.advance(self.rest.len() - tail.len());
        }
        let end = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let name = self.rest.get(..end).unwrap_or("").trim();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
        if let Some(c) = name.chars().find(|c| !allowed(*c)) {
            let what = if c.is_whitespace() {
                "a space".to_owned()
            } else {
                format!("`{c}`")
            };
            return Err(self.error(format!("{what} cannot stand in a variable name")));
        }
        let name = name.to_owned();
        let separator = self.rest.get(end..).and_then(|rest| rest.chars().next());
        self.advance(end + separator.map_or(0, char::len_utf8));
        if !matches!(separator, Some('=' | ':')) {
            if let Some(value) = (self.outside)(&name) {
                self.values.insert(name, value);
            }
            return Ok(true);
        }
        let blank = self.rest.len() - self.rest.trim_start_matches(is_blank).len();
        self.advance(blank);
        let value = match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => self.bare()?,
        };
        self.values.insert(name, value);
        Ok(true)
    }

    /// Up to the end of the line or a ` #`.
    fn bare(&mut self) -> Result<String, EnvFileError> {
        let line = self.line;
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        let text = self.advance(end);
        let text = text
            .split_once(" #")
            .map_or(text, |(value, _)| value)
            .trim_end();
        self.expand(text, line)
    }

    fn quoted(&mut self, quote: char) -> Result<String, EnvFileError> {
        let line = self.line;
        let mut inner = String::new();
        let mut escaped = false;
        let mut end = None;
        for (at, c) in self.rest.char_indices().skip(1) {
            if escaped {
                if c != quote {
                    inner.push('\\');
                }
                inner.push(c);
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == quote {
                end = Some(at + c.len_utf8());
                break;
            } else {
                inner.push(c);
            }
        }
        let Some(end) = end else {
            return Err(self.error("a quoted value is not closed"));
        };
        self.advance(end);
        if quote == '\'' {
            Ok(inner)
        } else {
            self.expand(&unescape(&inner), line)
        }
    }

    fn expand(&self, text: &str, line: usize) -> Result<String, EnvFileError> {
        let mut lookup = Lookup {
            values: self.values,
            outside: self.outside,
        };
        substitute(text, &mut lookup).map_err(|error| {
            let reason = match error {
                TemplateError::Invalid => "the `${…}` in the value cannot be read".to_owned(),
                TemplateError::TooLarge => {
                    format!("the value comes to more than {MAX_BYTES} bytes")
                }
                TemplateError::Required { name, reason } => {
                    format!("the variable `{name}` has no value {reason}")
                }
            };
            EnvFileError { line, reason }
        })
    }
}

/// The escapes of a double-quoted value; `\$` becomes the `$$` of templates.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut characters = after.chars();
        let replacement = match characters.next() {
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\u{b}",
            Some('"') => "\"",
            Some('\\') => "\\",
            Some('$') => "$$",
            Some('0') => {
                let digits: String = characters
                    .as_str()
                    .chars()
                    .take(3)
                    .take_while(|c| c.is_digit(8))
                    .collect();
                match u8::from_str_radix(&digits, 8) {
                    Ok(code) if digits.len() == 3 => {
                        out.push(char::from(code));
                        rest = characters.as_str().get(digits.len()..).unwrap_or("");
                        continue;
                    }
                    _ => {
                        out.push_str("\\0");
                        rest = characters.as_str();
                        continue;
                    }
                }
            }
            _ => {
                out.push('\\');
                rest = after;
                continue;
            }
        };
        out.push_str(replacement);
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let outside = |name: &str| (name == "OUT").then(|| "out".to_owned());
        let values = parse_env_file_with(text, &outside).expect("parses");
        values
            .get("K")
            .cloned()
            .unwrap_or_else(|| "<none>".to_owned())
    }

    #[test]
    fn values() {
        for (text, expected) in [
            ("K=a b # c", "a b"),
            ("K=a#b", "a#b"),
            ("K=", ""),
            ("export  K=x", "x"),
            ("K: yaml", "yaml"),
            ("K = spaced ", "spaced"),
            ("K=\"a # b\" # c\nL=1", "a # b"),
            ("K='a ${B} \\n'", "a ${B} \\n"),
            ("K=\"l1\nl2\"", "l1\nl2"),
            ("K=\"a\\nb\\t\\\"c\\\" \\$X $$Y\"", "a\nb\t\"c\" $X $Y"),
            ("A=1\nK=${A}-$A-${B:-d}", "1-1-d"),
            ("OUT=x\nK=$OUT", "out"),
            ("K='it\\'s'", "it's"),
            ("# c\n\n  # d\nK=1\nK=2\n", "2"),
            ("K=\"\\0101\"", "A"),
            ("\u{feff}K=bom", "bom"),
            ("K=crlf\r\nL=1\r\n", "crlf"),
            ("OTHER\nK=1", "1"),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
        let outside = |name: &str| (name == "OUT").then(|| "out".to_owned());
        let bare = parse_env_file_with("OUT\nNOT\n", &outside).expect("parses");
        assert_eq!(bare.get("OUT").map(String::as_str), Some("out"));
        assert_eq!(bare.get("NOT"), None);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line) in [
            ("A=1\nB C=2", 2),
            ("A=1\n\nK=\"x\ny", 3),
            ("A!=1", 1),
            ("A=${", 1),
        ] {
            assert_eq!(
                parse_env_file(text).map_err(|e| e.line),
                Err(line),
                "{text:?}"
            );
        }
    }

    #[test]
    fn raw_files_are_taken_literally() {
        let mut values = IndexMap::new();
        let mut read = |text| read_raw_env_file(text, &mut values, &|_| None);
        assert_eq!(read("A='x' # y\n#c\nB=$A\nC\n"), Ok(()));
        assert_eq!(read("D=1\nB =2").map_err(|error| error.line), Err(2));
        assert_eq!(read("=1").map_err(|error| error.line), Err(1));
        assert_eq!(values.get("A").map(String::as_str), Some("'x' # y"));
        assert_eq!(values.get("B").map(String::as_str), Some("$A"));
        assert_eq!(values.get("C"), None);
    }
}
