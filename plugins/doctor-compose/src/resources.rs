//! What a service wants of the machine, and modes that are no operation.

use crate::source::scalars;
use sinops_config_check::Set;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;

pub(crate) fn check(set: &Set<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in set.services() {
        let limit = definition
            .get("deploy")
            .and_then(|it| it.get("resources"))
            .and_then(|it| it.get("limits"))
            .and_then(|it| it.get("cpus"))
            .or_else(|| definition.get("cpus"));
        let wanted = limit.and_then(|it| {
            it.as_f64()
                .or_else(|| it.as_str().and_then(|it| it.parse().ok()))
        });
        let has = set.planning.observed.machine.cpus;
        if let (Some(wanted), Some(has)) = (wanted, has)
            && wanted > f64::from(has)
        {
            problems.push(
                Problem::new(
                    Severity::Warning,
                    format!("{}: it wants {wanted} CPUs, this machine has {has}: an engine on it refuses the container", service.name),
                )
                .code("compose/cpus")
                .hint("lower the limit, or deploy to a larger machine")
                .at(["services", service.name.as_str(), "deploy", "resources", "limits", "cpus"]),
            );
        }
        let environment = definition.get("environment").and_then(|it| it.as_object());
        if environment.is_some_and(|it| it.contains_key("VAULT_DEV_ROOT_TOKEN_ID")) {
            let written = scalars(set, &service.name, &["environment"])
                .into_iter()
                .rfind(|(_, node)| {
                    node.text()
                        .is_some_and(|it| it.starts_with("VAULT_DEV_ROOT_TOKEN_ID"))
                });
            let problem = Problem::new(
                Severity::Warning,
                format!(
                    "{}: Vault runs in development mode: everything in it is lost when it stops",
                    service.name
                ),
            )
            .code("compose/development-mode")
            .hint("start it with `vault server` and a configuration with storage");
            problems.push(match written {
                Some((text, node)) => {
                    let source = text.content.get(node.span.clone()).unwrap_or_default();
                    let length = source.find('=').unwrap_or(source.len());
                    problem.place(text.place(node.span.start..node.span.start + length))
                }
                None => problem.at(["services", service.name.as_str(), "environment"]),
            });
        }
    }
}
