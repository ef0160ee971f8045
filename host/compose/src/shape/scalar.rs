//! Single values: command lines, health tests, numbers, sizes, durations.

use super::Shaper;
use crate::report::did_you_mean;
use crate::schema::{INTEGER, Object, Shape, Whole, field, object};
use crate::tree::{Fields, Node, Value};
use crate::units;
use crate::words;

/// A limit with two sides; both are there once all files are merged.
pub(crate) static ULIMIT: Object = Object {
    required: &["soft", "hard"],
    ..object(&[field("soft", INTEGER), field("hard", INTEGER)])
};

impl Shaper<'_> {
    pub(super) fn command(&mut self, node: Node) -> Option<Node> {
        let value = match &node.value {
            Value::Null => return Some(node),
            Value::List(_) => return self.list(node, &Shape::Text),
            Value::Text(line) => {
                let Some(split) = words::split(line) else {
                    return Some(self.postpone(
                        node,
                        "the command line has an open quote or a parenthesis",
                        Some("write it as a list of words".to_owned()),
                    ));
                };
                if let Some(operator) = split.cut_at {
                    let place = self.place();
                    self.report.warning(
                        "command-cut",
                        node.mark,
                        format!("`{place}` ends at `{operator}`: no shell reads this command, and docker compose drops the rest too"),
                        Some("write `sh -c \"…\"`, or quote the character".to_owned()),
                    );
                }
                let words = split
                    .words
                    .into_iter()
                    .map(|word| Node::text(word, node.mark));
                Value::List(words.collect())
            }
            _ => {
                self.mismatch(&node, "a string or a list of strings", None);
                return None;
            }
        };
        Some(Node { value, ..node })
    }

    pub(super) fn health_test(&mut self, node: Node) -> Option<Node> {
        match &node.value {
            Value::Text(line) => {
                let words = ["CMD-SHELL", line].map(|word| Node::text(word, node.mark));
                Some(node.with(Value::List(words.into())))
            }
            Value::List(items) => {
                let first = items.first().and_then(Node::as_text);
                if !items.is_empty() && !matches!(first, Some("CMD" | "CMD-SHELL" | "NONE")) {
                    return Some(self.postpone(
                        node,
                        "a list must start with `CMD`, `CMD-SHELL` or `NONE`",
                        Some("write `[\"CMD\", …]`, or one string for a shell".to_owned()),
                    ));
                }
                self.list(node, &Shape::Text)
            }
            _ => {
                self.mismatch(&node, "a string or a list of strings", None);
                None
            }
        }
    }

    pub(super) fn ulimit(&mut self, node: Node) -> Option<Node> {
        let sides = node.as_map().into_iter().flat_map(Fields::values);
        if let Some(fraction) = sides
            .chain([&node])
            .find(|node| matches!(node.value, Value::Float(_) | Value::Null))
        {
            let hint = "write a whole number, without a point".to_owned();
            self.mismatch(fraction, "an integer", Some(hint));
            return None;
        }
        if self.templates && node.as_text().is_some() {
            self.mismatch(&node, "a number", None);
            return None;
        }
        if node.as_map().is_none() {
            return self.scalar(&node, &INTEGER);
        }
        self.object(node, &ULIMIT)
    }

    pub(super) fn scalar(&mut self, node: &Node, shape: &Shape) -> Option<Node> {
        let strict = match shape {
            Shape::OneOf(_) | Shape::OnlyBool => true,
            Shape::Integer(bounds) => !bounds.text,
            _ => false,
        };
        if self.templates && !strict && node.as_text().is_some() {
            return Some(node.clone());
        }
        match convert(node, shape) {
            Ok(value) => {
                if let (Shape::Bytes, Value::Float(_)) = (shape, &node.value) {
                    let place = self.place();
                    self.report.warning(
                        "size-ignored",
                        node.mark,
                        format!("`{place}` has a fraction and no unit, so it has no effect"),
                        Some("write a whole number of bytes, or a string like `1.5g`".to_owned()),
                    );
                }
                if matches!((shape, &node.value), (Shape::Bool, Value::Text(text)) if !matches!(text.to_ascii_lowercase().as_str(), "true" | "false"))
                {
                    let place = self.place();
                    self.report.warning(
                        "yaml-1.1-boolean",
                        node.mark,
                        format!("`{place}` is not a boolean in YAML 1.2"),
                        Some("write `true` or `false`".to_owned()),
                    );
                }
                Some(node.with(value))
            }
            Err(Mismatch::Type(wanted)) => {
                let hint = node
                    .scalar_text()
                    .filter(|_| {
                        matches!(
                            shape,
                            Shape::Text | Shape::Duration | Shape::BytesText | Shape::OneOf(_)
                        )
                    })
                    .map(|text| match shape {
                        Shape::Duration => format!("add a unit: `{text}s`"),
                        _ => format!("quote it: `\"{text}\"`"),
                    });
                self.mismatch(node, wanted, hint);
                None
            }
            Err(Mismatch::Value(message, hint)) => {
                let (message, hint) = match node.as_text() {
                    Some("") => {
                        let hint =
                            "is a variable behind it unset? `${NAME:-default}` gives a default";
                        ("the value is empty", Some(hint.to_owned()))
                    }
                    _ => (message.as_str(), hint),
                };
                // Compose reads these once all files are merged.
                if matches!(
                    shape,
                    Shape::Bytes | Shape::BytesText | Shape::Duration | Shape::LateNumber
                ) {
                    return Some(self.postpone(node.clone(), message, hint));
                }
                self.invalid(node.mark, message, hint);
                None
            }
        }
    }
}

/// A whole number within `bounds`, which may have cut off a fraction.
fn whole(value: &Value, bounds: Whole, bad: &dyn Fn(&str) -> Mismatch) -> Result<i64, Mismatch> {
    let number = match value {
        Value::Int(value) => i64::try_from(*value).map_err(|_| bad("a whole number of 64 bits"))?,
        Value::Float(value) if bounds.fraction || value.fract() == 0.0 => {
            // Beyond 64 bits the value is as good as any other that large.
            let cut = format!("{:.0}", value.trunc());
            cut.parse().map_err(|_| bad("a whole number of 64 bits"))?
        }
        Value::Text(text) if bounds.text => text.parse().map_err(|_| bad("a whole number"))?,
        _ => return Err(Mismatch::Type("a whole number")),
    };
    if (bounds.least..=bounds.most).contains(&number) {
        return Ok(number);
    }
    Err(match (bounds.least, bounds.most) {
        (least, i64::MAX) => bad(&format!("{least} or more")),
        (least, most) => bad(&format!("between {least} and {most}")),
    })
}

/// The number that 32 bits keep of `text`, in its shortest notation.
fn short(text: &str) -> Option<f64> {
    // An underscore may stand between digits.
    let text = if text.contains('_') {
        let fits = text.split('_').all(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.ends_with(|c: char| c.is_ascii_digit())
        });
        fits.then(|| text.replace('_', ""))?
    } else {
        text.to_owned()
    };
    let value: f32 = text.parse().ok()?;
    value.to_string().parse().ok()
}

enum Mismatch {
    Type(&'static str),
    Value(String, Option<String>),
}

fn convert(node: &Node, shape: &Shape) -> Result<Value, Mismatch> {
    let bad = |what: &str| {
        let text = node.scalar_text().unwrap_or_default();
        let hint = match shape {
            Shape::Bool => "write `true` or `false`".to_owned(),
            Shape::Mode => "write for example `0440`".to_owned(),
            _ => format!("write {what}"),
        };
        Mismatch::Value(format!("`{text}` is not {what}"), Some(hint))
    };
    Ok(match (shape, &node.value) {
        (Shape::Text, Value::Text(_)) => node.value.clone(),
        (Shape::Text, _) => return Err(Mismatch::Type("a string")),
        (Shape::Scalar, _) => match node.scalar_text() {
            Some(text) => Value::Text(text),
            None => return Err(Mismatch::Type("a string or a number")),
        },
        (Shape::Bool | Shape::OnlyBool, Value::Bool(value)) => Value::Bool(*value),
        (Shape::Bool, Value::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "y" | "yes" | "on" => Value::Bool(true),
            "false" | "n" | "no" | "off" => Value::Bool(false),
            _ => return Err(bad("a boolean")),
        },
        (Shape::Bool | Shape::OnlyBool, _) => return Err(Mismatch::Type("a boolean")),
        (Shape::BoolOrText, Value::Bool(value)) => Value::Text(value.to_string()),
        (Shape::BoolOrText, Value::Text(_)) => node.value.clone(),
        (Shape::BoolOrText, _) => return Err(Mismatch::Type("a string or a boolean")),
        (Shape::IntegerOrText, Value::Int(value)) => Value::Text(value.to_string()),
        (Shape::Published, Value::Int(_))
        | (Shape::IntegerOrText | Shape::Published, Value::Text(_)) => node.value.clone(),
        (Shape::IntegerOrText | Shape::Published, _) => {
            return Err(Mismatch::Type("a string or a whole number"));
        }
        (Shape::Integer(bounds), value) => Value::Int(whole(value, *bounds, &bad)?.into()),
        (Shape::Number | Shape::LateNumber, Value::Int(value)) => {
            Value::Float(short(&value.to_string()).ok_or_else(|| bad("a number"))?)
        }
        (Shape::Number | Shape::LateNumber, Value::Float(value)) => {
            Value::Float(short(&value.to_string()).ok_or_else(|| bad("a number"))?)
        }
        (Shape::Number | Shape::LateNumber, Value::Text(text)) => {
            Value::Float(short(text).ok_or_else(|| bad("a number"))?)
        }
        (Shape::Number | Shape::LateNumber, _) => return Err(Mismatch::Type("a number")),
        (Shape::Duration, Value::Text(text)) => match units::parse_duration(text) {
            Ok(duration) => Value::Text(units::format_duration(duration)),
            Err(error) => return Err(Mismatch::Value(error.to_string(), None)),
        },
        (Shape::Duration, _) => return Err(Mismatch::Type("a string like `30s`")),
        (Shape::Bytes, Value::Int(value)) => Value::Text(value.to_string()),
        (Shape::Bytes | Shape::BytesText, Value::Text(text)) => match units::parse_bytes(text) {
            Ok(bytes) => Value::Text(bytes.to_string()),
            Err(error) => return Err(Mismatch::Value(error.to_string(), None)),
        },
        // Compose reads no size out of a fraction, and says nothing.
        (Shape::Bytes, Value::Float(_)) => Value::Text("0".to_owned()),
        (Shape::Bytes, _) => return Err(Mismatch::Type("a size like `512m`")),
        (Shape::BytesText, _) => return Err(Mismatch::Type("a string like `512m`")),
        (Shape::Mode, value) => {
            let mode = match value {
                Value::Int(mode) => i64::try_from(*mode).map_err(|_| bad("an octal number"))?,
                Value::Text(text) => {
                    i64::from_str_radix(text, 8).map_err(|_| bad("an octal number"))?
                }
                _ => return Err(Mismatch::Type("an octal number like `0440`")),
            };
            let sign = if mode < 0 { "-" } else { "" };
            Value::Text(format!("0{sign}{:o}", mode.unsigned_abs()))
        }
        (Shape::OneOf(words), Value::Text(text)) => {
            if !words.contains(&text.as_str()) {
                let hint = did_you_mean(text, words.iter().copied())
                    .unwrap_or_else(|| format!("use one of: {}", words.join(", ")));
                return Err(Mismatch::Value(
                    format!("unknown value `{text}`"),
                    Some(hint),
                ));
            }
            node.value.clone()
        }
        (Shape::OneOf(_), _) => return Err(Mismatch::Type("a string")),
        _ => return Err(Mismatch::Type("something else")),
    })
}
