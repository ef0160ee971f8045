//! From the canonical stack back to the values that stand in the files.

use sinops_config_check::{Node, Set, Text};

/// All scalars at a path of a service, in all compose files of the set.
pub(crate) fn scalars<'s, 'p>(
    set: &'s Set<'p>,
    service: &str,
    path: &[&str],
) -> Vec<(&'s Text<'p>, &'s Node)> {
    let mut found = Vec::new();
    for text in &set.texts {
        let Ok(root) = &text.root else { continue };
        let mut node = root.get("services").and_then(|it| it.get(service));
        for part in path {
            node = node.and_then(|it| it.get(part));
        }
        if let Some(node) = node {
            node.walk(&mut |inner| {
                if inner.text().is_some() {
                    found.push((text, inner));
                }
            });
        }
    }
    found
}
