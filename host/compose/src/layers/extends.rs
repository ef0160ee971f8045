//! `extends`: a service that starts from another one, in this file or in another.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::Scope;
use crate::interpolate::interpolate;
use crate::merge::{merge, settle, spell_out};
use crate::paths;
use crate::report::{Report, did_you_mean};
use crate::schema::SERVICE;
use crate::shape::Shaper;
use crate::tree::{Fields, Node};
use crate::yaml;

/// How many services may extend one another in a row.
pub(crate) const MAX_CHAIN: usize = 200;

/// The services of one file, and how they came to be looked at.
struct Place<'a> {
    path: &'a Path,
    services: &'a Fields,
    /// In another file than the one that is loaded, services are raw.
    foreign: bool,
    /// What is resolved already, of a file that is loaded.
    resolved: RefCell<Fields>,
}

/// Resolves `extends` in all services of `layer`.
pub(super) fn apply(layer: &mut Node, path: &Path, scope: &Scope<'_>, report: &mut Report) {
    let Some(services) = layer.get("services").and_then(Node::as_map) else {
        return;
    };
    if !services
        .values()
        .any(|service| service.get("extends").is_some())
    {
        return;
    }
    let place = Place {
        path,
        services,
        foreign: false,
        resolved: RefCell::default(),
    };
    for (name, service) in services {
        if place.resolved.borrow().contains_key(name) {
            continue;
        }
        let mut chain = vec![(path.to_path_buf(), name.clone())];
        let service = match extended(service, &place, scope, report, &mut chain) {
            Some(service) => service,
            None => {
                // Said once: whoever extends one of these meets it as it is.
                let mut resolved = place.resolved.borrow_mut();
                for (_, name) in chain.iter().filter(|(file, _)| file == path) {
                    if let Some(service) = services.get(name) {
                        resolved
                            .entry(name.clone())
                            .or_insert_with(|| service.clone());
                    }
                }
                service.clone()
            }
        };
        place.resolved.borrow_mut().insert(name.clone(), service);
    }
    let mut resolved = place.resolved.into_inner();
    let resolved: Fields = services
        .keys()
        .filter_map(|name| resolved.swap_remove_entry(name))
        .collect();
    if let Some(services) = layer.get_mut("services").and_then(Node::as_map_mut) {
        *services = resolved;
    }
}

/// The service merged over what it extends; none when a problem was reported.
fn extended(
    service: &Node,
    place: &Place<'_>,
    scope: &Scope<'_>,
    report: &mut Report,
    chain: &mut Vec<(PathBuf, String)>,
) -> Option<Node> {
    let Some(extends) = service.get("extends") else {
        return Some(service.clone());
    };
    let Some(wanted) = extends.get("service") else {
        without_service(extends, report);
        return None;
    };
    let name = wanted.as_text()?;
    let file = extends.get("file").and_then(Node::as_text);
    let mut base = match file {
        Some(file) => from_file(
            &directory(place, scope),
            file,
            extends,
            scope,
            report,
            chain,
        )?,
        None => from_here(name, wanted, place, scope, report, chain)?,
    };
    settle(&mut base);
    merge(&mut base, service.clone(), &SERVICE, report);
    base.key = service.key;
    base.mark = service.mark;
    if let Some(fields) = base.as_map_mut() {
        fields.shift_remove("extends");
    }
    Some(base)
}

/// Relative files start at the project folder, or beside a file that was reached.
fn directory(place: &Place<'_>, scope: &Scope<'_>) -> PathBuf {
    match place.path.parent() {
        Some(parent) if place.foreign => parent.to_path_buf(),
        _ => scope.directory.clone(),
    }
}

fn from_here(
    name: &str,
    wanted: &Node,
    place: &Place<'_>,
    scope: &Scope<'_>,
    report: &mut Report,
    chain: &mut Vec<(PathBuf, String)>,
) -> Option<Node> {
    let Some(base) = place.services.get(name) else {
        undefined(name, wanted, place.path, place.services, report);
        return None;
    };
    if let Some(base) = place.resolved.borrow().get(name) {
        return Some(base.clone());
    }
    if place.foreign && base.is_null() {
        // To compose, nothing is what it extends.
        return Some(crate::merge::empty());
    }
    let base = if place.foreign {
        prepared(base, name, place.path, scope, report)?
    } else {
        base.clone()
    };
    enter(place.path, name, wanted, report, chain)?;
    let base = extended(&base, place, scope, report, chain)?;
    chain.pop();
    if !place.foreign {
        let mut resolved = place.resolved.borrow_mut();
        resolved.insert(name.to_owned(), base.clone());
    }
    Some(base)
}

fn from_file(
    directory: &Path,
    file: &str,
    extends: &Node,
    scope: &Scope<'_>,
    report: &mut Report,
    chain: &mut Vec<(PathBuf, String)>,
) -> Option<Node> {
    let wanted = extends.get("service").unwrap_or(extends);
    let name = wanted.as_text().unwrap_or_default();
    let (path, mut document) = document((directory, file), extends, scope, report)?;
    let path = path.as_path();
    // All of it: a variable that another service needs is missed as well.
    interpolate(&mut document, &scope.environment, report);
    let empty = Fields::new();
    let services = document
        .get("services")
        .and_then(Node::as_map)
        .unwrap_or(&empty);
    let place = Place {
        path,
        services,
        foreign: true,
        resolved: RefCell::default(),
    };
    from_here(name, wanted, &place, scope, report, chain)
}

/// A file that `extends` names, as it is written; none when that was reported.
pub(crate) fn document(
    place: (&Path, &str),
    extends: &Node,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<(PathBuf, Node)> {
    let mark = extends.get("file").map_or(extends.mark, |file| file.mark);
    let (path, text) = super::read("extends", place, mark, scope, report)?;
    let index = report.sources.add(path.clone(), text.clone());
    let mut documents = yaml::parse(index, &text, report);
    (!documents.is_empty()).then(|| (path, documents.swap_remove(0)))
}

/// Says that a file does not define the service that `extends` names.
pub(crate) fn undefined(
    name: &str,
    wanted: &Node,
    path: &Path,
    services: &Fields,
    report: &mut Report,
) {
    report.error(
        "undefined-service",
        wanted.mark,
        format!(
            "`extends` names the service `{name}`, which {} does not define",
            path.display()
        ),
        did_you_mean(name, services.keys().map(String::as_str)),
    );
}

/// Says that `extends` does not say which service.
pub(crate) fn without_service(extends: &Node, report: &mut Report) {
    report.error(
        "missing-key",
        extends.key,
        "`extends` needs the key `service`",
        Some("add `service: ` and the name of the one to start from".to_owned()),
    );
}

/// A raw service of another file, canonical and with paths made absolute there.
fn prepared(
    service: &Node,
    name: &str,
    path: &Path,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<Node> {
    let service = service.clone();
    let mut service = Shaper::new(report, &["services", name]).shape(service, &SERVICE)?;
    spell_out(&mut service);
    let directory = path.parent().unwrap_or(Path::new("/"));
    paths::absolute_service(&mut service, &scope.base(directory), scope.home.as_deref());
    Some(service)
}

fn enter(
    path: &Path,
    name: &str,
    wanted: &Node,
    report: &mut Report,
    chain: &mut Vec<(PathBuf, String)>,
) -> Option<()> {
    let next = (path.to_path_buf(), name.to_owned());
    if chain.contains(&next) {
        let mut names: Vec<&str> = chain.iter().map(|(_, name)| name.as_str()).collect();
        names.push(name);
        report.error(
            "extends-cycle",
            wanted.mark,
            format!("`extends` goes round in a circle: {}", names.join(" -> ")),
            Some("take one of these `extends` out".to_owned()),
        );
        return None;
    }
    if chain.len() == MAX_CHAIN {
        report.error(
            "extends-too-long",
            wanted.mark,
            format!("more than {MAX_CHAIN} services extend one another in a row"),
            Some("let them extend one common service".to_owned()),
        );
        return None;
    }
    chain.push(next);
    Some(())
}
