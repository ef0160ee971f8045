//! Services that wait for each other.

use std::collections::HashMap;

use super::section;
use crate::report::Report;
use crate::tree::{Fields, Mark};

/// Depth-first search without recursion, so that no chain is too long for the stack.
pub(super) fn check(services: &Fields, report: &mut Report) {
    let next = |name: &str| -> Vec<&str> {
        let depends = services
            .get(name)
            .and_then(|service| section(service, "depends_on"));
        depends
            .into_iter()
            .flat_map(Fields::keys)
            .map(String::as_str)
            .collect()
    };
    let mut finished: HashMap<&str, bool> = HashMap::new();
    for start in services.keys() {
        let mut path: Vec<(&str, Vec<&str>)> = Vec::new();
        if !finished.contains_key(start.as_str()) {
            finished.insert(start, false);
            path.push((start, next(start)));
        }
        while let Some((name, rest)) = path.last_mut() {
            let Some(dependency) = rest.pop() else {
                finished.insert(name, true);
                path.pop();
                continue;
            };
            match finished.get(dependency) {
                Some(true) => {}
                Some(false) => {
                    let mut names: Vec<&str> = path.iter().map(|(name, _)| *name).collect();
                    let from = names
                        .iter()
                        .position(|name| *name == dependency)
                        .unwrap_or(0);
                    names.drain(..from);
                    let last = names.last().copied().unwrap_or(dependency);
                    let mark = services
                        .get(last)
                        .and_then(|service| service.get("depends_on")?.get(dependency))
                        .map_or(Mark::NONE, |node| node.key);
                    names.push(dependency);
                    report.error(
                        "dependency-cycle",
                        mark,
                        format!("the services wait for each other: {}", names.join(" -> ")),
                        Some("take one of these out of `depends_on`".to_owned()),
                    );
                }
                None if services.contains_key(dependency) => {
                    finished.insert(dependency, false);
                    path.push((dependency, next(dependency)));
                }
                None => {}
            }
        }
    }
}
