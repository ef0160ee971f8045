//! `extends` before anything is filled in.

use std::path::{Path, PathBuf};

use super::{Resets, canonical, merge};
use crate::layers::{Scope, join};
use crate::paths;
use crate::report::{Report, did_you_mean};
use crate::tree::{Fields, Node};
use crate::yaml;

/// How many services may extend one another in a row.
const MAX_CHAIN: usize = 200;

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
        report.error(
            "missing-key",
            extends.key,
            "`extends` needs the key `service`",
            Some("add `service: ` and the name of the one to start from".to_owned()),
        );
        return None;
    };
    let mut read;
    let base_place = match extends.get("file").and_then(Node::as_text) {
        Some(file) => {
            let mut document = load(file, &extends, scope, report)?;
            let foreign = Resets::take(&mut document.1);
            let mut services = document.1;
            canonical::spell_out(&mut services, &mut Vec::new());
            let directory = document.0.parent().unwrap_or(Path::new("/")).to_path_buf();
            paths::absolute(
                &mut services,
                &scope.base(&directory),
                scope.home.as_deref(),
            );
            let services = services
                .as_map_mut()
                .and_then(|fields| fields.shift_remove("services"));
            read = Place {
                path: document.0,
                services: services
                    .as_ref()
                    .and_then(Node::as_map)
                    .cloned()
                    .unwrap_or_default(),
                resets: foreign,
            };
            &mut read
        }
        None => &mut *place,
    };
    if !base_place.services.contains_key(base_name) {
        report.error(
            "undefined-service",
            wanted.mark,
            format!(
                "`extends` names the service `{base_name}`, which {} does not define",
                base_place.path.display()
            ),
            did_you_mean(base_name, base_place.services.keys().map(String::as_str)),
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

fn load(
    file: &str,
    extends: &Node,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<(PathBuf, Node)> {
    let path = join(&scope.directory, file);
    match scope.reader.read(&path) {
        Ok(text) => {
            let index = report.sources.add(path.clone(), text.clone());
            let mut documents = yaml::parse(index, &text, report);
            (!documents.is_empty()).then(|| (path, documents.swap_remove(0)))
        }
        Err(error) => {
            let mark = extends.get("file").map_or(extends.mark, |file| file.mark);
            report.error(
                "file-not-read",
                mark,
                format!("`extends` cannot read {}: {error}", path.display()),
                Some(format!("paths start at {}", scope.directory.display())),
            );
            None
        }
    }
}
