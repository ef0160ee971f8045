//! Text to tokens.

use super::SyntaxError;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A number, or a duration: both stand for seconds.
    Number(f64),
    Text(String),
    /// A bracket, a comma or an operator.
    Symbol(&'static str),
}

/// Longest first.
const SYMBOLS: &[&str] = &[
    "==", "!=", "=~", "!~", "<=", ">=", "</", ">/", "=", "<", ">", "+", "-", "*", "/", "%", "^",
    "(", ")", "[", "]", "{", "}", ",", "@", ":",
];

pub(super) type Spanned = (Token, Range<usize>);

pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, SyntaxError> {
    let mut found: Vec<Spanned> = Vec::new();
    let mut at = 0;
    // Within `[…]` a colon is a token of its own.
    let mut range = false;
    while let Some(rest) = text.get(at..)
        && let Some(first) = rest.chars().next()
    {
        if matches!(first, ' ' | '\t' | '\n' | '\r') {
            at += 1;
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (token, length) = if matches!(first, '"' | '\'' | '`') {
            string(rest, first, at)?
        } else if first.is_ascii_digit()
            || first == '.' && rest.get(1..).is_some_and(|it| it.starts_with(digit))
        {
            number(rest, at)?
        } else if first.is_ascii_alphabetic() || first == '_' || first == ':' && !range {
            let end = rest
                .find(|it: char| !(word(it) || it == ':' && !range))
                .unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default();
            (Token::Word(name.to_owned()), end)
        } else if let Some(symbol) = SYMBOLS.iter().find(|it| rest.starts_with(**it)) {
            range = match *symbol {
                "[" => true,
                "]" => false,
                _ => range,
            };
            (Token::Symbol(symbol), symbol.len())
        } else {
            let end = at + first.len_utf8();
            let reason = if first == '$' {
                "`$` has no meaning here: variables of Grafana are for its panels only".to_owned()
            } else {
                format!("`{first}` has no meaning here")
            };
            return Err((at..end, reason));
        };
        found.push((token, at..at + length));
        at += length;
    }
    Ok(found)
}

fn digit(it: char) -> bool {
    it.is_ascii_digit()
}

fn word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

/// A text in quotes, with the escapes of Go.
fn string(rest: &str, quote: char, start: usize) -> Result<(Token, usize), SyntaxError> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, next)) = characters.next() {
        if next == quote {
            return Ok((Token::Text(value), at + 1));
        }
        if next == '\n' && quote != '`' {
            break;
        }
        if next != '\\' || quote == '`' {
            value.push(next);
            continue;
        }
        let Some((_, escaped)) = characters.next() else {
            break;
        };
        let (digits, radix) = match escaped {
            'n' => {
                value.push('\n');
                continue;
            }
            't' => {
                value.push('\t');
                continue;
            }
            'a' | 'b' | 'f' | 'r' | 'v' => {
                value.push(' ');
                continue;
            }
            '\\' => {
                value.push('\\');
                continue;
            }
            _ if escaped == quote => {
                value.push(quote);
                continue;
            }
            '0'..='7' => (2, 8),
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            other => {
                let end = start + at + 1 + other.len_utf8();
                return Err((
                    start + at..end,
                    format!(
                        "`\\{other}` is no escape sequence: write `\\\\{other}`, or put the text in backquotes"
                    ),
                ));
            }
        };
        let mut code = escaped.to_digit(8).filter(|_| radix == 8).unwrap_or(0);
        for _ in 0..digits {
            let Some(figure) = characters.next().and_then(|(_, it)| it.to_digit(radix)) else {
                return Err((
                    start + at..start + at + 2,
                    "an escape sequence has too few digits".to_owned(),
                ));
            };
            code = code.wrapping_mul(radix).wrapping_add(figure);
        }
        value.push(char::from_u32(code).unwrap_or(' '));
    }
    let end = rest.find('\n').unwrap_or(rest.len());
    Err((start..start + end, "a quote is not closed".to_owned()))
}

/// `1`, `.5`, `1e3`, `0x1F`, `1_000`, `5m`, `1h30m`.
fn number(rest: &str, start: usize) -> Result<(Token, usize), SyntaxError> {
    let mut end = 0;
    let mut before = ' ';
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    for (at, next) in rest.char_indices() {
        let sign = matches!(next, '+' | '-') && matches!(before, 'e' | 'E') && !hexadecimal;
        if !(word(next) || next == '.' || sign) {
            break;
        }
        before = next;
        end = at + 1;
    }
    let source = rest.get(..end).unwrap_or_default();
    let plain = source.replace('_', "");
    let value = if let Some(digits) = plain
        .strip_prefix("0x")
        .or_else(|| plain.strip_prefix("0X"))
    {
        u64::from_str_radix(digits, 16).ok().map(|it| it as f64)
    } else {
        // Rust reads `inf` and the like too, which cannot begin with a digit.
        plain.parse::<f64>().ok().or_else(|| {
            sinops_config_check::value::milliseconds(source).map(|it| it as f64 / 1000.0)
        })
    };
    match value {
        Some(value) => Ok((Token::Number(value), end)),
        None => Err((
            start..start + end,
            format!("`{source}` is neither a number nor a duration"),
        )),
    }
}
