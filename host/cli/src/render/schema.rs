//! A JSON Schema of settings as a table: key, type, what happens without it,
//! and what it means. Shows what people write in sinops.yaml, not the schema
//! language: references are followed, `null` is left out.

use crate::problem::printable;
use crate::render::table::Table;
use crate::terminal::Page;
use serde_json::{Map, Value};

/// Deeper settings are shown as `object`.
const DEEPEST: usize = 4;

/// Lines of the table; empty if there are no settings.
pub(crate) fn lines(schema: &Value, indent: usize, page: Page) -> Vec<String> {
    let mut table = Table::default();
    add(&mut table, schema, schema, "", 0, page);
    table.lines(indent, page.width)
}

fn add(table: &mut Table, root: &Value, schema: &Value, prefix: &str, depth: usize, page: Page) {
    let schema = resolved(root, schema);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (key, property) in properties {
        let target = resolved(root, property);
        let note = if required.contains(&key.as_str()) {
            page.paint.notable("required")
        } else {
            let default = property.get("default").or_else(|| target.get("default"));
            default
                .filter(|it| !it.is_null())
                .map_or_else(String::new, |it| {
                    page.paint.quiet(&printable(&format!("default {it}")))
                })
        };
        let words = property
            .get("description")
            .or_else(|| target.get("description"));
        let words = words
            .and_then(Value::as_str)
            .unwrap_or_default()
            .replace('\n', " ");
        let name = format!("{prefix}{key}");
        table.row([
            printable(&name),
            kind(root, target),
            note,
            printable(&words),
        ]);
        if depth < DEEPEST {
            let inner = match target.get("items") {
                Some(items) => (items, format!("{name}[].")),
                None => (target, format!("{name}.")),
            };
            add(table, root, inner.0, &inner.1, depth + 1, page);
        }
    }
}

/// Follows `$ref` within the document, and an `anyOf` whose other branch is null.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A reference to itself ends here.
    for _ in 0..8 {
        let target = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| root.pointer(reference.trim_start_matches('#')));
        let only = || {
            let branches = schema
                .get("anyOf")
                .or_else(|| schema.get("oneOf"))?
                .as_array()?;
            let mut real = branches
                .iter()
                .filter(|it| it.get("type") != Some(&"null".into()));
            let first = real.next()?;
            real.next().is_none().then_some(first)
        };
        match target.or_else(only) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

fn kind(root: &Value, schema: &Value) -> String {
    if let Some(words) = alternatives(root, schema) {
        return words;
    }
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "any".to_owned(),
    };
    match (name.as_str(), schema.get("items"), map_value(schema)) {
        ("array", Some(items), _) => format!("list of {}", kind(root, resolved(root, items))),
        ("object", _, Some(value)) => format!("map to {}", kind(root, resolved(root, value))),
        _ => printable(&name),
    }
}

/// What a free-form object holds.
fn map_value(schema: &Value) -> Option<&Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    schema
        .get("additionalProperties")
        .filter(|value| value.is_object() && properties.is_none_or(Map::is_empty))
}

/// The words of an enumeration, also where each has a branch of its own.
fn alternatives(root: &Value, schema: &Value) -> Option<String> {
    let words = |values: &[Value]| {
        let words: Vec<String> = values.iter().map(ToString::to_string).collect();
        printable(&words.join(" | "))
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(words(values));
    }
    let branches = schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))?
        .as_array()?;
    let constants: Option<Vec<Value>> = branches
        .iter()
        .map(|branch| branch.get("const").cloned())
        .collect();
    if let Some(constants) = constants {
        return Some(words(&constants));
    }
    let kinds: Vec<String> = branches
        .iter()
        .map(|branch| kind(root, resolved(root, branch)))
        .collect();
    Some(kinds.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_a_table() {
        let schema = json!({
            "type": "object",
            "required": ["channel"],
            "properties": {
                "channel": { "type": "string", "description": "Where to write." },
                "level": { "$ref": "#/$defs/Level", "default": "warning" },
                "retry": { "anyOf": [{ "$ref": "#/$defs/Retry" }, { "type": "null" }] },
                "tags": { "type": ["array", "null"], "items": { "type": "string" } },
            },
            "$defs": {
                "Level": { "enum": ["info", "warning"] },
                "Retry": { "type": "object", "properties": { "times": { "type": "integer" } } },
            },
        });
        assert_eq!(
            lines(&schema, 2, Page::plain()),
            [
                "  channel      string              required           Where to write.",
                "  level        \"info\" | \"warning\"  default \"warning\"",
                "  retry        object",
                "  retry.times  integer",
                "  tags         list of string",
            ]
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({
            "$ref": "#/$defs/Node",
            "$defs": { "Node": { "properties": { "next": { "$ref": "#/$defs/Node" } } } },
        });
        assert_eq!(lines(&schema, 0, Page::plain()).len(), DEEPEST + 1);
    }
}
