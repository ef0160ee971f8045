//! The forms of values.

use crate::value::{host_port, is_duration, is_go_duration, is_size, regex_error};
use crate::yaml::Node;

#[derive(Debug, Clone)]
pub(super) enum Form {
    String,
    Bool,
    Int,
    /// Not below zero.
    Uint,
    Number,
    Duration,
    GoDuration,
    Size,
    Url,
    Regex,
    /// The name of a label.
    Label,
    /// One of these words.
    OneOf(Vec<String>),
    Map,
    Any,
    Block(String),
    List(Box<Form>),
}

impl Form {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::String,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "uint" => Self::Uint,
            "label" => Self::Label,
            "number" => Self::Number,
            "duration" => Self::Duration,
            "go-duration" => Self::GoDuration,
            "size" => Self::Size,
            "url" => Self::Url,
            "regex" => Self::Regex,
            "map" => Self::Map,
            "any" => Self::Any,
            // A single word is written `=word`.
            _ if word.starts_with('=') => Self::OneOf(vec![word.replacen('=', "", 1)]),
            _ if word.contains('|') && !word.starts_with('[') => {
                Self::OneOf(word.split('|').map(str::to_owned).collect())
            }
            _ => {
                if let Some(block) = word.strip_prefix('{') {
                    Self::Block(block.strip_suffix('}')?.to_owned())
                } else {
                    let of = word.strip_prefix('[')?.strip_suffix(']')?;
                    Self::List(Box::new(Self::parse(of)?))
                }
            }
        })
    }

    pub(super) fn block(&self) -> Option<&str> {
        match self {
            Self::Block(block) => Some(block),
            Self::List(of) => of.block(),
            _ => None,
        }
    }

    /// A form that a reference does not confuse with others.
    pub(super) fn is_certain(&self) -> bool {
        matches!(self, Self::Bool | Self::Duration | Self::GoDuration)
    }

    pub(super) fn words(&self) -> String {
        let words = match self {
            Self::OneOf(words) => return format!("one of `{}`", words.join("`, `")),
            Self::String => "text",
            Self::Bool => "`true` or `false`",
            Self::Int => "a whole number",
            Self::Uint => "a whole number, zero or more",
            Self::Label => "the name of a label",
            Self::Number => "a number",
            Self::Duration | Self::GoDuration => "a duration such as `30s`",
            Self::Size => "a size such as `10MB`",
            Self::Url => "an address such as `http://host:port/path`",
            Self::Regex => "a regular expression",
            Self::Map | Self::Block(_) => "a mapping",
            Self::Any => "any value",
            Self::List(_) => "a list",
        };
        words.to_owned()
    }

    /// Why a scalar is not of this form.
    pub(super) fn refuses(&self, node: &Node, text: &str, legacy: bool) -> Option<String> {
        let fits = match self {
            // Go's YAML knows the short forms as well.
            Self::Bool => {
                let short = matches!(text, "y" | "Y" | "n" | "N");
                node.truth().is_some() || short && node.is_plain()
            }
            // A fraction is cut off.
            Self::Int => node.is_plain() && number(text).is_some(),
            Self::Uint => node.is_plain() && number(text).is_some_and(|it| it >= 0.0),
            Self::Number => node.is_plain() && number(text).is_some(),
            Self::Label => {
                let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
                !text.is_empty()
                    && (!legacy
                        || text.chars().all(plain)
                            && !text.starts_with(|it: char| it.is_ascii_digit()))
            }
            Self::OneOf(words) => words.iter().any(|it| it == text),
            Self::Duration => is_duration(text),
            Self::GoDuration => is_go_duration(text),
            Self::Size => is_size(text),
            Self::Regex => {
                return regex_error(text)
                    .map(|reason| format!("this is no regular expression, {reason}"));
            }
            Self::Url => {
                if matches!(host_port(text).0, Some("http" | "https")) || text.contains("{{") {
                    return None;
                }
                return Some("an address begins with `http://` or `https://`".to_owned());
            }
            Self::String | Self::Map | Self::Any | Self::Block(_) | Self::List(_) => true,
        };
        (!fits).then(|| format!("this is not {}", self.words()))
    }
}

/// A number as YAML writes it.
fn number(text: &str) -> Option<f64> {
    let digits = text.replace('_', "");
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return u64::from_str_radix(rest, radix).ok().map(|it| it as f64);
        }
    }
    if !digits.contains(|it: char| it.is_ascii_digit()) {
        return matches!(digits.trim_start_matches(['+', '-']), ".inf" | ".nan")
            .then_some(f64::MAX);
    }
    digits.parse().ok()
}
