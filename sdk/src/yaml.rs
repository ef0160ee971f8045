//! YAML for configuration that a plugin generates: readable, block style, and
//! never ambiguous about what is text.

use serde_json::Value;

/// A document with a comment at its head, one line each.
#[must_use]
pub fn document(comment: &str, value: &Value) -> String {
    let mut out: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{pad}{}:", text(key)));
                nested(value, depth, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        // The first key stands beside the dash.
                        let mut inner = String::new();
                        block(item, depth + 1, &mut inner);
                        out.push_str(&format!("{pad}- {}", inner.trim_start()));
                    }
                    _ => {
                        out.push_str(&format!("{pad}-"));
                        nested(item, depth, out);
                    }
                }
            }
        }
        other => out.push_str(&format!("{pad}{}\n", flow(other))),
    }
}

fn nested(value: &Value, depth: usize, out: &mut String) {
    let is_block = match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        block(value, depth + 1, out);
    } else {
        out.push_str(&format!(" {}\n", flow(value)));
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}

/// Plain where nothing can be misread, otherwise quoted as in JSON.
fn text(string: &str) -> String {
    let plain = string.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && string
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && !matches!(
            string.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if plain {
        string.to_owned()
    } else {
        Value::String(string.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_nest_and_text_stays_text() {
        let value = json!({
            "a": { "b": [1, "2", "x y", true, "true", {}, []] },
            "list": [{ "k": "v", "more": { "deep": null } }, ["in", "ner"]],
            "time": "15s",
            "path": "/etc/x.yml",
            "odd: key": "a\n\"b\"",
        });
        assert_eq!(
            document("made by a test\nsecond", &value),
            "# made by a test\n# second\na:\n  b:\n    - 1\n    - \"2\"\n    - \"x y\"\n    - true\n    - \"true\"\n    - {}\n    - []\nlist:\n  - k: v\n    more:\n      deep: null\n  -\n    - in\n    - ner\ntime: \"15s\"\npath: /etc/x.yml\n\"odd: key\": \"a\\n\\\"b\\\"\"\n"
        );
    }
}
