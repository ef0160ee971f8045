//! What must hold of the merged tree after each file: keys that are required,
//! and lists that must not repeat themselves.

use crate::report::Report;
use crate::schema::Shape;
use crate::shape::ULIMIT;
use crate::tree::{Fields, Node, Value};

/// Checks `node`, which stands at `path`.
pub(crate) fn check<'a>(
    node: &'a Node,
    shape: &'static Shape,
    path: &mut Vec<&'a str>,
    report: &mut Report,
) {
    match (shape, &node.value) {
        (_, Value::Null) if shape.takes_nothing() => {}
        (_, Value::Null) => {
            let message = format!("`{}` must be {}, not nothing", place(path), shape.wanted());
            let hint = "give it a value, or remove the key".to_owned();
            report.error("wrong-type", node.key, message, Some(hint));
        }
        (
            Shape::Same(shape)
            | Shape::OrNull(shape)
            | Shape::Expand(_, shape)
            | Shape::Merge(_, shape)
            | Shape::Kept(shape),
            _,
        ) => check(node, shape, path, report),
        (Shape::Object(object), Value::Map(fields)) => {
            for required in object.required {
                if !fields.contains_key(*required) {
                    missing(node, &place(path), required, report);
                }
            }
            for (name, field) in fields {
                if let Some(known) = object.field(name)
                    && !matches!(field.value, Value::Text(_))
                {
                    path.push(name);
                    check(field, &known.shape, path, report);
                    path.pop();
                }
            }
        }
        (Shape::Ulimit, Value::Map(fields)) => {
            for required in ULIMIT.required {
                if !fields.contains_key(*required) {
                    missing(node, &place(path), required, report);
                }
            }
        }
        (Shape::Map(inner), Value::Map(fields)) => each(fields, inner, path, report),
        (Shape::List(inner) | Shape::Unique(inner) | Shape::Set(inner, _), Value::List(items)) => {
            if matches!(shape, Shape::Unique(_)) {
                unique(items, &place(path), report);
            }
            for item in items {
                check(item, inner, path, report);
            }
        }
        _ => {}
    }
}

fn each<'a>(
    fields: &'a Fields,
    inner: &'static Shape,
    path: &mut Vec<&'a str>,
    report: &mut Report,
) {
    for (name, field) in fields {
        path.push(name);
        check(field, inner, path, report);
        path.pop();
    }
}

/// Reports that `node` lacks a key.
pub(crate) fn missing(node: &Node, place: &str, key: &str, report: &mut Report) {
    report.error(
        "missing-key",
        node.mark,
        format!("`{place}` needs the key `{key}`"),
        Some(format!("add `{key}: …`")),
    );
}

/// Reports items that are there twice.
pub(crate) fn unique(items: &[Node], place: &str, report: &mut Report) {
    let mut seen = std::collections::HashMap::with_capacity(items.len());
    for item in items {
        let Value::Text(text) = &item.value else {
            continue;
        };
        if let Some(line) = seen.insert(text.as_str(), item.mark.line) {
            report.error(
                "duplicate-item",
                item.mark,
                format!("`{place}` lists `{text}` twice, see line {line}"),
                Some("remove one of the two".to_owned()),
            );
        }
    }
}

/// `services.web.ports`, for messages; a name with dots stands in quotes.
pub(crate) fn place(path: &[&str]) -> String {
    let mut text = String::new();
    for part in path {
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
