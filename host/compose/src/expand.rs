//! Short forms and what they stand for, and the keys by which list items replace
//! each other.

mod mounts;
mod ports;

pub(crate) use mounts::mount;
pub(crate) use ports::{port_key, ports};

use crate::shape::Shaper;
use crate::tree::{Fields, Node, Value};

fn map(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(name, node)| (name.to_owned(), node))
            .collect(),
    )
}

/// A single string for a list of one.
pub(crate) fn one_or_list(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match &node.value {
        Value::Text(text) => node.with(Value::List(vec![Node::text(text, node.mark)])),
        _ => node,
    })
}

/// A single scalar for a list of one.
pub(crate) fn one_scalar_or_list(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match node.scalar_text() {
        Some(text) => node
            .with(Value::List(vec![Node::text(text, node.mark)]))
            .spelled_short(true),
        None => node,
    })
}

/// Two characters that a name may hold, somewhere: so far the specification goes.
pub(crate) fn container_name(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    if node.as_text() == Some("") {
        let hint = "is a variable behind it unset? `${NAME:-default}` gives a default";
        shaper.invalid(node.mark, "the name is empty", Some(hint.to_owned()));
        return None;
    }
    let may_start = |byte: u8| byte.is_ascii_alphanumeric();
    let may_follow = |byte: u8| may_start(byte) || matches!(byte, b'_' | b'.' | b'-');
    if let Some(text) = node.as_text()
        && !text
            .as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if may_start(*a) && may_follow(*b)))
    {
        let hint = "it needs two letters or digits or more";
        let message = format!("`{text}` cannot be a container name");
        shaper.invalid(node.mark, &message, Some(hint.to_owned()));
        return None;
    }
    Some(node)
}

/// A size without a fraction.
pub(crate) fn whole_size(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    if let Value::Float(size) = node.value
        && size.fract() != 0.0
    {
        shaper.mismatch(&node, "a whole number or a string like `512m`", None);
        return None;
    }
    Some(node)
}

/// A size of nothing or more, without a fraction.
pub(crate) fn not_negative(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let node = whole_size(node, shaper)?;
    if let Value::Int(..0) = node.value {
        shaper.invalid(
            node.mark,
            "a size cannot be negative",
            Some("write for example `64m`".to_owned()),
        );
        return None;
    }
    Some(node)
}

/// `external: {name: …}` of a network or volume, which holds nothing else.
pub(crate) fn external_name(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let old = node.get("external").and_then(Node::as_map);
    let other = old
        .into_iter()
        .flatten()
        .find(|(key, _)| *key != "name" && !key.starts_with("x-"));
    if let Some((key, field)) = other {
        let message = format!("unknown key `{key}` in `external`");
        shaper.invalid(
            field.key,
            &message,
            Some("write `external: true`".to_owned()),
        );
        return None;
    }
    external(node, shaper)
}

/// A word, or `every_` and a time.
pub(crate) fn pull_policy(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    const WORDS: [&str; 8] = [
        "always",
        "never",
        "build",
        "if_not_present",
        "missing",
        "refresh",
        "daily",
        "weekly",
    ];
    let Some(text) = node.as_text() else {
        return Some(node);
    };
    let every = || {
        text.split("every_").skip(1).any(|time| {
            let unit = time.trim_start_matches(|c: char| c.is_ascii_digit());
            unit.len() < time.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
        })
    };
    // Compose looks for these words anywhere in the text.
    if WORDS.iter().any(|word| text.contains(word)) || every() {
        return Some(node);
    }
    let hint = crate::report::did_you_mean(text, WORDS)
        .unwrap_or_else(|| format!("use one of: {}, every_12h", WORDS.join(", ")));
    shaper.invalid(node.mark, &format!("unknown value `{text}`"), Some(hint));
    None
}

/// `build: folder`.
pub(crate) fn build(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match &node.value {
        Value::Text(text) => node.with(map([("context", Node::text(text, node.mark))])),
        _ => node,
    })
}

/// `extends: service`.
pub(crate) fn extends(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match &node.value {
        Value::Text(text) => node.with(map([("service", Node::text(text, node.mark))])),
        _ => node,
    })
}

/// `include: [file]`.
pub(crate) fn include(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match &node.value {
        Value::Text(text) => node.with(map([("path", Node::text(text, node.mark))])),
        _ => node,
    })
}

/// The names of a list, each with what `value` makes of it.
fn from_names(node: Node, shaper: &mut Shaper<'_>, value: fn(&Node) -> Value) -> Option<Node> {
    let Value::List(items) = &node.value else {
        return Some(node);
    };
    let place = shaper.place();
    crate::check::unique(items, &place, shaper.report);
    let mut fields = Fields::with_capacity(items.len());
    for item in items {
        let Some(name) = item.as_text() else {
            shaper.mismatch(item, "a list of names", None);
            return None;
        };
        fields.insert(name.to_owned(), item.with(value(item)));
    }
    Some(node.with(Value::Map(fields)))
}

/// `networks: [a, b]`.
pub(crate) fn names(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    from_names(node, shaper, |_| Value::Null)
}

/// `depends_on: [a, b]`.
pub(crate) fn depends_on(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    from_names(node, shaper, |item| {
        map([
            ("condition", Node::text("service_started", item.mark)),
            ("required", Node::bool(true, item.mark)),
        ])
    })
}

/// `env_file: path`, and paths in a list.
pub(crate) fn env_files(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    let long = |item: &Node| match &item.value {
        Value::Text(text) => item.with(map([("path", Node::text(text, item.mark))])),
        _ => item.clone(),
    };
    Some(match &node.value {
        Value::Text(_) => {
            let entry = Node {
                tag: crate::tree::Tag::None,
                ..long(&node)
            };
            node.with(Value::List(vec![entry]))
        }
        Value::List(items) => node.with(Value::List(items.iter().map(long).collect())),
        _ => node,
    })
}

/// `secrets: [name]` and `configs: [name]` of a service.
pub(crate) fn file_reference(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    Some(match &node.value {
        Value::Text(text) => node.with(map([("source", Node::text(text, node.mark))])),
        _ => node,
    })
}

/// `gpus: all`.
pub(crate) fn gpus(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let Some(text) = node.as_text() else {
        return Some(node);
    };
    if text != "all" {
        shaper.invalid(
            node.mark,
            &format!("`{text}` is not known here"),
            Some("write `all`, or a list of requests".to_owned()),
        );
        return None;
    }
    let all = Node::new(
        map([("count", Node::new(Value::Int(-1), node.mark))]),
        node.mark,
    );
    Some(node.with(Value::List(vec![all])).spelled_short(true))
}

/// `count: all`.
pub(crate) fn device_count(node: Node, _: &mut Shaper<'_>) -> Option<Node> {
    let all = node
        .as_text()
        .is_some_and(|text| text.eq_ignore_ascii_case("all"));
    Some(if all { node.with(Value::Int(-1)) } else { node })
}

/// `devices: [source:target:permissions]`.
pub(crate) fn device(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let Value::Text(text) = &node.value else {
        return Some(node);
    };
    if shaper.templates {
        return Some(node.with(map([("source", Node::text(text, node.mark))])));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, *source, "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => {
            shaper.invalid(
                node.mark,
                &format!("`{text}` has too many colons for a device"),
                Some("use the keys `source`, `target` and `permissions`".to_owned()),
            );
            return None;
        }
    };
    let target = if target.is_empty() { source } else { target };
    let value = map([
        ("source", Node::text(source, node.mark)),
        ("target", Node::text(target, node.mark)),
        ("permissions", Node::text(permissions, node.mark)),
    ]);
    Some(node.with(value))
}

/// `external: {name: …}` of a network, volume, secret or config.
pub(crate) fn external(mut node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let old = node
        .get("external")
        .filter(|external| external.as_map().is_some())
        .cloned();
    let Some(old) = old else { return Some(node) };
    let name = old.get("name").cloned();
    let known = node.get("name").cloned();
    if let (Some(name), Some(known)) = (&name, &known)
        && !name.same_data(known)
    {
        shaper.invalid(
            name.mark,
            "`name` and `external.name` differ",
            Some("keep `name` and write `external: true`".to_owned()),
        );
        return None;
    }
    let place = shaper.place();
    shaper.report.warning(
        "deprecated",
        old.key,
        format!("`{place}.external.name` is deprecated"),
        Some("write `name: …` and `external: true`".to_owned()),
    );
    if let Some(fields) = node.as_map_mut() {
        fields.insert("external".to_owned(), old.with(Value::Bool(true)));
        if let Some(name) = name {
            fields.entry("name".to_owned()).or_insert(name);
        }
    }
    Some(node)
}

fn text_of<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_text)
}

/// `KEY` of `KEY=value`.
pub(crate) fn pair_key(node: &Node) -> String {
    let text = node.scalar_text().unwrap_or_default();
    text.split_once('=')
        .map_or(text.clone(), |(key, _)| key.to_owned())
}

/// The whole text.
pub(crate) fn whole_key(node: &Node) -> String {
    node.scalar_text().unwrap_or_default()
}

/// Where a mount or device appears in the container.
pub(crate) fn target_key(node: &Node) -> String {
    text_of(node, "target")
        .or_else(|| text_of(node, "source"))
        .unwrap_or_default()
        .to_owned()
}

/// The path of an `env_file`.
pub(crate) fn path_key(node: &Node) -> String {
    text_of(node, "path").unwrap_or_default().to_owned()
}

/// Where a secret appears in the container.
pub(crate) fn secret_key(node: &Node) -> String {
    reference_key(node, "/run/secrets")
}

/// Where a config appears in the container.
pub(crate) fn config_key(node: &Node) -> String {
    reference_key(node, "")
}

fn reference_key(node: &Node, folder: &str) -> String {
    match text_of(node, "target") {
        Some(target) => target.to_owned(),
        None => format!("{folder}/{}", text_of(node, "source").unwrap_or_default()),
    }
}
