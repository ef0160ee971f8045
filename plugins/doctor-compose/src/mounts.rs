//! Mounts: the engine's socket, sources that are not there, places that cannot
//! be made.

use crate::source::scalars;
use sinops_config_check::Set;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::PathKind;

pub(crate) fn check(set: &Set<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in set.services() {
        let mounts: Vec<&serde_json::Value> = definition
            .get("volumes")
            .and_then(|it| it.as_array())
            .into_iter()
            .flatten()
            .collect();
        for mount in &mounts {
            let of = |key: &str| {
                mount
                    .get(key)
                    .and_then(|it| it.as_str())
                    .unwrap_or_default()
            };
            let (source, target) = (of("source"), of("target"));
            let bind = of("type") == "bind";
            let place = |problem: Problem| at(set, &service.name, target, problem);
            if bind && source.ends_with("/docker.sock") {
                problems.push(place(
                    Problem::new(
                        Severity::Warning,
                        format!("{}: whoever takes over this container owns the machine: the engine's socket is mounted, and `:ro` does not change that", service.name),
                    )
                    .code("compose/docker-socket")
                    .hint("give it a proxy that allows only what it reads (`tecnativa/docker-socket-proxy`), or do without"),
                ));
            }
            let facts = &set.planning.observed.paths;
            let kind = |path: &str| facts.iter().find(|it| it.path == path).map(|it| it.kind);
            // What lies elsewhere may well be on the machine that is deployed to.
            let own = source.starts_with(&set.planning.stack.project_directory);
            if bind && own && kind(source) == Some(PathKind::Missing) {
                let shown = set.planning.shown(source);
                let file = target
                    .rsplit('/')
                    .next()
                    .is_some_and(|it| it.contains('.') && !it.ends_with(".d"));
                problems.push(place(if file {
                    Problem::new(
                        Severity::Warning,
                        format!("{}: `{shown}` is not there: the engine makes an empty folder of that name, and the program finds a folder where it wants a file", service.name),
                    )
                    .code("compose/missing-source")
                    .hint("make the file, or take the mount out")
                } else {
                    Problem::new(
                        Severity::Info,
                        format!("{}: `{shown}` is not there: the engine makes an empty folder, owned by root", service.name),
                    )
                    .code("compose/missing-source")
                    .hint("make the folder, or take the mount out")
                }));
            }
            // Inside of a read-only mount the place has to be there already.
            for outer in &mounts {
                let outer_target = outer
                    .get("target")
                    .and_then(|it| it.as_str())
                    .unwrap_or_default()
                    .trim_end_matches('/');
                let read_only = outer.get("read_only").and_then(|it| it.as_bool()) == Some(true);
                let Some(rest) = target.strip_prefix(outer_target) else {
                    continue;
                };
                let outer_source = outer
                    .get("source")
                    .and_then(|it| it.as_str())
                    .unwrap_or_default()
                    .trim_end_matches('/');
                let inside = format!("{outer_source}{}", rest.trim_end_matches('/'));
                if read_only
                    && rest.starts_with('/')
                    && rest.len() > 1
                    && kind(&inside) == Some(PathKind::Missing)
                {
                    problems.push(place(
                        Problem::new(
                            Severity::Critical,
                            format!("{}: `{target}` lies in `{outer_target}`, which is mounted read-only, and is not there: the container cannot start", service.name),
                        )
                        .code("compose/mount-below-read-only")
                        .hint(format!("mount it elsewhere, outside of `{outer_target}`, or make `{inside}` on the machine")),
                    ));
                }
            }
        }
        let privileged = definition.get("privileged").and_then(|it| it.as_bool()) == Some(true);
        if privileged {
            problems.push(
                Problem::new(
                    Severity::Warning,
                    format!(
                        "{}: whoever takes over this container owns the machine: it is privileged",
                        service.name
                    ),
                )
                .code("compose/privileged")
                .hint("name the devices and capabilities that it needs instead")
                .at(["services", service.name.as_str(), "privileged"]),
            );
        }
    }
}

/// Points at the mount in the file, by its target.
fn at(set: &Set<'_>, service: &str, target: &str, problem: Problem) -> Problem {
    let written = scalars(set, service, &["volumes"])
        .into_iter()
        .rfind(|(_, node)| {
            node.text().is_some_and(|it| {
                it == target
                    || it
                        .split(':')
                        .any(|part| part.trim_end_matches('/') == target.trim_end_matches('/'))
            })
        });
    match written {
        Some((text, node)) => problem.place(text.place(node.span.clone())),
        None => problem.at(["services", service, "volumes"]),
    }
}
