//! Images: without a fixed version, at their end, moved away.

use crate::source::scalars;
use sinops_config_check::Set;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::{Severity, image};
use std::collections::HashMap;

/// Versions that nobody looks after any more.
struct Ended {
    program: &'static str,
    /// The first one that is still looked after; none: none is.
    first: Option<(u32, u32)>,
    /// When the others ended.
    when: &'static str,
    hint: &'static str,
}

const fn ended(
    program: &'static str,
    first: Option<(u32, u32)>,
    when: &'static str,
    hint: &'static str,
) -> Ended {
    Ended {
        program,
        first,
        when,
        hint,
    }
}

const ENDED: &[Ended] = &[
    ended(
        "promtail",
        None,
        "2026-03-02",
        "ship logs with Grafana Alloy (`grafana/alloy`)",
    ),
    ended(
        "postgres",
        Some((14, 0)),
        "2025-11-13 at the latest",
        "move to a version that is looked after, 18 for example, with a dump or pg_upgrade",
    ),
    ended(
        "mysql",
        Some((8, 4)),
        "2026-04-30 at the latest",
        "move to 8.4",
    ),
    ended(
        "mongo",
        Some((7, 0)),
        "2025-07-31 at the latest",
        "move to 8, one major version at a time",
    ),
    ended("elasticsearch", Some((8, 0)), "2026-01-15", "move to 9"),
    ended(
        "node",
        Some((22, 0)),
        "2026-04-30 at the latest",
        "move to 24",
    ),
    ended(
        "python",
        Some((3, 10)),
        "2025-10-31 at the latest",
        "move to 3.13",
    ),
    ended(
        "rabbitmq",
        Some((4, 0)),
        "2025-12-31 at the latest",
        "move to 4",
    ),
    ended(
        "prometheus",
        Some((2, 53)),
        "the release of its successor",
        "move to 3.5, the version with long-term support",
    ),
    ended(
        "grafana",
        Some((11, 0)),
        "2025-06-24 at the latest",
        "move to 12",
    ),
    ended(
        "loki",
        Some((3, 0)),
        "the release of 3.0",
        "mend what `loki/gone-in-3` names, then move to 3",
    ),
    ended(
        "all-in-one",
        Some((2, 0)),
        "2025-12-31",
        "move to Jaeger 2 (`jaegertracing/jaeger`)",
    ),
];

/// Beginning of a reference, and where it lives now.
const MOVED: &[(&str, &str)] = &[
    ("gcr.io/cadvisor/cadvisor", "ghcr.io/google/cadvisor"),
    ("google/cadvisor", "ghcr.io/google/cadvisor"),
    ("k8s.gcr.io/", "registry.k8s.io/"),
];

pub(crate) fn check(set: &Set<'_>, problems: &mut Vec<Problem>) {
    // Images without a version, with the place of their finding: one for each
    // file.
    let mut told: HashMap<(&str, String), usize> = HashMap::new();
    for (service, definition) in set.services() {
        let built = definition.get("build").is_some();
        for (text, node) in scalars(set, &service.name, &["image"]) {
            let reference = node.text().unwrap_or_default();
            if reference.contains('$') {
                continue;
            }
            let problem = |severity, code: &str, message: String| {
                text.problem(
                    severity,
                    code,
                    node.span.clone(),
                    format!("{}: {message}", service.name),
                )
            };
            let name = reference.split('@').next().unwrap_or(reference);
            let tag = name
                .rsplit_once(':')
                .map(|it| it.1)
                .filter(|it| !it.contains('/'));
            if !built && !reference.contains('@') && matches!(tag, None | Some("latest")) {
                let key = (text.path, reference.to_owned());
                match told.get(&key).and_then(|at| problems.get_mut(*at)) {
                    Some(first) => first.message = also(&first.message, &service.name),
                    None => {
                        told.insert(key, problems.len());
                        problems.push(
                            problem(
                                Severity::Warning,
                                "compose/latest",
                                format!("`{reference}` is another image every time it is pulled: no deploy can be repeated, none taken back"),
                            )
                            .hint("name a version, best with its digest"),
                        );
                    }
                }
            }
            let program = image::program(reference);
            let ended = ENDED.iter().find(|ended| {
                ended.program == program
                    && ended
                        .first
                        .is_none_or(|first| image::version(reference).is_some_and(|it| it < first))
            });
            if let Some(ended) = ended {
                problems.push(
                    problem(
                        Severity::Warning,
                        "compose/end-of-life",
                        format!("`{reference}` has had no fixes since {}", ended.when),
                    )
                    .hint(ended.hint),
                );
            }
            if let Some((old, new)) = MOVED.iter().find(|(old, _)| reference.starts_with(old)) {
                problems.push(
                    problem(
                        Severity::Warning,
                        "compose/moved-image",
                        format!("new versions of `{old}` come as `{new}` only"),
                    )
                    .hint(if new.ends_with("/cadvisor") {
                        format!("write `{new}` with a tag without `v`, 0.54 or newer: older ones lose containers on Docker 29")
                    } else {
                        format!("write `{new}` instead")
                    }),
                );
            }
        }
    }
}

/// `a, b: …` of `a: …` and another service that has the same.
fn also(message: &str, service: &str) -> String {
    let (services, rest) = message.split_once(": ").unwrap_or(("", message));
    if services.split(", ").any(|it| it == service) {
        message.to_owned()
    } else {
        format!("{services}, {service}: {rest}")
    }
}
