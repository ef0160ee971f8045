//! Differences of two canonical definitions, in the words of compose files.

use super::{Change, Subject};
use serde_json::{Map, Value};

/// A value longer than this is cut: a plan is read by people.
const LONGEST: usize = 200;
/// Lists whose order means something: they are shown whole.
const ORDERED: [&str; 3] = ["command", "entrypoint", "test"];

/// Every field that differs, in the order of the new definition. The image is left out:
/// whether it differs is also a question of its id.
#[must_use]
pub fn of_definitions(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    fields(&mut Vec::new(), old, new, &mut changes);
    changes.retain(|change| change.path != "image");
    changes
}

fn fields<'a>(path: &mut Vec<&'a str>, old: &'a Value, new: &'a Value, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                path.push(key);
                match old.get(key) {
                    Some(before) => fields(path, before, value, changes),
                    None => one(path, None, Some(value), changes),
                }
                path.pop();
            }
            for (key, before) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                path.push(key);
                one(path, Some(before), None, changes);
                path.pop();
            }
        }
        (Value::Array(old), Value::Array(new)) => items(path, old, new, changes),
        _ => one(path, Some(old), Some(new), changes),
    }
}

/// A field that is there on one side only, or is of two kinds.
fn one<'a>(
    path: &mut Vec<&'a str>,
    old: Option<&'a Value>,
    new: Option<&'a Value>,
    changes: &mut Vec<Change>,
) {
    // A whole section that comes or goes is told by its fields.
    if let (None, Some(section @ Value::Object(fields)))
    | (Some(section @ Value::Object(fields)), None) = (old, new)
        && !fields.is_empty()
        && short(path, section).is_none()
    {
        for (key, value) in fields {
            path.push(key);
            if new.is_some() {
                one(path, None, Some(value), changes);
            } else {
                one(path, Some(value), None, changes);
            }
            path.pop();
        }
        return;
    }
    let words = |value: Option<&Value>| {
        value.and_then(|it| match (it, path.as_slice()) {
            (Value::Null, ["networks", _]) => Some("attached".to_owned()),
            (Value::Null, ["environment", _]) => Some("(unset)".to_owned()),
            (Value::Null, _) => None,
            _ => Some(text(path, it)),
        })
    };
    let (old, new) = (words(old), words(new));
    if old.is_some() || new.is_some() {
        changes.push(Change::new(Subject::Field, path.join("."), old, new));
    }
}

/// What came and what went; the whole list where only the order differs, or the order means
/// something.
fn items(path: &[&str], old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let only = |list: &[Value], other: &[Value]| {
        let mut rest: Vec<&Value> = other.iter().collect();
        let mut left = Vec::new();
        for item in list {
            match rest.iter().position(|known| *known == item) {
                Some(at) => {
                    rest.swap_remove(at);
                }
                None => left.push(item.clone()),
            }
        }
        left
    };
    let (mut went, mut came) = (only(old, new), only(new, old));
    let ordered = path.last().is_some_and(|key| ORDERED.contains(key));
    if ordered || (went.is_empty() && came.is_empty()) {
        (went, came) = (old.to_vec(), new.to_vec());
    }
    let words =
        |list: Vec<Value>| (!list.is_empty()).then(|| text(path, &Value::Array(list.clone())));
    changes.push(Change::new(
        Subject::Field,
        path.join("."),
        words(went),
        words(came),
    ));
}

/// A value as a person would write it.
fn text(path: &[&str], value: &Value) -> String {
    let whole = match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.replace('\n', "\\n"),
        Value::Array(items) => {
            let separator = if path.last().is_some_and(|key| ORDERED.contains(key)) {
                " "
            } else {
                ", "
            };
            let words: Vec<String> = items.iter().map(|item| text(path, item)).collect();
            if words.is_empty() {
                "[]".to_owned()
            } else {
                words.join(separator)
            }
        }
        Value::Object(_) => short(path, value).unwrap_or_else(|| value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}

/// The short form of an entry of `ports`, `volumes`, `secrets` or `configs`.
fn short(path: &[&str], value: &Value) -> Option<String> {
    let get = |key: &str| value.get(key);
    let word = |key: &str| match get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    match path.last().copied()? {
        declared if path.len() == 1 && declared.contains(' ') => word("name")
            .or_else(|| word("file"))
            .or_else(|| word("environment")),
        "ports" => {
            let target = word("target")?;
            let mut out = match (word("host_ip"), word("published")) {
                (Some(ip), published) => {
                    format!("{ip}:{}:{target}", published.unwrap_or_default())
                }
                (None, Some(published)) => format!("{published}:{target}"),
                (None, None) => target,
            };
            if let Some(protocol) = word("protocol").filter(|it| it != "tcp") {
                out = format!("{out}/{protocol}");
            }
            Some(out)
        }
        "volumes" => {
            let target = word("target")?;
            let mut out = match word("source") {
                Some(source) => format!("{source}:{target}"),
                None => match word("type").as_deref() {
                    Some("tmpfs") => format!("tmpfs:{target}"),
                    _ => target,
                },
            };
            if get("read_only") == Some(&Value::Bool(true)) {
                out.push_str(":ro");
            }
            let more: Vec<String> = ["bind", "volume", "tmpfs", "image", "consistency"]
                .into_iter()
                .filter_map(|key| Some((key, get(key)?)))
                .filter(|(_, it)| {
                    !matches!(it, Value::Object(fields) if fields.is_empty() || is_usual(fields))
                })
                .map(|(key, it)| format!("{key} {it}"))
                .collect();
            if !more.is_empty() {
                out = format!("{out} ({})", more.join(", "));
            }
            Some(out)
        }
        "secrets" | "configs" => {
            let source = word("source")?;
            let target = word("target");
            let rest: Vec<String> = ["uid", "gid", "mode"]
                .into_iter()
                .filter_map(|key| Some(format!("{key} {}", word(key)?)))
                .collect();
            let mut out = match target {
                Some(target) if target != source => format!("{source}:{target}"),
                _ => source,
            };
            if !rest.is_empty() {
                out = format!("{out} ({})", rest.join(", "));
            }
            Some(out)
        }
        "devices" => Some(format!("{}:{}", word("source")?, word("target")?)),
        _ => None,
    }
}

/// What the short syntax of a bind mount comes to.
fn is_usual(fields: &Map<String, Value>) -> bool {
    fields.len() == 1 && fields.get("create_host_path") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(old: &Value, new: &Value) -> Vec<String> {
        of_definitions(old, new)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn fields_are_named_as_in_compose_files() {
        let port = |published: &str| json!({"mode": "ingress", "target": 80, "published": published, "protocol": "tcp"});
        for (old, new, expected) in [
            (json!({"image": "a:1"}), json!({"image": "a:2"}), vec![]),
            (
                json!({"ports": [port("8080"), port("9090")]}),
                json!({"ports": [port("8081"), port("9090")]}),
                vec!["ports: 8080:80 -> 8081:80"],
            ),
            (
                json!({"environment": {"LOG_LEVEL": "info", "A": "1"}}),
                json!({"environment": {"LOG_LEVEL": "debug", "B": null, "C": ""}}),
                vec![
                    "environment.LOG_LEVEL: info -> debug",
                    "environment.B: + (unset)",
                    "environment.C: + \"\"",
                    "environment.A: - 1",
                ],
            ),
            (
                json!({"command": ["serve", "--port", "80"]}),
                json!({"command": ["serve", "--port", "81"]}),
                vec!["command: serve --port 80 -> serve --port 81"],
            ),
            (
                json!({"volumes": [{"type": "bind", "source": "/a", "target": "/b", "bind": {"create_host_path": true}}]}),
                json!({"volumes": [{"type": "bind", "source": "/a", "target": "/b", "read_only": true, "bind": {"propagation": "shared"}}]}),
                vec!["volumes: /a:/b -> /a:/b:ro (bind {\"propagation\":\"shared\"})"],
            ),
            (
                json!({}),
                json!({"healthcheck": {"test": ["CMD", "true"], "retries": 3}}),
                vec!["healthcheck.test: + CMD true", "healthcheck.retries: + 3"],
            ),
            (
                json!({"deploy": {"resources": {"limits": {"memory": "1"}}}}),
                json!({}),
                vec!["deploy.resources.limits.memory: - 1"],
            ),
            (
                json!({"dns": ["1.1.1.1", "8.8.8.8"]}),
                json!({"dns": ["8.8.8.8", "1.1.1.1"]}),
                vec!["dns: 1.1.1.1, 8.8.8.8 -> 8.8.8.8, 1.1.1.1"],
            ),
            (
                json!({"networks": {"a": null}}),
                json!({"networks": {"a": {"aliases": ["x"]}, "b": null}, "network b": {"name": "p_b", "driver": null}}),
                vec![
                    "networks.a: attached -> {\"aliases\":[\"x\"]}",
                    "networks.b: + attached",
                    "network b: + p_b",
                ],
            ),
            (
                json!({"privileged": true}),
                json!({"privileged": false}),
                vec!["privileged: true -> false"],
            ),
        ] {
            assert_eq!(lines(&old, &new), expected);
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "ä".repeat(500);
        let words = lines(&json!({}), &json!({"user": long}));
        assert!(words[0].chars().count() < 250, "{words:?}");
    }
}
