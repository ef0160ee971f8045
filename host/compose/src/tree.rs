//! YAML trees with the place of every node, before anything is typed.
//!
//! Paths into a tree are slices of keys, never joined text: service names may
//! hold dots.

use indexmap::IndexMap;

/// A place in one of the loaded files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Index into the loaded files; [`Mark::NONE`] has none.
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

impl Mark {
    /// For nodes that no file spelled out.
    pub(crate) const NONE: Self = Self {
        file: u32::MAX,
        line: 0,
        column: 0,
        offset: 0,
        length: 0,
    };
}

/// `!reset` and `!override`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    None,
    /// Takes the attribute away from what the earlier files said.
    Reset,
    /// Replaces what the earlier files said instead of merging with it.
    Override,
}

/// Keys with their nodes, in the order of the file.
pub(crate) type Fields = IndexMap<String, Node>;

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// 64 bits, with or without a sign.
    Int(i128),
    Float(f64),
    Text(String),
    /// A date without quotes, as JSON has it. To compose it is no text.
    Time(String),
    List(Vec<Node>),
    Map(Fields),
}

/// A value, where it stands, and where its key stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) mark: Mark,
    /// The key in front of it; the node's own place for list items.
    pub(crate) key: Mark,
    pub(crate) tag: Tag,
    /// The file spells less than stands here: a word for a list, a list for a mapping,
    /// nothing for an empty text. Some of it merges in another way.
    pub(crate) short: bool,
    /// The value cannot be used, which counts if nothing replaces it: where the report
    /// keeps what to say.
    pub(crate) wrong: Option<u32>,
}

impl Node {
    pub(crate) fn new(value: Value, mark: Mark) -> Self {
        Self {
            value,
            mark,
            key: mark,
            tag: Tag::None,
            short: false,
            wrong: None,
        }
    }

    /// The same node, marked as [`short`](Self::short) or not.
    pub(crate) fn spelled_short(self, short: bool) -> Self {
        Self { short, ..self }
    }

    /// A node with another value at the same place.
    pub(crate) fn with(&self, value: Value) -> Self {
        Self {
            value,
            mark: self.mark,
            key: self.key,
            tag: self.tag,
            short: self.short,
            wrong: None,
        }
    }

    pub(crate) fn text(text: impl Into<String>, mark: Mark) -> Self {
        Self::new(Value::Text(text.into()), mark)
    }

    pub(crate) fn bool(value: bool, mark: Mark) -> Self {
        Self::new(Value::Bool(value), mark)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub(crate) fn as_map(&self) -> Option<&Fields> {
        match &self.value {
            Value::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub(crate) fn as_map_mut(&mut self) -> Option<&mut Fields> {
        match &mut self.value {
            Value::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_list_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map().and_then(|fields| fields.get(key))
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut().and_then(|fields| fields.get_mut(key))
    }

    /// What the value is, in the words of a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a string",
            Value::Time(_) => "a date",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// A scalar as the text that compose makes of it; none for collections and null.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match &self.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(float_text(*value)),
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::Time(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The same data regardless of the places.
    pub(crate) fn same_data(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Text(a), Value::Text(b)) | (Value::Time(a), Value::Time(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_data(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| a.same_data(b)))
            }
            _ => false,
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => match u64::try_from(*value) {
                Ok(value) => Json::from(value),
                Err(_) => Json::from(i64::try_from(*value).unwrap_or(i64::MIN)),
            },
            Value::Float(value) => json_number(*value),
            Value::Text(text) | Value::Time(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(fields) => Json::Object(
                fields
                    .iter()
                    .map(|(k, v)| (k.clone(), v.to_json()))
                    .collect(),
            ),
        }
    }
}

/// Whole numbers without a fraction, as every JSON writer but Rust's has them.
pub(crate) fn json_number(value: f64) -> serde_json::Value {
    let whole = format!("{value:.0}").parse::<i64>();
    match whole {
        Ok(whole) if value.fract() == 0.0 => serde_json::Value::from(whole),
        _ => serde_json::Value::from(value),
    }
}

/// The shortest text of a float, with an exponent below 1e-4 and from a million on.
pub(crate) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent
            .strip_prefix('-')
            .map_or(('+', exponent), |digits| ('-', digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::float_text;

    #[test]
    fn floats_read_as_in_compose() {
        for (value, text) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (123_456.5, "123456.5"),
            (1e6, "1e+06"),
            (123_456_789.123, "1.23456789123e+08"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
