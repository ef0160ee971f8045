//! `extends` before anything is filled in.

use std::path::{Path, PathBuf};

use super::{Resets, canonical, merge};
use crate::layers::Scope;
use crate::layers::extends::{MAX_CHAIN, document, undefined, without_service};
use crate::paths;
use crate::report::Report;
use crate::tree::{Fields, Node};

/// The services of one file.
struct Place {
    path: PathBuf,
    services: Fields,
    resets: Resets,
}

/// Resolves `extends` in all services of `document`.
pub(super) fn apply(
    document: &mut Node,
    path: &Path,
    resets: &Resets,
    scope: &Scope<'_>,
    report: &mut Report,
) {
    let Some(services) = document.get_mut("services").and_then(Node::as_map_mut) else {
        return;
    };
    if !services.values().any(|it| it.get("extends").is_some()) {
        return;
    }
    let mut place = Place {
        path: path.to_path_buf(),
        services: std::mem::take(services),
        resets: resets.clone(),
    };
    let names: Vec<String> = place.services.keys().cloned().collect();
    for name in names {
        if let Some(service) = extended(&name, &mut place, scope, report, &mut Vec::new()) {
            place.services.insert(name, service);
        }
    }
    *services = place.services;
}

/// The service over what it extends; none when a problem was reported.
fn extended(
    name: &str,
    place: &mut Place,
    scope: &Scope<'_>,
    report: &mut Report,
    chain: &mut Vec<(PathBuf, String)>,
) -> Option<Node> {
    let service = place.services.get(name)?.clone();
    let Some(extends) = service.get("extends").cloned() else {
        return Some(service);
    };
    let here = (place.path.clone(), name.to_owned());
    if chain.contains(&here) || chain.len() == MAX_CHAIN {
        report.error(
            "extends-cycle",
            extends.key,
            format!("`extends` goes round in a circle at `{name}`"),
            Some("take one of these `extends` out".to_owned()),
        );
        return None;
    }
    chain.push(here);
    let wanted = extends.get("service").unwrap_or(&extends);
    let Some(base_name) = wanted.as_text() else {
        without_service(&extends, report);
        return None;
    };
    let mut read;
    let base_place = match extends.get("file").and_then(Node::as_text) {
        Some(file) => {
            let (path, mut services) = document((&scope.directory, file), &extends, scope, report)?;
            let resets = Resets::take(&mut services);
            canonical::spell_out(&mut services, &mut Vec::new());
            let directory = path.parent().unwrap_or(Path::new("/"));
            paths::absolute(&mut services, &scope.base(directory), scope.home.as_deref());
            let services = services
                .as_map_mut()
                .and_then(|fields| fields.shift_remove("services"));
            read = Place {
                path,
                services: services
                    .as_ref()
                    .and_then(Node::as_map)
                    .cloned()
                    .unwrap_or_default(),
                resets,
            };
            &mut read
        }
        None => &mut *place,
    };
    if !base_place.services.contains_key(base_name) {
        undefined(
            base_name,
            wanted,
            &base_place.path,
            &base_place.services,
            report,
        );
        return None;
    }
    let base = extended(base_name, base_place, scope, report, chain)?;
    chain.pop();
    if base.is_null() {
        return Some(service);
    }
    let mut merged = base;
    let mut path = vec!["services".to_owned(), name.to_owned()];
    place.resets.apply(&mut merged, &mut path);
    merge::merge(&mut merged, service, &mut path, report);
    if let Some(fields) = merged.as_map_mut() {
        fields.shift_remove("extends");
    }
    place.services.insert(name.to_owned(), merged.clone());
    Some(merged)
}
