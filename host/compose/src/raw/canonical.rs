//! Long forms for the short ones, as far as a text without its variables can be read.

use super::fits;
use crate::report::Report;
use crate::shape::Shaper;
use crate::tree::{Fields, Mark, Node, Value};

/// Spells out everything below `node`, which stands at `path`.
pub(super) fn spell_out(node: &mut Node, path: &mut Vec<String>) {
    let at = |pattern: &str| fits(path, pattern);
    if path.len() == 3 && at("services.*.*") {
        let key = path.last().cloned().unwrap_or_default();
        if attribute(&key, node) {
            return;
        }
    } else if path.len() == 4 && at("services.*.build.*") {
        let key = path.last().cloned().unwrap_or_default();
        if of_build(&key, node) {
            return;
        }
    } else if at("services.*.develop.watch.-.ignore") || at("services.*.develop.watch.-.include") {
        one_or_list(node);
        return;
    } else if path.len() == 2 && !at("services.*") && !at("models.*") {
        external(node);
    }
    match &mut node.value {
        Value::Map(fields) => {
            for (key, field) in fields {
                path.push(key.clone());
                spell_out(field, path);
                path.pop();
            }
        }
        Value::List(items) => {
            for item in items {
                path.push("-".to_owned());
                spell_out(item, path);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether the attribute is dealt with.
fn attribute(key: &str, node: &mut Node) -> bool {
    match key {
        "depends_on" => depends_on(node),
        "env_file" => env_file(node),
        "label_file" => one_or_list(node),
        "dns" => {
            one_or_list(node);
            if let Some(items) = node.as_list_mut() {
                items.retain(|item| !item.is_null() && item.as_text() != Some(""));
            }
        }
        "extends" => text_as("service", node),
        "gpus" => {
            if node.as_text().is_some() {
                let all = Node::text("all", node.mark);
                let request = Fields::from_iter([("count".to_owned(), all)]);
                node.value = Value::List(vec![Node::new(Value::Map(request), node.mark)]);
            }
        }
        "networks" | "models" => {
            if let Value::List(items) = &node.value {
                let names = items
                    .iter()
                    .filter_map(|item| Some((item.as_text()?.to_owned(), item.with(Value::Null))));
                node.value = Value::Map(names.collect());
            }
        }
        "volumes" => {
            for item in node.as_list_mut().into_iter().flatten() {
                if let Some(mount) = mount(item) {
                    *item = mount;
                }
            }
        }
        "devices" => {
            for item in node.as_list_mut().into_iter().flatten() {
                let mut aside = Report::default();
                let long = crate::expand::device(item.clone(), &mut Shaper::new(&mut aside, &[]));
                if let Some(device) = long {
                    *item = device;
                }
            }
        }
        "secrets" | "configs" => {
            for item in node.as_list_mut().into_iter().flatten() {
                text_as("source", item);
            }
        }
        "ports" => ports(node),
        "build" => {
            text_as("context", node);
            return false;
        }
        _ => return false,
    }
    true
}

fn of_build(key: &str, node: &mut Node) -> bool {
    match key {
        "secrets" => {
            for item in node.as_list_mut().into_iter().flatten() {
                text_as("source", item);
            }
        }
        "provenance" | "sbom" => {
            if let Some(text) = node.scalar_text() {
                node.value = Value::Text(text);
            }
        }
        "additional_contexts" | "ssh" => pairs(node, key == "ssh"),
        _ => return false,
    }
    true
}

/// A list of `key=value` as a mapping, if each item has a value; only agents may lack it.
fn pairs(node: &mut Node, agents: bool) {
    let Value::List(items) = &node.value else {
        return;
    };
    let mut fields = Fields::with_capacity(items.len());
    for item in items {
        let text = item.as_text().unwrap_or_default();
        match text.split_once('=') {
            Some((key, value)) => {
                fields.insert(key.to_owned(), item.with(Value::Text(value.to_owned())));
            }
            None if agents => {
                fields.insert(text.to_owned(), item.with(Value::Null));
            }
            None => return,
        }
    }
    node.value = Value::Map(fields);
}

fn one_or_list(node: &mut Node) {
    if let Value::Text(text) = &node.value {
        node.value = Value::List(vec![Node::text(text.clone(), node.mark)]);
    }
}

fn text_as(key: &str, node: &mut Node) {
    if let Value::Text(text) = &node.value {
        let text = Node::text(text.clone(), node.mark);
        node.value = Value::Map(Fields::from_iter([(key.to_owned(), text)]));
    }
}

/// What a bare name in `depends_on` means.
pub(super) fn dependency(mark: Mark) -> Value {
    let condition = Node::text("service_started", mark);
    let required = Node::bool(true, mark);
    Value::Map(Fields::from_iter([
        ("condition".to_owned(), condition),
        ("required".to_owned(), required),
    ]))
}

fn depends_on(node: &mut Node) {
    match &mut node.value {
        Value::List(items) => {
            let named = items.iter().filter_map(|item| {
                Some((item.as_text()?.to_owned(), item.with(dependency(item.mark))))
            });
            node.value = Value::Map(named.collect());
        }
        Value::Map(fields) => {
            for field in fields.values_mut().filter_map(Node::as_map_mut) {
                field
                    .entry("required".to_owned())
                    .or_insert_with(|| Node::bool(true, Mark::NONE));
            }
        }
        _ => {}
    }
}

fn env_file(node: &mut Node) {
    one_or_list(node);
    for item in node.as_list_mut().into_iter().flatten() {
        text_as("path", item);
        if let Some(fields) = item.as_map_mut() {
            fields
                .entry("required".to_owned())
                .or_insert_with(|| Node::bool(true, Mark::NONE));
        }
    }
}

/// All of them, or none if one cannot be read.
fn ports(node: &mut Node) {
    let Some(items) = node.as_list() else {
        return;
    };
    let mut long = Vec::with_capacity(items.len());
    for item in items {
        if item.as_map().is_some() {
            long.push(item.clone());
            continue;
        }
        let mut aside = Report::default();
        let list = item.with(Value::List(vec![item.clone()]));
        let read = crate::expand::ports(list, &mut Shaper::new(&mut aside, &[]));
        match read.filter(|_| !aside.has_errors()).map(|read| read.value) {
            Some(Value::List(read)) => long.extend(read.into_iter().map(with_mode)),
            _ => return,
        }
    }
    node.value = Value::List(long);
}

fn with_mode(mut port: Node) -> Node {
    let mark = port.mark;
    if let Some(fields) = port.as_map_mut() {
        fields
            .entry("mode".to_owned())
            .or_insert_with(|| Node::text("ingress", mark));
    }
    port
}

/// The long form of a mount; none when it cannot be read.
pub(super) fn mount(node: &Node) -> Option<Node> {
    let mut aside = Report::default();
    crate::expand::mount(node.clone(), &mut Shaper::new(&mut aside, &[]))
}

fn external(node: &mut Node) {
    let Some(old) = node
        .get("external")
        .filter(|old| old.as_map().is_some())
        .cloned()
    else {
        return;
    };
    let name = old.get("name").cloned();
    if let Some(fields) = node.as_map_mut() {
        fields.insert("external".to_owned(), old.with(Value::Bool(true)));
        if let Some(name) = name {
            fields.entry("name".to_owned()).or_insert(name);
        }
    }
}
