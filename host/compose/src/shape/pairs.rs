//! `KEY=value` lists and mappings, and extra hosts.

use indexmap::map::Entry;

use super::Shaper;
use crate::check::unique;
use crate::schema::Pairs;
use crate::tree::{Fields, Node, Tag, Value};

impl Shaper<'_> {
    pub(super) fn pairs(&mut self, node: &Node, kind: Pairs) -> Option<Node> {
        let pairs = match &node.value {
            Value::Map(fields) => {
                let mut pairs = Fields::with_capacity(fields.len());
                for (name, field) in fields {
                    if field.tag == Tag::Reset {
                        pairs.insert(name.clone(), field.with(Value::Null));
                        continue;
                    }
                    if let Some(value) = self.pair_value(name, field, kind) {
                        let value = field.with(value).spelled_short(field.is_null());
                        pairs.insert(name.clone(), value);
                    }
                }
                pairs
            }
            Value::List(items)
                if !matches!(kind, Pairs::Options | Pairs::LogOptions | Pairs::Texts) =>
            {
                let mut pairs = Fields::with_capacity(items.len());
                if matches!(
                    kind,
                    Pairs::UniqueLabels | Pairs::ObjectLabels | Pairs::Agents
                ) {
                    let place = self.place();
                    unique(items, &place, self.report);
                }
                for (index, item) in items.iter().enumerate() {
                    let Some(text) = item.as_text() else {
                        self.path.push(format!("[{index}]"));
                        self.mismatch(item, "a string like `KEY=value`", None);
                        self.path.pop();
                        continue;
                    };
                    let (name, value) = match text.split_once('=') {
                        Some((name, value)) => (name, Value::Text(value.to_owned())),
                        None if kind == Pairs::Contexts && !self.templates
                            || (kind == Pairs::Agents && text != "default") =>
                        {
                            self.invalid(
                                item.mark,
                                &format!("`{text}` has no value"),
                                Some(format!("write `{text}=…`")),
                            );
                            continue;
                        }
                        None if matches!(kind, Pairs::Environment | Pairs::Agents) => {
                            (text, Value::Null)
                        }
                        None => (text, Value::Text(String::new())),
                    };
                    if kind == Pairs::Environment
                        && !self.templates
                        && name.ends_with(char::is_whitespace)
                    {
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
                let wanted = if matches!(kind, Pairs::Options | Pairs::LogOptions | Pairs::Texts) {
                    "a mapping"
                } else {
                    "a mapping or a list of `KEY=value`"
                };
                self.mismatch(node, wanted, None);
                return None;
            }
        };
        let list = matches!(node.value, Value::List(_));
        Some(node.with(Value::Map(pairs)).spelled_short(list))
    }

    /// The value of one pair of a mapping.
    fn pair_value(&mut self, name: &str, field: &Node, kind: Pairs) -> Option<Value> {
        let wanted = match (kind, &field.value) {
            (Pairs::Environment | Pairs::Agents, Value::Null) => return Some(Value::Null),
            (Pairs::Texts | Pairs::Contexts, Value::Text(text)) => {
                return Some(Value::Text(text.clone()));
            }
            (Pairs::Texts | Pairs::Contexts, _) => "a string",
            (Pairs::Options, Value::Null | Value::Bool(_))
            | (Pairs::LogOptions, Value::Bool(_)) => "a string or a number",
            (_, Value::Null) => return Some(Value::Text(String::new())),
            _ => match field.scalar_text() {
                Some(text) => return Some(Value::Text(text)),
                None => "a string, a number or a boolean",
            },
        };
        self.path.push(name.to_owned());
        self.mismatch(field, wanted, None);
        self.path.pop();
        None
    }

    /// Kept as `host=addresses` or as the list spells it, since files merge by that.
    pub(super) fn hosts(&mut self, node: &Node) -> Option<Node> {
        let mut hosts = Vec::new();
        let mut add = |shaper: &mut Self, host: &str, text: String, at: &Node| {
            if !shaper.templates && (host.is_empty() || host.contains([':', '='])) {
                let hint = "write `name=address`".to_owned();
                shaper.invalid(at.mark, &format!("`{host}` is not a host name"), Some(hint));
                return;
            }
            hosts.push(at.with(Value::Text(text)));
        };
        match &node.value {
            Value::Map(fields) => {
                for (host, field) in fields {
                    if field.tag == Tag::Reset {
                        let taken = format!("{host}=");
                        add(self, host, taken, field);
                        continue;
                    }
                    match &field.value {
                        Value::List(items) => {
                            for item in items {
                                let Some(address) = item.as_text() else {
                                    self.mismatch(item, "a string", None);
                                    continue;
                                };
                                add(self, host, format!("{host}={address}"), item);
                            }
                        }
                        Value::Text(address) => add(self, host, format!("{host}={address}"), field),
                        _ => self.mismatch(field, "a string or a list of strings", None),
                    }
                }
            }
            Value::List(items) => {
                let place = self.place();
                unique(items, &place, self.report);
                for item in items {
                    let text = item.as_text().unwrap_or_default();
                    match host_and_addresses(text) {
                        Some((host, _)) => add(self, host, text.to_owned(), item),
                        None if self.templates => {}
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
        let list = matches!(node.value, Value::List(_));
        Some(node.with(Value::List(hosts)).spelled_short(list))
    }
}

/// `host=addresses` or `host:addresses` in two.
pub(crate) fn host_and_addresses(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').or_else(|| text.split_once(':'))
}
