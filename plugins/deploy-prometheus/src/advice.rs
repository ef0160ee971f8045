//! What keeps the generated files from having an effect.

use crate::{CONFIG, Prometheus};
use sinops_sdk::Severity::{Info, Warning};
use sinops_sdk::deploy_step::{Mounted, Planning, Problem};
use sinops_sdk::types::Service;

pub(crate) fn add(
    settings: &Prometheus,
    planning: &Planning,
    prometheus: &Service,
    problems: &mut Vec<Problem>,
) {
    let name = prometheus.name.as_str();
    if !prometheus.definition.contains("--storage.tsdb.retention.") {
        let flag = format!("--storage.tsdb.retention.time={}", settings.retention);
        problems.push(
            Problem::new(Warning, format!("`{name}` does not say how long samples are kept: it is 15 days, not {}", settings.retention))
                .service(name)
                .hint(format!("add `{flag}` to its command; with another command the image's own flags have to be repeated"))
                .at(["services", name, "command"]),
        );
    }
    if planning.stack.engine == "process" {
        return;
    }
    let folder = planning.shown(planning.stack.output_directory.trim_end_matches('/'));
    let line = format!("`{folder}/prometheus:/etc/prometheus:ro`");
    match planning.mounted(prometheus, CONFIG) {
        Mounted::Folder => {}
        Mounted::No => problems.push(
            Problem::new(Warning, format!("`{name}` does not mount the generated configuration: it runs with another one"))
                .service(name)
                .hint(format!("add {line} to its volumes"))
                .at(["services", name, "volumes"]),
        ),
        Mounted::File => problems.push(
            Problem::new(Info, format!("`{name}` mounts the generated file alone: it sees neither the rules nor changes"))
                .service(name)
                .hint(format!("mount the folder instead: {line}"))
                .at(["services", name, "volumes"]),
        ),
    }
}

/// Endpoints that nothing probes.
pub(crate) fn endpoints(
    settings: &Prometheus,
    blackbox: Option<&Service>,
    problems: &mut Vec<Problem>,
) {
    if settings.endpoints.is_empty() || blackbox.is_some() {
        return;
    }
    problems.push(
        Problem::new(Warning, "settings.endpoints are not probed: Prometheus reaches no blackbox exporter")
            .hint("add a service with the image `prom/blackbox-exporter`; deploy-blackbox writes its configuration"),
    );
}
