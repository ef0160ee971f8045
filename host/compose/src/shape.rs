//! Checks a tree against the schema and brings every value into its canonical
//! form: long forms, typed scalars, pairs as mappings.
//!
//! A node that cannot be used is reported and dropped, so that one load tells
//! of many mistakes.

mod pairs;
mod scalar;

pub(crate) use pairs::host_and_addresses;
pub(crate) use scalar::ULIMIT;

use crate::report::{Report, did_you_mean};
use crate::schema::{Object, Shape};
use crate::tree::{Fields, Mark, Node, Tag, Value};

/// Walks a tree and the schema side by side.
pub(crate) struct Shaper<'a> {
    pub(crate) report: &'a mut Report,
    path: Vec<String>,
    /// Texts may be templates: only their places are checked, and the result is of no use.
    pub(crate) templates: bool,
}

impl<'a> Shaper<'a> {
    /// Starts below `path`, which only serves messages.
    pub(crate) fn new(report: &'a mut Report, path: &[&str]) -> Self {
        Self {
            report,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            templates: false,
        }
    }

    /// For a tree that nothing was filled in.
    pub(crate) fn of_templates(report: &'a mut Report) -> Self {
        Self {
            templates: true,
            ..Self::new(report, &[])
        }
    }

    /// `services.web.ports[0]`, for messages.
    pub(crate) fn place(&self) -> String {
        let parts: Vec<&str> = self.path.iter().map(String::as_str).collect();
        crate::check::place(&parts)
    }

    /// The canonical form of `node`.
    pub(crate) fn shape(&mut self, mut node: Node, shape: &'static Shape) -> Option<Node> {
        if node.tag == Tag::Reset {
            node.value = Value::Null;
            return Some(node);
        }
        match shape {
            Shape::Any => Some(node),
            Shape::Same(shape) | Shape::Merge(_, shape) | Shape::Kept(shape) => {
                self.shape(node, shape)
            }
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
            Shape::List(inner) | Shape::Unique(inner) => self.list(node, inner),
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
            hint.or_else(|| remedy(wanted, node)),
        );
    }

    /// Reports a value of the right type that cannot be used.
    pub(crate) fn invalid(&mut self, mark: Mark, message: &str, hint: Option<String>) {
        let message = format!("`{}`: {message}", self.place());
        self.report.error("invalid-value", mark, message, hint);
    }

    /// Keeps a value that cannot be used, and what to say if no other file replaces it.
    pub(crate) fn postpone(&mut self, node: Node, message: &str, hint: Option<String>) -> Node {
        let message = format!("`{}`: {message}", self.place());
        let wrong = self
            .report
            .postpone("invalid-value", node.mark, message, hint);
        Node { wrong, ..node }
    }

    fn object(&mut self, node: Node, object: &'static Object) -> Option<Node> {
        let Value::Map(fields) = node.value else {
            self.mismatch(&node, "a mapping", None);
            return None;
        };
        let mut shaped = Fields::with_capacity(fields.len());
        for (name, field) in fields {
            let known = object.field(&name);
            if field.is_null() && field.tag != Tag::Reset && known.is_some() {
                // What another file said may stand: `check` looks once they are merged.
                shaped.insert(name, field);
                continue;
            }
            let shape = match known {
                Some(known) => &known.shape,
                None if object.extensible && name.starts_with("x-") => &Shape::Any,
                None => {
                    self.unknown_key(&name, &field, object);
                    continue;
                }
            };
            self.path.push(name);
            let value = self.shape(field, shape);
            let name = self.path.pop();
            if let (Some(name), Some(value)) = (name, value) {
                shaped.insert(name, value);
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
        let message = format!("unknown key `{name}` {place}");
        if object.forgiving {
            self.report.warning("unknown-key", field.key, message, hint);
        } else {
            self.report.error("unknown-key", field.key, message, hint);
        }
    }

    fn map(&mut self, node: Node, inner: &'static Shape) -> Option<Node> {
        let Value::Map(fields) = node.value else {
            self.mismatch(&node, "a mapping", None);
            return None;
        };
        let mut shaped = Fields::with_capacity(fields.len());
        for (name, field) in fields {
            if field.is_null() && field.tag != Tag::Reset {
                shaped.insert(name, field);
                continue;
            }
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
}

/// How a value of another kind is written.
fn remedy(wanted: &str, node: &Node) -> Option<String> {
    let hint = match (wanted, &node.value) {
        (_, Value::Null) => "give it a value, or remove the key",
        (_, Value::List(_)) if wanted.starts_with("a mapping") => {
            "write `key: value` on each line, without `- `"
        }
        (_, Value::Map(_)) if wanted.starts_with("a list") => "begin each line with `- `",
        (_, Value::Map(_)) if wanted.contains("KEY=value") => "write `KEY=value`, without a blank",
        (_, Value::List(_) | Value::Map(_)) => "write a single value behind the key",
        (_, Value::Time(_)) => "quote it, so that it is no date",
        _ if wanted.starts_with("a mapping") => "write `key: value` lines below the key",
        _ if wanted.starts_with("a list") => "write each item on a line of its own behind `- `",
        _ if wanted.contains("boolean") => "write `true` or `false`, without quotes",
        (_, Value::Text(_)) if wanted.contains("number") => "write digits, without quotes",
        (_, Value::Bool(_) | Value::Int(_) | Value::Float(_)) if wanted.contains("string") => {
            "put it in quotes"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
