//! Ports that are published to everyone though nothing asks who comes.

use crate::source::scalars;
use serde_json::Value;
use sinops_config_check::Set;
use sinops_programs::{Class, Program};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::Service;

/// Programs that ask for a login, though others of their class do not.
const WITH_LOGIN: &[&str] = &["grafana"];
/// Ports that administer something without a login.
const ADMIN: &[(u64, &str)] = &[
    (2375, "the Docker API"),
    (8500, "Consul"),
    (2379, "etcd"),
    (9901, "Envoy's admin API"),
];

/// A published port.
struct Port<'v> {
    published: &'v str,
    target: u64,
}

pub(crate) fn check(set: &Set<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in set.services() {
        let open = open(definition);
        let program = sinops_programs::of(service).filter(|it| !WITH_LOGIN.contains(&it.name));
        if let Some((severity, code, message)) = program.and_then(of_program)
            && !open.is_empty()
        {
            problems.push(problem(set, service, &open, severity, code, &message));
            continue;
        }
        for port in open {
            if let Some((_, what)) = ADMIN.iter().find(|it| it.0 == port.target) {
                let message = format!("{what} is open to everyone who reaches the machine");
                let code = "compose/published-admin";
                problems.push(problem(
                    set,
                    service,
                    &[port],
                    Severity::Warning,
                    code,
                    &message,
                ));
            }
        }
    }
}

/// Ports that are published on every address of the machine.
fn open(definition: &Value) -> Vec<Port<'_>> {
    let ports = definition.get("ports").and_then(Value::as_array);
    ports
        .into_iter()
        .flatten()
        .filter(|port| {
            let host = port.get("host_ip").and_then(Value::as_str);
            matches!(host, None | Some("" | "0.0.0.0" | "::"))
        })
        .filter_map(|port| {
            Some(Port {
                published: port.get("published")?.as_str()?,
                target: port.get("target")?.as_u64()?,
            })
        })
        .collect()
}

fn of_program(program: &Program) -> Option<(Severity, &'static str, String)> {
    let title = program.title;
    Some(match program.class {
        Class::Database | Class::Cache | Class::Queue => (
            Severity::Warning,
            "compose/published-database",
            format!(
                "{title} is open to everyone who reaches the machine; other containers reach it without a published port"
            ),
        ),
        Class::Monitoring | Class::Logs => (
            Severity::Warning,
            "compose/published-admin",
            format!("{title} asks for no login, and is open to everyone who reaches the machine"),
        ),
        Class::Exporter | Class::Host | Class::Containers => (
            Severity::Info,
            "compose/published-metrics",
            format!(
                "metrics of {title} are open to everyone who reaches the machine; Prometheus needs no published port"
            ),
        ),
        Class::Proxy | Class::Storage | Class::Application => return None,
    })
}

/// One finding for a service, with the mend of each of its ports.
fn problem(
    set: &Set<'_>,
    service: &Service,
    ports: &[Port<'_>],
    severity: Severity,
    code: &str,
    message: &str,
) -> Problem {
    let written = scalars(set, &service.name, &["ports"]);
    let numbers: Vec<&str> = ports.iter().map(|it| it.published).collect();
    let message = format!("{}: {message} (port {})", service.name, numbers.join(", "));
    let mut problem =
        Problem::new(severity, message)
            .code(code)
            .at(["services", service.name.as_str(), "ports"]);
    for port in ports {
        let short = format!("{}:{}", port.published, port.target);
        problem = problem.hint(format!(
            "publish it on this machine only, `127.0.0.1:{short}`, or not at all"
        ));
        let Some((text, node)) = written.iter().rfind(|(_, node)| {
            let bare = node.text().unwrap_or_default();
            bare.split('/').next() == Some(short.as_str())
                && !problem
                    .edits
                    .iter()
                    .any(|edit| usize::try_from(edit.place.start).ok() == Some(node.span.start))
        }) else {
            continue;
        };
        if problem.place.is_none() {
            problem = problem.place(text.place(node.span.clone()));
        }
        let bare = node.text().unwrap_or_default();
        problem = problem.edit(
            text.place(node.span.clone()),
            format!("\"127.0.0.1:{bare}\""),
        );
    }
    problem
}
