//! What keeps the generated files from having an effect.

use crate::sources::Source;
use crate::{FOLDER, SOURCES};
use sinops_sdk::Severity::{Info, Warning};
use sinops_sdk::deploy_step::{Mounted, Planning, Problem};
use sinops_sdk::types::Service;

pub(crate) fn add(
    planning: &Planning,
    grafana: &Service,
    sources: &[Source<'_>],
    problems: &mut Vec<Problem>,
) {
    let name = grafana.name.as_str();
    if sources.is_empty() {
        problems.push(
            Problem::new(Info, format!("`{name}` has nothing to show"))
                .service(name)
                .hint("add a service with the image `prom/prometheus`; it is configured as well")
                .at(["services", name]),
        );
    }
    if planning.stack.engine == "process" {
        return;
    }
    if planning.mounted(grafana, SOURCES) != Mounted::Folder {
        let output = planning.shown(planning.stack.output_directory.trim_end_matches('/'));
        problems.push(
            Problem::new(
                Warning,
                format!(
                    "`{name}` does not mount the generated provisioning: it shows nothing of it"
                ),
            )
            .service(name)
            .hint(format!(
                "add `{output}/{FOLDER}:/etc/grafana/provisioning:ro` to its volumes"
            ))
            .at(["services", name, "volumes"]),
        );
    }
    for source in sources {
        let shared = |network| source.service.networks.contains(network);
        if !grafana.networks.iter().any(shared) && !grafana.networks.is_empty() {
            let other = source.service.name.as_str();
            problems.push(
                Problem::new(
                    Warning,
                    format!("`{name}` shares no network with `{other}`: it cannot ask it"),
                )
                .service(name)
                .hint(format!("attach it to a network of `{other}`"))
                .at(["services", name, "networks"]),
            );
        }
    }
}
