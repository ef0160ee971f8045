//! Whether a normalised project holds together: references, cycles, names that
//! must be unique, settings that exclude each other.

mod cycles;
mod service;

use crate::report::Report;
use crate::source::Skip;
use crate::tree::{Fields, Node, Value};

fn section<'a>(project: &'a Node, name: &str) -> Option<&'a Fields> {
    project.get(name).and_then(Node::as_map)
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_list).unwrap_or_default()
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_text)
}

fn integer(node: Option<&Node>) -> Option<i64> {
    match node?.value {
        Value::Int(value) => i64::try_from(value).ok(),
        _ => None,
    }
}

/// Checks the whole project; `inactive` are the services of other profiles.
pub(crate) fn check(project: &Node, inactive: &Fields, skip: Skip, report: &mut Report) {
    let empty = Fields::new();
    let services = section(project, "services").unwrap_or(&empty);
    for name in [
        "services", "networks", "volumes", "secrets", "configs", "models",
    ] {
        names(name, section(project, name).unwrap_or(&empty), report);
    }
    names("services", inactive, report);
    if skip.consistency {
        return;
    }
    for (name, service) in services {
        service::Checker {
            project,
            services,
            inactive,
            name,
            service,
            report,
        }
        .check();
    }
    cycles::check(services, report);
}

fn names(section: &str, fields: &Fields, report: &mut Report) {
    for (name, node) in fields {
        let fits = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if !fits {
            let message = format!("`{name}` cannot be a name in `{section}`");
            let hint = Some("use letters, digits, `.`, `_` and `-`".to_owned());
            // Compose lets these two pass.
            if matches!(section, "networks" | "models") {
                report.warning("invalid-name", node.key, message, hint);
            } else {
                report.error("invalid-name", node.key, message, hint);
            }
        }
    }
}

/// Checks what secrets, configs and volumes say of themselves. It counts that a
/// key is there, not what it holds, so this comes before empty values go.
pub(crate) fn objects(project: &Node, report: &mut Report) {
    for (name, service) in section(project, "services").into_iter().flatten() {
        service::alone(name, service, report);
    }
    for (kind, keys) in [
        ("secrets", &["file", "environment"][..]),
        ("configs", &["file", "environment", "content"][..]),
    ] {
        for (name, node) in section(project, kind).into_iter().flatten() {
            let set = keys.iter().filter(|key| node.get(key).is_some()).count();
            let empty = keys
                .iter()
                .all(|key| text(node, key).is_none_or(str::is_empty));
            if set > 1 {
                let message = format!(
                    "`{name}` in `{kind}`: {} exclude each other",
                    keys.join(", ")
                );
                report.error("conflict", node.key, message, Some("keep one".to_owned()));
                continue;
            }
            let nothing = match kind {
                "secrets" => empty && !is_external(node),
                _ => set == 0 && node.get("external").is_none() && node.get("driver").is_none(),
            };
            if nothing {
                let message = format!("`{name}` in `{kind}` has no content");
                let hint = format!("set one of: {}", keys.join(", "));
                report.error("missing-key", node.key, message, Some(hint));
            }
        }
    }
    for kind in ["volumes", "networks"] {
        for (name, node) in section(project, kind).into_iter().flatten() {
            if !is_external(node) {
                continue;
            }
            let extra = node.as_map().into_iter().flatten().find(|(key, _)| {
                !matches!(key.as_str(), "name" | "external") && !key.starts_with("x-")
            });
            if let Some((key, field)) = extra {
                let message = format!("`{name}` in `{kind}` is external, so `{key}` has no effect");
                let hint = "remove it, or remove `external`".to_owned();
                // docker compose refuses this for volumes and ignores it for networks.
                if kind == "volumes" {
                    report.error("conflict", field.key, message, Some(hint));
                } else {
                    report.warning("conflict", field.key, message, Some(hint));
                }
            }
        }
    }
}

fn is_external(node: &Node) -> bool {
    matches!(
        node.get("external").map(|node| &node.value),
        Some(Value::Bool(true))
    )
}
