//! Checks a tree against the schema and brings every value into its canonical
//! form: long forms, typed scalars, pairs as mappings.
//!
//! A node that cannot be used is reported and dropped, so that one load tells
//! of many mistakes.

use indexmap::map::Entry;

use crate::report::{Report, did_you_mean};
use crate::schema::{Object, Pairs, Shape};
use crate::tree::{Fields, Mark, Node, Tag, Value};
use crate::units;
use crate::words;

/// Walks a tree and the schema side by side.
pub(crate) struct Shaper<'a> {
    pub(crate) report: &'a mut Report,
    path: Vec<String>,
}

impl<'a> Shaper<'a> {
    /// Starts below `path`, which only serves messages.
    pub(crate) fn new(report: &'a mut Report, path: &[&str]) -> Self {
        Self {
            report,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
        }
    }

    /// `services.web.ports[0]`, for messages.
    pub(crate) fn place(&self) -> String {
        let mut text = String::new();
        for part in &self.path {
            if !part.starts_with('[') && !text.is_empty() {
                text.push('.');
            }
            if part.contains('.') && !part.starts_with('[') {
                text.push('"');
                text.push_str(part);
                text.push('"');
            } else {
                text.push_str(part);
            }
        }
        text
    }

    /// The canonical form of `node`.
    pub(crate) fn shape(&mut self, mut node: Node, shape: &'static Shape) -> Option<Node> {
        if node.tag == Tag::Reset {
            node.value = Value::Null;
            return Some(node);
        }
        match shape {
            Shape::Any => Some(node),
            Shape::Same(shape) | Shape::Merge(_, shape) => self.shape(node, shape),
            Shape::OrNull(shape) => {
                if node.is_null() {
                    return Some(node);
                }
                self.shape(node, shape)
            }
            Shape::Expand(expand, shape) => {
                let node = expand(node, self)?;
                self.shape(node, shape)
            }
            Shape::Object(object) => self.object(node, object),
            Shape::Map(inner) => self.map(node, inner),
            Shape::List(inner) => self.list(node, inner),
            Shape::Set(inner, key) => {
                let mut node = self.list(node, inner)?;
                if let Some(items) = node.as_list_mut() {
                    crate::merge::unique(items, *key);
                }
                Some(node)
            }
            Shape::Pairs(kind) => self.pairs(&node, *kind),
            Shape::Hosts => self.hosts(&node),
            Shape::Command => self.command(node),
            Shape::HealthTest => self.health_test(node),
            Shape::Ulimit => self.ulimit(node),
            _ => self.scalar(&node, shape),
        }
    }

    /// Reports that `node` is not what the schema wants.
    pub(crate) fn mismatch(&mut self, node: &Node, wanted: &str, hint: Option<String>) {
        let place = self.place();
        let place = if place.is_empty() {
            "the top level".to_owned()
        } else {
            format!("`{place}`")
        };
        let mark = if node.is_null() { node.key } else { node.mark };
        self.report.error(
            "wrong-type",
            mark,
            format!("{place} must be {wanted}, not {}", node.kind()),
            hint,
        );
    }

    /// Reports a value of the right type that cannot be used.
    pub(crate) fn invalid(&mut self, mark: Mark, message: &str, hint: Option<String>) {
        let message = format!("`{}`: {message}", self.place());
        self.report.error("invalid-value", mark, message, hint);
    }

    fn object(&mut self, node: Node, object: &'static Object) -> Option<Node> {
        let Value::Map(fields) = node.value else {
            self.mismatch(&node, "a mapping", None);
            return None;
        };
        let mut shaped = Fields::with_capacity(fields.len());
        for (name, field) in fields {
            let known = object.field(&name);
            let shape = match known {
                Some(known) => known.shape.as_ref(),
                None if object.extensible && name.starts_with("x-") => Some(&Shape::Any),
                None => {
                    self.unknown_key(&name, &field, object);
                    continue;
                }
            };
            let Some(shape) = shape else {
                self.unsupported_key(&name, &field);
                continue;
            };
            self.path.push(name);
            let value = self.shape(field, shape);
            let name = self.path.pop();
            if let (Some(name), Some(value)) = (name, value) {
                shaped.insert(name, value);
            }
        }
        for required in object.required {
            if !shaped.contains_key(*required) {
                let place = self.place();
                self.report.error(
                    "missing-key",
                    node.mark,
                    format!("`{place}` needs the key `{required}`"),
                    None,
                );
                return None;
            }
        }
        Some(Node {
            value: Value::Map(shaped),
            ..node
        })
    }

    fn unknown_key(&mut self, name: &str, field: &Node, object: &'static Object) {
        let place = self.place();
        let place = if place.is_empty() {
            "at the top level".to_owned()
        } else {
            format!("in `{place}`")
        };
        let hint = did_you_mean(name, object.fields.iter().map(|field| field.name)).or_else(|| {
            object
                .extensible
                .then(|| "keys of your own start with `x-`".to_owned())
        });
        self.report.error(
            "unknown-key",
            field.key,
            format!("unknown key `{name}` {place}"),
            hint,
        );
    }

    fn unsupported_key(&mut self, name: &str, field: &Node) {
        let place = self.place();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" in `{place}`")
        };
        self.report.error(
            "unsupported-key",
            field.key,
            format!("`{name}`{place} is a compose attribute that is not supported yet"),
            Some("remove it here, or take it away in an override file with `!reset`".to_owned()),
        );
    }

    fn map(&mut self, node: Node, inner: &'static Shape) -> Option<Node> {
        let Value::Map(fields) = node.value else {
            self.mismatch(&node, "a mapping", None);
            return None;
        };
        let mut shaped = Fields::with_capacity(fields.len());
        for (name, field) in fields {
            self.path.push(name);
            let value = self.shape(field, inner);
            if let (Some(name), Some(value)) = (self.path.pop(), value) {
                shaped.insert(name, value);
            }
        }
        Some(Node {
            value: Value::Map(shaped),
            ..node
        })
    }

    fn list(&mut self, node: Node, inner: &'static Shape) -> Option<Node> {
        let Value::List(items) = node.value else {
            self.mismatch(&node, "a list", None);
            return None;
        };
        let mut shaped = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.path.push(format!("[{index}]"));
            let value = self.shape(item, inner);
            self.path.pop();
            shaped.extend(value);
        }
        Some(Node {
            value: Value::List(shaped),
            ..node
        })
    }

    fn pairs(&mut self, node: &Node, kind: Pairs) -> Option<Node> {
        let pairs = match &node.value {
            Value::Map(fields) => {
                let mut pairs = Fields::with_capacity(fields.len());
                for (name, field) in fields {
                    let value = match field.scalar_text() {
                        _ if field.tag == Tag::Reset => Value::Null,
                        Some(text) => Value::Text(text),
                        None if field.is_null() && kind == Pairs::Environment => Value::Null,
                        None if field.is_null() => Value::Text(String::new()),
                        None => {
                            self.path.push(name.clone());
                            self.mismatch(field, "a string, a number or a boolean", None);
                            self.path.pop();
                            continue;
                        }
                    };
                    pairs.insert(name.clone(), field.with(value));
                }
                pairs
            }
            Value::List(items) if kind != Pairs::Options => {
                let mut pairs = Fields::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let Some(text) = item.as_text() else {
                        self.path.push(format!("[{index}]"));
                        self.mismatch(item, "a string like `KEY=value`", None);
                        self.path.pop();
                        continue;
                    };
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Value::Text(value.to_owned())),
                        None if kind == Pairs::Environment => (text, Value::Null),
                        None => (text, Value::Text(String::new())),
                    };
                    if name.ends_with(char::is_whitespace) {
                        self.invalid(
                            item.mark,
                            &format!("the name `{name}` ends with a space"),
                            Some(format!("write `{}=…`", name.trim_end())),
                        );
                        continue;
                    }
                    match pairs.entry(name.to_owned()) {
                        Entry::Occupied(mut entry) => *entry.get_mut() = item.with(value),
                        Entry::Vacant(entry) => {
                            entry.insert(item.with(value));
                        }
                    }
                }
                pairs
            }
            _ => {
                let wanted = if kind == Pairs::Options {
                    "a mapping"
                } else {
                    "a mapping or a list of `KEY=value`"
                };
                self.mismatch(node, wanted, None);
                return None;
            }
        };
        Some(node.with(Value::Map(pairs)))
    }

    fn hosts(&mut self, node: &Node) -> Option<Node> {
        let mut hosts = Vec::new();
        let mut add = |shaper: &mut Self, host: &str, addresses: &str, at: &Node| {
            if host.is_empty() || host.contains([':', '=']) {
                shaper.invalid(at.mark, &format!("`{host}` is not a host name"), None);
                return;
            }
            for address in addresses.split(',') {
                let address = address
                    .strip_prefix('[')
                    .and_then(|address| address.strip_suffix(']'))
                    .unwrap_or(address);
                hosts.push(at.with(Value::Text(format!("{host}={address}"))));
            }
        };
        match &node.value {
            Value::Map(fields) => {
                for (host, field) in fields {
                    match &field.value {
                        Value::List(items) => {
                            for item in items {
                                let address = item.scalar_text().unwrap_or_default();
                                add(self, host, &address, item);
                            }
                        }
                        Value::Text(address) => add(self, host, address, field),
                        _ => self.mismatch(field, "a string or a list of strings", None),
                    }
                }
            }
            Value::List(items) => {
                for item in items {
                    let text = item.as_text().unwrap_or_default();
                    match text.split_once('=').or_else(|| text.split_once(':')) {
                        Some((host, addresses)) => add(self, host, addresses, item),
                        None => self.invalid(
                            item.mark,
                            "an extra host needs an address",
                            Some("write `name=address`".to_owned()),
                        ),
                    }
                }
            }
            _ => {
                self.mismatch(node, "a mapping or a list of `host=address`", None);
                return None;
            }
        }
        Some(node.with(Value::List(hosts)))
    }

    fn command(&mut self, node: Node) -> Option<Node> {
        let value = match &node.value {
            Value::Null => return Some(node),
            Value::List(_) => return self.list(node, &Shape::Text),
            Value::Text(line) => {
                let Some(split) = words::split(line) else {
                    self.invalid(
                        node.mark,
                        "the command line has an open quote or a parenthesis",
                        Some("write it as a list of words".to_owned()),
                    );
                    return None;
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

    fn health_test(&mut self, node: Node) -> Option<Node> {
        match &node.value {
            Value::Text(line) => {
                let words = ["CMD-SHELL", line].map(|word| Node::text(word, node.mark));
                Some(node.with(Value::List(words.into())))
            }
            Value::List(items) => {
                let first = items.first().and_then(Node::as_text);
                if !items.is_empty() && !matches!(first, Some("CMD" | "CMD-SHELL" | "NONE")) {
                    self.invalid(
                        node.mark,
                        "a list must start with `CMD`, `CMD-SHELL` or `NONE`",
                        Some("write `[\"CMD\", …]`, or one string for a shell".to_owned()),
                    );
                    return None;
                }
                self.list(node, &Shape::Text)
            }
            _ => {
                self.mismatch(&node, "a string or a list of strings", None);
                None
            }
        }
    }

    fn ulimit(&mut self, node: Node) -> Option<Node> {
        if node.as_map().is_none() {
            return self.scalar(&node, &Shape::Integer);
        }
        static OBJECT: Object = Object {
            required: &["soft", "hard"],
            ..crate::schema::object(&[
                crate::schema::field("soft", Shape::Integer),
                crate::schema::field("hard", Shape::Integer),
            ])
        };
        self.object(node, &OBJECT)
    }

    fn scalar(&mut self, node: &Node, shape: &Shape) -> Option<Node> {
        match convert(node, shape) {
            Ok(value) => {
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
                    .filter(|_| matches!(shape, Shape::Text | Shape::Duration | Shape::OneOf(_)))
                    .map(|text| match shape {
                        Shape::Duration => format!("add a unit: `{text}s`"),
                        _ => format!("quote it: `\"{text}\"`"),
                    });
                self.mismatch(node, wanted, hint);
                None
            }
            Err(Mismatch::Value(message, hint)) => {
                self.invalid(node.mark, &message, hint);
                None
            }
        }
    }
}

enum Mismatch {
    Type(&'static str),
    Value(String, Option<String>),
}

fn convert(node: &Node, shape: &Shape) -> Result<Value, Mismatch> {
    let bad = |what: &str| {
        let text = node.scalar_text().unwrap_or_default();
        Mismatch::Value(format!("`{text}` is not {what}"), None)
    };
    Ok(match (shape, &node.value) {
        (Shape::Text, Value::Text(_)) => node.value.clone(),
        (Shape::Text, _) => return Err(Mismatch::Type("a string")),
        (Shape::Scalar, _) => match node.scalar_text() {
            Some(text) => Value::Text(text),
            None => return Err(Mismatch::Type("a string or a number")),
        },
        (Shape::Bool, Value::Bool(value)) => Value::Bool(*value),
        (Shape::Bool, Value::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "y" | "yes" | "on" => Value::Bool(true),
            "false" | "n" | "no" | "off" => Value::Bool(false),
            _ => return Err(bad("a boolean")),
        },
        (Shape::Bool, _) => return Err(Mismatch::Type("a boolean")),
        (Shape::Integer, Value::Int(value)) => Value::Int(*value),
        (Shape::Integer, Value::Text(text)) => {
            Value::Int(text.parse().map_err(|_| bad("a whole number"))?)
        }
        (Shape::Integer, _) => return Err(Mismatch::Type("a whole number")),
        (Shape::Number, Value::Int(value)) => {
            // Far beyond any number of CPUs, the precision does not matter.
            Value::Float(value.to_string().parse().map_err(|_| bad("a number"))?)
        }
        (Shape::Number, Value::Float(value)) => Value::Float(*value),
        (Shape::Number, Value::Text(text)) => {
            Value::Float(text.parse().map_err(|_| bad("a number"))?)
        }
        (Shape::Number, _) => return Err(Mismatch::Type("a number")),
        (Shape::Duration, Value::Text(text)) => match units::parse_duration(text) {
            Ok(duration) => Value::Text(units::format_duration(duration)),
            Err(error) => return Err(Mismatch::Value(error.to_string(), None)),
        },
        (Shape::Duration, _) => return Err(Mismatch::Type("a string like `30s`")),
        (Shape::Bytes, Value::Int(value)) => Value::Text(value.to_string()),
        (Shape::Bytes, Value::Text(text)) => match units::parse_bytes(text) {
            Ok(bytes) => Value::Text(bytes.to_string()),
            Err(error) => return Err(Mismatch::Value(error.to_string(), None)),
        },
        (Shape::Bytes, _) => return Err(Mismatch::Type("a size like `512m`")),
        (Shape::Mode | Shape::ModeNumber, value) => {
            let mode = match value {
                Value::Int(mode) => *mode,
                Value::Text(text) => {
                    i64::from_str_radix(text, 8).map_err(|_| bad("an octal number"))?
                }
                _ => return Err(Mismatch::Type("an octal number like `0440`")),
            };
            match shape {
                Shape::Mode => Value::Text(format!("0{mode:o}")),
                _ => Value::Int(mode),
            }
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
