//! Mounts inside mounts: the inner one needs a place to be mounted at, and below a read-only
//! one no engine can make it.

use crate::{Look, items, text};
use serde_json::Value;
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::PathKind;

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        for (index, inner) in items(definition, "volumes").enumerate() {
            let Some((outer, place)) = needed(definition, inner) else {
                continue;
            };
            if look.paths.get(place.as_str()) != Some(&PathKind::Missing) {
                continue;
            }
            let target = text(inner, "target").unwrap_or_default();
            let outer = text(outer, "target").unwrap_or_default();
            let shown = look.planning.shown(&place);
            problems.push(
                Problem::new(
                    Critical,
                    format!("`{target}` is mounted inside `{outer}`, which is read-only: no engine can make the place for it, `{shown}` does not exist"),
                )
                .service(name)
                .hint(format!("make `{shown}` (an empty file or folder is enough), or mount `{outer}` without `read_only`"))
                .at(["services", name, "volumes", &index.to_string()]),
            );
        }
    }
}

/// The innermost read-only bind mount around a mount, and the path on the host that has to
/// exist for it.
fn needed<'v>(definition: &'v Value, inner: &Value) -> Option<(&'v Value, String)> {
    let target = text(inner, "target")?.trim_end_matches('/');
    let around = |outer: &Value| {
        let outer = text(outer, "target")?.trim_end_matches('/');
        let rest = target.strip_prefix(outer)?;
        (rest.len() > 1 && rest.starts_with('/')).then(|| rest.to_owned())
    };
    let (outer, rest) = items(definition, "volumes")
        .filter_map(|outer| Some((outer, around(outer)?)))
        .min_by_key(|(_, rest)| rest.len())?;
    let read_only = outer.get("read_only").and_then(Value::as_bool) == Some(true);
    if !read_only || text(outer, "type") != Some("bind") {
        return None;
    }
    let source = text(outer, "source")?.trim_end_matches('/');
    Some((outer, format!("{source}{rest}")))
}
