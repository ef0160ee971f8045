//! Flags of the services that run Prometheus.

use crate::{Look, PROMETHEUS};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

/// Flags that Prometheus 3 refuses to start with, and what to do.
const GONE: &[(&str, &str)] = &[
    (
        "storage.tsdb.retention",
        "it is called `--storage.tsdb.retention.time`",
    ),
    (
        "storage.tsdb.allow-overlapping-blocks",
        "take it out: they are always allowed",
    ),
    (
        "alertmanager.timeout",
        "it is `timeout` of the alertmanager in prometheus.yml",
    ),
];

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in look.set.services() {
        if !PROMETHEUS.contains(&service.program()) {
            continue;
        }
        let image = service.image.as_deref().unwrap_or_default();
        let three = sinops_sdk::image::version(image).is_none_or(|it| it >= (3, 0));
        let command = definition.get("command").and_then(|it| it.as_array());
        for word in command.into_iter().flatten().filter_map(|it| it.as_str()) {
            let flag = word.trim_start_matches('-');
            let flag = flag.split('=').next().unwrap_or(flag);
            if three && let Some((_, hint)) = GONE.iter().find(|(gone, _)| *gone == flag) {
                problems.push(
                    Problem::new(
                        Severity::Critical,
                        format!("Prometheus 3 has no flag `--{flag}`: it does not start"),
                    )
                    .code("prometheus/flag")
                    .service(&service.name)
                    .hint(*hint)
                    .at(["services", &service.name, "command"]),
                );
            }
            if flag == "web.enable-admin-api" && published(definition) {
                problems.push(
                    Problem::new(
                        Severity::Warning,
                        "whoever reaches the published port may delete series: the admin API has no login",
                    )
                    .code("prometheus/admin-api")
                    .service(&service.name)
                    .hint("take `--web.enable-admin-api` out, or publish the port on 127.0.0.1 only")
                    .at(["services", &service.name, "command"]),
                );
            }
        }
    }
}

/// A port is published to everyone.
fn published(definition: &serde_json::Value) -> bool {
    let ports = definition.get("ports").and_then(|it| it.as_array());
    ports.into_iter().flatten().any(|port| {
        let open = port
            .get("host_ip")
            .and_then(|it| it.as_str())
            .is_none_or(|it| matches!(it, "" | "0.0.0.0" | "::"));
        open && port.get("published").is_some()
    })
}
