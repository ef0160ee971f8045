//! What keeps the generated files from having an effect.

use crate::LOKI;
use sinops_sdk::Severity::{Critical, Info, Warning};
use sinops_sdk::deploy_step::{Mounted, Planning, Problem};
use sinops_sdk::types::Service;

pub(crate) fn loki(planning: &Planning, loki: &Service, problems: &mut Vec<Problem>) {
    unused(
        planning,
        loki,
        LOKI,
        "/etc/loki",
        "-config.file=/etc/loki/loki.yaml",
        problems,
    );
}

pub(crate) fn shipper(
    planning: &Planning,
    shipper: &Service,
    loki: &Service,
    file: &str,
    problems: &mut Vec<Problem>,
) {
    let (folder, argument) = if file == crate::ALLOY {
        ("/etc/alloy", "/etc/alloy/config.alloy")
    } else {
        ("/etc/promtail", "-config.file=/etc/promtail/config.yml")
    };
    unused(planning, shipper, file, folder, argument, problems);
    let name = shipper.name.as_str();
    if planning.stack.engine == "process" {
        return;
    }
    if !shipper.definition.contains("docker.sock") {
        problems.push(
            Problem::new(
                Warning,
                format!("`{name}` cannot see the containers whose logs it ships"),
            )
            .service(name)
            .hint("add `/var/run/docker.sock:/var/run/docker.sock:ro` to its volumes")
            .at(["services", name, "volumes"]),
        );
    }
    if !shipper
        .networks
        .iter()
        .any(|network| loki.networks.contains(network))
    {
        problems.push(
            Problem::new(
                Warning,
                format!(
                    "`{name}` shares no network with `{}`: it cannot ship",
                    loki.name
                ),
            )
            .service(name)
            .hint(format!("attach it to a network of `{}`", loki.name))
            .at(["services", name, "networks"]),
        );
    }
}

/// A file that is not mounted, or that the command does not name.
fn unused(
    planning: &Planning,
    service: &Service,
    file: &str,
    target: &str,
    argument: &str,
    problems: &mut Vec<Problem>,
) {
    if planning.stack.engine == "process" {
        return;
    }
    let name = service.name.as_str();
    let folder = file.split('/').next().unwrap_or(file);
    let output = planning.shown(planning.stack.output_directory.trim_end_matches('/'));
    let problem = match planning.mounted(service, file) {
        Mounted::No => Problem::new(Warning, format!("`{name}` does not mount the generated `{file}`: it runs with another one"))
            .hint(format!("add `{output}/{folder}:{target}:ro` to its volumes and `{argument}` to its command"))
            .at(["services", name, "volumes"]),
        Mounted::File => Problem::new(Info, format!("`{name}` mounts the generated file alone: it does not see changes"))
            .hint(format!("mount the folder instead: `{output}/{folder}:{target}:ro`"))
            .at(["services", name, "volumes"]),
        Mounted::Folder if !names(service, file) => Problem::new(Warning, format!("the command of `{name}` does not name the generated `{file}`: it runs with another one"))
            .hint(format!("add `{argument}` to its command"))
            .at(["services", name, "command"]),
        Mounted::Folder => return,
    };
    problems.push(problem.service(name));
}

/// Whether the command names the file. Alloy's and Promtail's images name the
/// very path that is generated, so that they need no command.
fn names(service: &Service, file: &str) -> bool {
    let definition = service.compose();
    let command = definition.get("command").and_then(|it| it.as_array());
    let name = file.rsplit('/').next().unwrap_or(file);
    match command {
        Some(words) => words
            .iter()
            .filter_map(|word| word.as_str())
            .any(|word| word.ends_with(name)),
        None => file != LOKI,
    }
}

pub(crate) fn too_old(loki: &Service) -> Problem {
    let name = loki.name.as_str();
    Problem::new(
        Critical,
        format!("`{name}` runs a Loki before 2.9, which does not know the schema v13"),
    )
    .service(name)
    .hint("take `grafana/loki:3.5.7`, or leave `deploy-loki` out of the pipeline")
    .at(["services", name, "image"])
}

pub(crate) fn end_of_life(promtail: &Service) -> Problem {
    let name = promtail.name.as_str();
    Problem::new(
        Warning,
        format!(
            "`{name}` runs Promtail, which has had no updates since its end of life on 2026-03-02"
        ),
    )
    .service(name)
    .hint("replace it with `grafana/alloy`; its configuration is generated as well")
    .at(["services", name, "image"])
}

pub(crate) fn no_shipper(loki: &Service) -> Problem {
    let name = loki.name.as_str();
    Problem::new(Info, format!("nothing ships logs to `{name}`"))
        .service(name)
        .hint("add a service with the image `grafana/alloy`; its configuration is generated")
        .at(["services", name])
}
