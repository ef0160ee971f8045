//! Short forms of volumes: `[source:]target[:options]`.

use std::path::Path;

use super::map;
use crate::shape::Shaper;
use crate::tree::{Node, Value};

/// A mount in its short form, or as it is.
pub(crate) fn mount(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let Value::Text(spec) = &node.value else {
        return Some(node);
    };
    if shaper.templates {
        let kind = Node::text("volume", node.mark);
        let target = Node::text(spec, node.mark);
        return Some(node.with(map([("type", kind), ("target", target)])));
    }
    let spec = spec.clone();
    let parts = split(&spec);
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, None),
        [source, target] => (Some(*source), *target, None),
        [source, target, options] => (Some(*source), *target, Some(*options)),
        _ => {
            problem(shaper, &node, &spec, "it has too many colons");
            return None;
        }
    };
    if target.is_empty() || source == Some("") || options == Some("") {
        problem(shaper, &node, &spec, "a part of it is empty");
        return None;
    }
    if source.is_none() && !target.starts_with('/') && target.contains(':') {
        let place = shaper.place();
        shaper.report.warning(
            "drive-letter",
            node.mark,
            format!("`{place}`: the single letter in `{spec}` is read as a drive, not as a volume"),
            Some(
                "give the volume a name of two letters or more, or use `source` and `target`"
                    .to_owned(),
            ),
        );
    }
    let bind = source.is_some_and(is_path);
    let mark = node.mark;
    let mut entries = vec![(
        "type",
        Node::text(if bind { "bind" } else { "volume" }, mark),
    )];
    entries.extend(source.map(|source| ("source", Node::text(source, mark))));
    // A slash at the end makes no other place.
    let target = crate::paths::clean(Path::new(target)).display().to_string();
    entries.push(("target", Node::text(target, mark)));
    let mut bind_options = Vec::new();
    let mut volume_options = Vec::new();
    for option in options
        .unwrap_or_default()
        .split(',')
        .filter(|option| !option.is_empty())
    {
        match option {
            "ro" => entries.push(("read_only", Node::bool(true, mark))),
            "nocopy" => volume_options.push(("nocopy", Node::bool(true, mark))),
            "z" | "Z" => bind_options.push(("selinux", Node::text(option, mark))),
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                bind_options.push(("propagation", Node::text(option, mark)));
            }
            // Accepted for the sake of other platforms, where they are hints.
            "rw" => entries.retain(|(key, _)| *key != "read_only"),
            "cached" | "delegated" | "consistent" => {}
            _ => {
                let place = shaper.place();
                shaper.report.warning(
                    "unknown-option",
                    mark,
                    format!("`{place}`: the option `{option}` is not known and has no effect"),
                    Some("known are ro, rw, nocopy, z, Z and the propagation modes".to_owned()),
                );
            }
        }
    }
    if bind {
        bind_options.push(("create_host_path", Node::bool(true, mark)));
    }
    // Options of the other kind have no effect, and compose keeps them.
    if bind || !bind_options.is_empty() {
        entries.push(("bind", node_at(map(bind_options), &node)));
    }
    if !bind && spec.len() > 2 || !volume_options.is_empty() {
        entries.push(("volume", node_at(map(volume_options), &node)));
    }
    Some(node.with(map(entries)))
}

fn node_at(value: Value, node: &Node) -> Node {
    Node::new(value, node.mark)
}

fn problem(shaper: &mut Shaper<'_>, node: &Node, spec: &str, why: &str) {
    shaper.invalid(
        node.mark,
        &format!("`{spec}` is not a volume: {why}"),
        Some("write `source:target` or `source:target:ro`".to_owned()),
    );
}

/// At colons, except the one behind a drive letter and those within `${…}`.
fn split(spec: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut open = 0_usize;
    for (at, byte) in spec.bytes().enumerate() {
        if byte == b'$' && spec.as_bytes().get(at + 1) == Some(&b'{') {
            open += 1;
        } else if byte == b'}' {
            open = open.saturating_sub(1);
        }
        let piece = spec.get(start..at).unwrap_or("");
        let drive = piece.len() == 1 && piece.bytes().all(|byte| byte.is_ascii_alphabetic());
        if byte == b':' && !drive && open == 0 {
            parts.push(piece);
            start = at + 1;
        }
    }
    parts.push(spec.get(start..).unwrap_or(""));
    parts
}

fn is_path(source: &str) -> bool {
    let mut bytes = source.bytes();
    let (first, second) = (bytes.next(), bytes.next());
    matches!(first, Some(b'.' | b'/' | b'~'))
        || source.starts_with("\\\\")
        || (first.is_some_and(|byte| byte.is_ascii_alphabetic()) && second == Some(b':'))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_at_colons_but_not_behind_drives() {
        assert_eq!(split("a_b:/c:ro"), ["a_b", "/c", "ro"]);
        assert_eq!(split("c:\\x:/y"), ["c:\\x", "/y"]);
        assert_eq!(split("/x"), ["/x"]);
        assert_eq!(split("${A:-b}:/c"), ["${A:-b}", "/c"]);
        assert_eq!(split("/x:"), ["/x", ""]);
    }
}
