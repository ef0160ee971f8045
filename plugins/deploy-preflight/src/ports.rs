//! Published ports: free on the machine, and given once in the stack.

use crate::{Look, items, text};
use sinops_sdk::Severity::Critical;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::{PortUse, Service};
use std::collections::HashMap;

/// A port that a service wants on the host.
struct Wanted<'a> {
    service: &'a Service,
    index: usize,
    address: &'a str,
    port: u16,
    protocol: &'a str,
}

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    let mut given: HashMap<(u16, &str), Vec<(&str, &str)>> = HashMap::new();
    for wanted in look
        .services
        .iter()
        .flat_map(|(service, definition)| wanted(service, definition))
    {
        let name = wanted.service.name.as_str();
        let index = wanted.index.to_string();
        let problem = |message: String| {
            Problem::new(Critical, message)
                .service(name)
                .at(["services", name, "ports", &index])
        };
        let number = format!("{}/{}", wanted.port, wanted.protocol);
        let others = given.entry((wanted.port, wanted.protocol)).or_default();
        if let Some((other, _)) = others
            .iter()
            .find(|(_, address)| meet(address, wanted.address))
        {
            let problem = problem(format!(
                "the host port {number} is published by both `{other}` and `{name}`"
            ));
            problems.push(problem.hint("publish one of them on another port"));
        } else if wanted.service.replicas > 1 {
            let count = wanted.service.replicas;
            let problem = problem(format!(
                "`{name}` has {count} replicas, but only one can publish the host port {number}"
            ));
            problems.push(
                problem.hint("leave the host port out, so that the engine chooses one for each"),
            );
        } else if let Some(holder) = holder(look, &wanted) {
            let problem = problem(format!(
                "`{name}` publishes the host port {number}, which is taken by {holder}"
            ));
            problems.push(problem.hint(format!(
                "stop {holder}, or publish another port: `\"{}:…\"`",
                wanted.port.saturating_add(1)
            )));
        }
        others.push((name, wanted.address));
    }
}

fn wanted<'a>(
    service: &'a Service,
    definition: &'a serde_json::Value,
) -> impl Iterator<Item = Wanted<'a>> {
    items(definition, "ports")
        .enumerate()
        .filter_map(move |(index, port)| {
            Some(Wanted {
                service,
                index,
                address: text(port, "host_ip").unwrap_or_default(),
                // A range leaves the choice to the engine.
                port: text(port, "published")?.parse().ok()?,
                protocol: text(port, "protocol").unwrap_or("tcp"),
            })
        })
}

/// Who else holds the port, in words.
fn holder(look: &Look<'_>, wanted: &Wanted<'_>) -> Option<String> {
    let observed = &look.planning.observed;
    let uses: Vec<&PortUse> = observed
        .ports
        .iter()
        .filter(|used| {
            used.port == wanted.port
                && used.protocol == wanted.protocol
                && meet(&used.address, wanted.address)
        })
        .collect();
    // The engine's own proxy listens for a container: what is known of it by
    // name tells more than the listener.
    let named = uses.iter().find_map(|used| used.container.as_deref());
    let Some(name) = named else {
        let own_process = look.planning.stack.engine == "process"
            && observed.containers.iter().any(|container| {
                container.service.as_deref() == Some(wanted.service.name.as_str())
            });
        return (!uses.is_empty() && !own_process).then(|| "another program".to_owned());
    };
    match look.own(name) {
        None => Some(format!("the container `{name}`")),
        Some(own) => {
            let declared = own
                .service
                .as_deref()
                .and_then(|it| look.planning.stack.service(it));
            declared.is_none().then(|| {
                format!(
                    "the container `{}`, whose service is no longer declared",
                    own.name
                )
            })
        }
    }
}

/// Whether two addresses to listen on exclude each other.
fn meet(one: &str, other: &str) -> bool {
    let any = |address: &str| matches!(address, "" | "0.0.0.0" | "::" | "*");
    any(one) || any(other) || one == other
}
