//! How documents are laid over one another while their values are still templates.

use super::fits;
use crate::report::Report;
use crate::tree::{Fields, Node, Value};

#[derive(Clone, Copy)]
enum Rule {
    /// Both become lists of `key=value`, one after the other.
    Sequence,
    /// The same, without what is there already.
    Hosts,
    /// The later one stands alone.
    Replace,
    /// A text is the context.
    Build,
    /// A list is a mapping without values.
    Names,
    /// A list is a mapping of plain dependencies.
    Dependencies,
    /// Options merge only under the same driver.
    Logging,
    /// Pools merge by their subnets.
    Pools,
}

const RULES: &[(&str, Rule)] = &[
    ("networks.*.ipam.config", Rule::Pools),
    ("networks.*.labels", Rule::Sequence),
    ("volumes.*.labels", Rule::Sequence),
    ("services.*.annotations", Rule::Sequence),
    ("services.*.build", Rule::Build),
    ("services.*.build.args", Rule::Sequence),
    ("services.*.build.additional_contexts", Rule::Sequence),
    ("services.*.build.extra_hosts", Rule::Hosts),
    ("services.*.build.labels", Rule::Sequence),
    ("services.*.command", Rule::Replace),
    ("services.*.depends_on", Rule::Dependencies),
    ("services.*.deploy.labels", Rule::Sequence),
    ("services.*.dns", Rule::Sequence),
    ("services.*.dns_opt", Rule::Sequence),
    ("services.*.dns_search", Rule::Sequence),
    ("services.*.entrypoint", Rule::Replace),
    ("services.*.env_file", Rule::Sequence),
    ("services.*.label_file", Rule::Sequence),
    ("services.*.environment", Rule::Sequence),
    ("services.*.extra_hosts", Rule::Hosts),
    ("services.*.healthcheck.test", Rule::Replace),
    ("services.*.labels", Rule::Sequence),
    ("services.*.volumes.*.volume.labels", Rule::Sequence),
    ("services.*.logging", Rule::Logging),
    ("services.*.models", Rule::Names),
    ("services.*.networks", Rule::Names),
    ("services.*.sysctls", Rule::Sequence),
    ("services.*.tmpfs", Rule::Sequence),
    ("services.*.ulimits.*", Rule::Replace),
];

/// Lays `over` over `base`, which stands at `path`.
pub(super) fn merge(base: &mut Node, over: Node, path: &mut Vec<String>, report: &mut Report) {
    let rule = RULES
        .iter()
        .find(|(pattern, _)| fits(path, pattern))
        .map(|(_, rule)| *rule);
    match rule {
        Some(Rule::Replace) => *base = over,
        Some(Rule::Sequence) => {
            let mut items = sequence(base);
            items.extend(sequence(&over));
            base.value = Value::List(items);
        }
        Some(Rule::Hosts) => {
            let mut items = sequence(base);
            let more: Vec<Node> = sequence(&over)
                .into_iter()
                .filter(|item| !items.iter().any(|known| known.same_data(item)))
                .collect();
            items.extend(more);
            base.value = Value::List(items);
        }
        Some(Rule::Build) => {
            let context = |node: Node| match &node.value {
                Value::Text(text) => {
                    let text = Node::text(text.clone(), node.mark);
                    node.with(Value::Map(Fields::from_iter([(
                        "context".to_owned(),
                        text,
                    )])))
                }
                _ => node,
            };
            *base = context(base.clone());
            mappings(base, context(over), path, report);
        }
        Some(Rule::Names | Rule::Dependencies) => {
            let plain = matches!(rule, Some(Rule::Dependencies));
            *base = mapping(base.clone(), plain);
            mappings(base, mapping(over, plain), path, report);
        }
        Some(Rule::Logging) => {
            let driver = |node: &Node| node.get("driver").cloned();
            match (driver(base), driver(&over)) {
                (Some(old), Some(new)) if !old.same_data(&new) => *base = over,
                _ => mappings(base, over, path, report),
            }
        }
        Some(Rule::Pools) => pools(base, &over, path, report),
        None if over.is_null() => {}
        None => match (&mut base.value, over.value) {
            (Value::Map(_), value @ Value::Map(_)) => {
                mappings(base, Node { value, ..over }, path, report);
            }
            (Value::List(items), Value::List(more)) => items.extend(more),
            (Value::Map(_) | Value::List(_), value) => {
                let over = Node { value, ..over };
                report.error(
                    "merge-conflict",
                    over.key,
                    format!(
                        "`{}` is {} here, and was {} before",
                        path.join("."),
                        over.kind(),
                        base.kind()
                    ),
                    Some(
                        "write both in the same form, or put `!override` in front of this one"
                            .to_owned(),
                    ),
                );
            }
            (_, value) => *base = Node { value, ..over },
        },
    }
}

fn mappings(base: &mut Node, over: Node, path: &mut Vec<String>, report: &mut Report) {
    let Value::Map(more) = over.value else {
        return;
    };
    if base.is_null() {
        base.value = Value::Map(Fields::new());
    }
    let Some(fields) = base.as_map_mut() else {
        return;
    };
    for (key, node) in more {
        match fields.get_mut(&key) {
            Some(field) => {
                path.push(key);
                merge(field, node, path, report);
                path.pop();
            }
            None => {
                fields.insert(key, node);
            }
        }
    }
}

/// `key=value` texts, sorted; a list as it is.
fn sequence(node: &Node) -> Vec<Node> {
    match &node.value {
        Value::List(items) => items.clone(),
        Value::Text(_) => vec![node.clone()],
        Value::Map(fields) => {
            let mut items = Vec::with_capacity(fields.len());
            let mut push = |text: String, at: &Node| items.push(Node::text(text, at.mark));
            for (key, field) in fields {
                match &field.value {
                    Value::Null => push(key.clone(), field),
                    Value::List(values) => {
                        for value in values {
                            let text = value.scalar_text().unwrap_or_default();
                            push(format!("{key}={text}"), value);
                        }
                    }
                    _ => {
                        let text = field.scalar_text().unwrap_or_default();
                        push(format!("{key}={text}"), field);
                    }
                }
            }
            items.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
            items
        }
        _ => Vec::new(),
    }
}

fn mapping(node: Node, dependencies: bool) -> Node {
    let Value::List(items) = &node.value else {
        return node;
    };
    let fields = items.iter().filter_map(|item| {
        let value = if dependencies {
            super::canonical::dependency(item.mark)
        } else {
            Value::Null
        };
        Some((item.as_text()?.to_owned(), item.with(value)))
    });
    node.with(Value::Map(fields.collect()))
}

/// As compose goes about it: each earlier pool against each later one.
fn pools(base: &mut Node, over: &Node, path: &mut Vec<String>, report: &mut Report) {
    let (Some(earlier), Value::List(later)) = (base.as_list(), &over.value) else {
        return;
    };
    let mut pools: Vec<Node> = Vec::new();
    let same = |a: &Node, b: &Node| match (a.get("subnet"), b.get("subnet")) {
        (Some(a), Some(b)) => a.same_data(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    for mut known in earlier.iter().cloned() {
        for pool in later {
            if !same(pool, &known) && !pools.iter().any(|other| same(other, pool)) {
                pools.push(pool.clone());
                continue;
            }
            mappings(&mut known, pool.clone(), path, report);
            match pools.iter_mut().find(|other| same(other, &known)) {
                Some(other) => *other = known.clone(),
                None => pools.push(known.clone()),
            }
        }
    }
    base.value = Value::List(pools);
}

/// By what items of a list are told apart; the last one of a kind stays.
type Key = fn(&Node) -> String;

const UNIQUE: &[(&str, Key)] = &[
    ("networks.*.labels", pair),
    ("networks.*.ipam.options", pair),
    ("services.*.annotations", pair),
    ("services.*.build.args", pair),
    ("services.*.build.additional_contexts", pair),
    ("services.*.build.tags", pair),
    ("services.*.build.labels", pair),
    ("services.*.cap_add", pair),
    ("services.*.cap_drop", pair),
    ("services.*.devices", device),
    ("services.*.configs", config),
    ("services.*.deploy.labels", pair),
    ("services.*.dns", pair),
    ("services.*.dns_opt", pair),
    ("services.*.dns_search", pair),
    ("services.*.environment", pair),
    ("services.*.env_file", file),
    ("services.*.expose", crate::expand::whole_key),
    ("services.*.labels", pair),
    ("services.*.links", pair),
    ("services.*.networks.*.aliases", pair),
    ("services.*.networks.*.link_local_ips", pair),
    ("services.*.ports", port),
    ("services.*.profiles", pair),
    ("services.*.secrets", secret),
    ("services.*.sysctls", pair),
    ("services.*.tmpfs", pair),
    ("services.*.volumes", mount),
    ("services.*.build.platform", pair),
];

fn pair(node: &Node) -> String {
    crate::expand::pair_key(node)
}

fn device(node: &Node) -> String {
    match node.as_text() {
        Some(text) => {
            let mut parts = text.split(':');
            let first = parts.next().unwrap_or_default();
            parts.next().unwrap_or(first).to_owned()
        }
        None => crate::expand::target_key(node),
    }
}

fn config(node: &Node) -> String {
    match node.as_text() {
        Some(text) => format!("/{text}"),
        None => crate::expand::config_key(node),
    }
}

fn secret(node: &Node) -> String {
    match node.as_text() {
        Some(text) => format!("/run/secrets/{text}"),
        None => crate::expand::secret_key(node),
    }
}

fn file(node: &Node) -> String {
    match node.as_text() {
        Some(text) => text.to_owned(),
        None => crate::expand::path_key(node),
    }
}

fn port(node: &Node) -> String {
    match node.scalar_text() {
        Some(text) => text,
        None => {
            // To compose, a number and its text are two.
            let part = |key: &str| match node.get(key).map(|part| &part.value) {
                Some(Value::Int(number)) => format!("({number})"),
                Some(Value::Text(text)) => text.clone(),
                _ => String::new(),
            };
            let host = node.get("host_ip").and_then(Node::as_text);
            let protocol = node.get("protocol").and_then(Node::as_text);
            format!(
                "{}:{}:{}/{}",
                host.unwrap_or("0.0.0.0"),
                part("published"),
                part("target"),
                protocol.unwrap_or("tcp")
            )
        }
    }
}

fn mount(node: &Node) -> String {
    match super::canonical::mount(node) {
        Some(mount) => crate::expand::target_key(&mount),
        None => String::new(),
    }
}

/// Whether the items of a list at `path` are told apart.
pub(super) fn is_unique(path: &[String]) -> bool {
    UNIQUE.iter().any(|(pattern, _)| fits(path, pattern))
}

/// Leaves one item of each kind in every list that has kinds.
pub(super) fn unique(node: &mut Node, path: &mut Vec<String>) {
    match &mut node.value {
        Value::Map(fields) => {
            for (key, field) in fields {
                path.push(key.clone());
                unique(field, path);
                path.pop();
            }
        }
        Value::List(items) => {
            if let Some((_, key)) = UNIQUE.iter().find(|(pattern, _)| fits(path, pattern)) {
                crate::merge::unique(items, *key);
            }
        }
        _ => {}
    }
}
