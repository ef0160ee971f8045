//! Merges canonical trees: what a later file says over what earlier ones said.

use std::collections::HashMap;

use indexmap::map::Entry;

use crate::report::Report;
use crate::schema::{KeyOf, Merge, Object, Pairs, Shape};
use crate::shape::host_and_addresses;
use crate::tree::{Fields, Node, Tag, Value};

/// Merges `over` into `base`.
///
/// `!reset` leaves a tagged node behind and `!override` keeps its tag, so that
/// the result can be merged once more; [`settle`] ends both.
pub(crate) fn merge(base: &mut Node, over: Node, shape: &'static Shape, report: &mut Report) {
    if over.tag != Tag::None {
        *base = over;
        return;
    }
    match shape {
        Shape::Same(shape)
        | Shape::OrNull(shape)
        | Shape::Expand(_, shape)
        | Shape::Kept(shape) => {
            merge(base, over, shape, report);
        }
        Shape::Ulimit => *base = over,
        Shape::Merge(rule, shape) => special(base, over, *rule, shape, report),
        _ if over.is_null() => {}
        _ if base.is_null() => *base = over,
        Shape::Object(object) => fields(base, over, |name| field_shape(object, name), report),
        Shape::Map(inner) => fields(base, over, |_| inner, report),
        Shape::Pairs(kind) => pairs(base, over, *kind, report),
        Shape::List(_) | Shape::Unique(_) => append(base, over),
        Shape::Set(_, key) => {
            append(base, over);
            if let Some(items) = base.as_list_mut() {
                unique(items, *key);
            }
        }
        Shape::Hosts => {
            let list = std::mem::replace(&mut base.short, true);
            if let (Some(known), Value::List(items)) = (base.as_list_mut(), over.value) {
                for item in items {
                    if item.tag == Tag::Reset {
                        known.retain(|other| list || host_of(other) != host_of(&item));
                    } else if !known.iter().any(|other| other.same_data(&item)) {
                        known.push(item);
                    }
                }
            }
        }
        Shape::Any => match (&base.value, &over.value) {
            (Value::Map(_), Value::Map(_)) => fields(base, over, |_| &Shape::Any, report),
            (Value::List(_), Value::List(_)) => append(base, over),
            _ => *base = over,
        },
        _ => *base = over,
    }
}

fn field_shape(object: &'static Object, name: &str) -> &'static Shape {
    object.field(name).map_or(&Shape::Any, |field| &field.shape)
}

fn fields(
    base: &mut Node,
    over: Node,
    shape: impl Fn(&str) -> &'static Shape,
    report: &mut Report,
) {
    let (Some(known), Value::Map(new)) = (base.as_map_mut(), over.value) else {
        return;
    };
    for (name, node) in new {
        match known.get_mut(&name) {
            Some(field) => {
                merge(field, node, shape(&name), report);
            }
            None => {
                known.insert(name, node);
            }
        }
    }
}

fn host_of(item: &Node) -> Option<&str> {
    Some(host_and_addresses(item.as_text()?)?.0)
}

/// In a list a pair without a value counts too, since it takes the variable from
/// outside; compose makes lists of most mappings before it merges them.
fn pairs(base: &mut Node, over: Node, kind: Pairs, report: &mut Report) {
    let as_written = matches!(kind, Pairs::ObjectLabels | Pairs::Agents);
    if as_written && base.short != over.short {
        conflict(base, &over, report);
        return;
    }
    let mapping = as_written && !over.short || matches!(kind, Pairs::Options | Pairs::LogOptions);
    let unique = as_written && over.short || kind == Pairs::UniqueLabels;
    let list = base.short;
    base.short |= !as_written && !mapping;
    let (Some(known), Value::Map(new)) = (base.as_map_mut(), over.value) else {
        return;
    };
    for (name, node) in new {
        match known.entry(name) {
            Entry::Occupied(_) if mapping && node.short => {}
            // Compose finds keys in mappings alone.
            Entry::Occupied(_) if list && node.tag == Tag::Reset => {}
            Entry::Occupied(entry) if unique && entry.get().same_data(&node) => {
                let line = entry.get().mark.line;
                report.error(
                    "duplicate-item",
                    node.key,
                    format!("`{}` is already set to the same value, see line {line} of the earlier file", entry.key()),
                    Some("remove one of the two".to_owned()),
                );
            }
            Entry::Occupied(mut entry) => *entry.get_mut() = node,
            Entry::Vacant(entry) => {
                entry.insert(node);
            }
        }
    }
}

/// Reports that two forms of the same attribute cannot become one.
fn conflict(base: &Node, over: &Node, report: &mut Report) {
    let earlier = report.sources.location(base.key);
    let earlier = earlier.map_or_else(String::new, |place| format!(" ({place})"));
    report.error(
        "merge-conflict",
        over.key,
        format!("this cannot be merged with what was said before{earlier}: the forms differ"),
        Some("write both in the long form, or put `!override` in front of this one".to_owned()),
    );
}

fn append(base: &mut Node, over: Node) {
    if let (Some(items), Value::List(new)) = (base.as_list_mut(), over.value) {
        items.extend(new);
    }
}

fn special(base: &mut Node, over: Node, rule: Merge, shape: &'static Shape, report: &mut Report) {
    match rule {
        Merge::Replace => *base = over,
        Merge::Scalar if over.is_null() => {}
        Merge::Scalar if base.short => *base = over,
        Merge::Scalar if over.short => conflict(base, &over, report),
        Merge::Scalar => merge(base, over, shape, report),
        // Compose breaks off: `check` says so.
        Merge::Logging | Merge::Pools if over.is_null() => *base = over,
        Merge::Logging => {
            let driver = |node: &Node| {
                node.get("driver")
                    .and_then(Node::as_text)
                    .map(ToOwned::to_owned)
            };
            match (driver(base), driver(&over)) {
                (Some(old), Some(new)) if old != new => *base = over,
                _ => merge(base, over, shape, report),
            }
        }
        Merge::Pools => {
            if base.is_null() {
                *base = over;
                return;
            }
            let (Some(pools), Value::List(new)) = (base.as_list_mut(), over.value) else {
                return;
            };
            let subnet = |pool: &Node| {
                pool.get("subnet")
                    .and_then(Node::as_text)
                    .map(ToOwned::to_owned)
            };
            let earlier = std::mem::take(pools);
            for pool in new {
                let wanted = subnet(&pool);
                match earlier
                    .iter()
                    .find(|known| subnet(known) == wanted)
                    .cloned()
                {
                    Some(mut known) => {
                        fields(&mut known, pool, |_| &Shape::Any, report);
                        pools.push(known);
                    }
                    None => pools.push(pool),
                }
            }
        }
    }
}

/// Of items with the same key, the last one stays, in the place of the first.
pub(crate) fn unique(items: &mut Vec<Node>, key: KeyOf) {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Node> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let key = key(&item);
        match places.get(&key).and_then(|place| kept.get_mut(*place)) {
            Some(earlier) => *earlier = item,
            None => {
                places.insert(key, kept.len());
                kept.push(item);
            }
        }
    }
    *items = kept;
}

/// Takes away what `!reset` marked, and forgets the tags.
pub(crate) fn settle(node: &mut Node) {
    node.tag = Tag::None;
    match &mut node.value {
        Value::Map(fields) => {
            fields.retain(|_, field| field.tag != Tag::Reset);
            fields.values_mut().for_each(settle);
        }
        Value::List(items) => {
            items.retain(|item| item.tag != Tag::Reset);
            items.iter_mut().for_each(settle);
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Time(_) => {}
    }
}

/// What compose spells out in a service once it has read a file: further files merge
/// with the long forms.
pub(crate) fn spell_out(service: &mut Node) {
    if let Some(requests) = service.get_mut("gpus") {
        requests.short = false;
    }
    let build = service.get_mut("build");
    if let Some(agents) = build.and_then(|build| build.get_mut("ssh")) {
        agents.short = false;
    }
}

/// An empty mapping to merge into.
pub(crate) fn empty() -> Node {
    Node::new(Value::Map(Fields::new()), crate::tree::Mark::NONE)
}
