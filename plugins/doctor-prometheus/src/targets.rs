//! Targets against what the stack declares: addresses that nobody holds, ports
//! that serve no metrics.

use crate::{Look, PROMETHEUS};
use sinops_config_check::value::host_port;
use sinops_config_check::{Node, Text};
use sinops_programs::{Class, Metrics, NoEndpoint, declared_ports, scrape};
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::Service;

/// Who answers at a host.
enum Holder<'p> {
    /// A service of the stack.
    Service(&'p Service),
    /// Something outside, or not known.
    Elsewhere,
    /// Nothing: an address of the stack's networks that no service holds.
    Nobody,
    /// A name that no service has.
    Unknown,
}

/// A file for `file_sd_configs`.
pub(crate) fn check_file(look: &Look<'_>, text: &Text<'_>, problems: &mut Vec<Problem>) {
    let Ok(root) = &text.root else { return };
    for group in root.items() {
        for target in group.list("targets") {
            endpoint(look, text, target, problems);
        }
    }
}

pub(crate) fn check_alertmanager(
    look: &Look<'_>,
    text: &Text<'_>,
    node: &Node,
    problems: &mut Vec<Problem>,
) {
    for target in statics(node) {
        if slash(text, node, target, problems) {
            continue;
        }
        let Some((host, port)) = parts(target) else {
            continue;
        };
        match holder(look, text, host) {
            Holder::Nobody | Holder::Unknown => {
                let mut dead = dead(look, text, target, host, port);
                dead.message = dead
                    .message
                    .replace("the target is down", "no alert arrives");
                problems.push(dead);
            }
            Holder::Service(service) => {
                let known =
                    sinops_programs::of(service).is_some_and(|it| it.name == "alertmanager");
                if known && port != serves(look, service).unwrap_or(9093) {
                    problems.push(
                        text.problem(
                            Severity::Warning,
                            "prometheus/wrong-port",
                            target.span.clone(),
                            format!(
                                "`{}` does not serve on {port}: no alert arrives",
                                service.name
                            ),
                        )
                        .hint("Alertmanager serves on 9093"),
                    );
                }
            }
            Holder::Elsewhere => {}
        }
    }
}

pub(crate) fn check_job(look: &Look<'_>, text: &Text<'_>, job: &Node, problems: &mut Vec<Problem>) {
    let probes = job.text_of("metrics_path") == Some("/probe");
    for target in statics(job) {
        if slash(text, job, target, problems) {
            continue;
        }
        if probes {
            probed(look, text, target, problems);
        } else {
            endpoint(look, text, target, problems);
        }
    }
    // Where a probing job really goes.
    for step in job.list("relabel_configs") {
        if step.text_of("target_label") == Some("__address__")
            && let Some(replacement) = step.get("replacement")
            && replacement.text().is_some_and(|it| !it.contains('$'))
        {
            endpoint(look, text, replacement, problems);
        }
    }
}

fn statics(node: &Node) -> impl Iterator<Item = &Node> {
    node.list("static_configs")
        .flat_map(|group| group.list("targets"))
}

fn parts(target: &Node) -> Option<(&str, u16)> {
    let text = target.text()?;
    let (scheme, host, port) = host_port(text);
    let usual = match scheme {
        Some("https") => 443,
        _ => 80,
    };
    (!host.is_empty() && !host.contains(['$', '{', '<', '*']))
        .then_some((host, port.unwrap_or(usual)))
}

/// An address with a path: refused, unless relabelling makes something else of it.
fn slash(text: &Text<'_>, job: &Node, target: &Node, problems: &mut Vec<Problem>) -> bool {
    let Some(address) = target.text() else {
        return true;
    };
    if !address.contains('/') || job.get("relabel_configs").is_some() {
        return false;
    }
    let (_, host, port) = host_port(address);
    let bare = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    problems.push(
        text.problem(
            Severity::Critical,
            "prometheus/target",
            target.span.clone(),
            format!("`{address}` is no `host:port`: Prometheus refuses the file"),
        )
        .hint(format!(
            "write `{bare}`; scheme and path have keys of their own, `scheme` and `metrics_path`"
        ))
        .edit(text.place(target.span.clone()), format!("'{bare}'")),
    );
    true
}

/// A target that is to serve metrics.
fn endpoint(look: &Look<'_>, text: &Text<'_>, target: &Node, problems: &mut Vec<Problem>) {
    let Some((host, port)) = parts(target) else {
        return;
    };
    let service = match holder(look, text, host) {
        Holder::Service(service) => service,
        Holder::Elsewhere => return,
        Holder::Nobody | Holder::Unknown => {
            let mut dead = dead(look, text, target, host, port);
            let protocol = protocol_port(text, target, port);
            if protocol.is_some() {
                // The right name would be as dead as the address.
                dead.edits.clear();
            }
            problems.push(dead);
            problems.extend(protocol);
            return;
        }
    };
    let Some(program) = sinops_programs::of(service) else {
        undeclared(look, text, target, service, port, problems);
        return;
    };
    let definition = definition(look, service);
    let problem = |message: String| {
        text.problem(
            Severity::Warning,
            "prometheus/no-metrics",
            target.span.clone(),
            message,
        )
    };
    match scrape(program, definition) {
        Ok(found) if found.port == port => {}
        Ok(found) => problems.push(
            problem(format!(
                "`{}` serves its metrics on {}, not on {port}: the target is always down",
                service.name, found.port
            ))
            .hint(format!("write `{host}:{}`", found.port))
            .edit(
                text.place(target.span.clone()),
                format!("'{host}:{}'", found.port),
            ),
        ),
        Err(NoEndpoint::SwitchedOff(hint)) => problems.push(
            problem(format!(
                "`{}` ({}) serves no metrics as it is set up: the target is always down",
                service.name, program.title
            ))
            .hint(hint),
        ),
        Err(NoEndpoint::Through(exporter)) => {
            let networks: Vec<String> = definition
                .get("networks")
                .and_then(|it| it.as_object())
                .map(|it| it.keys().cloned().collect())
                .unwrap_or_default();
            problems.push(
                problem(format!(
                    "`{}` ({}) serves no metrics on {port}, that is its own protocol: the target is always down",
                    service.name, program.title
                ))
                .hint(format!(
                    "add its exporter to the compose file and scrape that:\n{}",
                    exporter.fragment(&service.name, &networks)
                )),
            );
        }
        Err(NoEndpoint::Never) => problems.push(
            problem(format!(
                "`{}` ({}) serves no metrics: the target is always down",
                service.name, program.title
            ))
            .hint("take the target out, or probe it with the blackbox exporter"),
        ),
    }
}

/// A dead address with a port that only a protocol without metrics has.
fn protocol_port(text: &Text<'_>, target: &Node, port: u16) -> Option<Problem> {
    let program = sinops_programs::all().find(|it| {
        let keeps_data = matches!(it.class, Class::Database | Class::Cache | Class::Queue);
        it.port == port && keeps_data && matches!(it.metrics, Metrics::Through(_))
    })?;
    let Metrics::Through(exporter) = program.metrics else {
        return None;
    };
    Some(
        text.problem(
            Severity::Warning,
            "prometheus/no-metrics",
            target.span.clone(),
            format!(
                "{port} is the port of {}'s own protocol, which serves no metrics",
                program.title
            ),
        )
        .hint(format!(
            "add an exporter (`{}`) and scrape that",
            exporter.image
        )),
    )
}

/// A target of a probe: something answers there, whatever it says.
fn probed(look: &Look<'_>, text: &Text<'_>, target: &Node, problems: &mut Vec<Problem>) {
    let Some((host, port)) = parts(target) else {
        return;
    };
    // The prober's own, whoever that is.
    if is_local(host) {
        return;
    }
    match holder(look, text, host) {
        Holder::Nobody | Holder::Unknown => {
            problems.push(dead(look, text, target, host, port));
        }
        Holder::Service(service) => undeclared(look, text, target, service, port, problems),
        Holder::Elsewhere => {}
    }
}

/// A port that the service declares nowhere, though it declares others.
fn undeclared(
    look: &Look<'_>,
    text: &Text<'_>,
    target: &Node,
    service: &Service,
    port: u16,
    problems: &mut Vec<Problem>,
) {
    let mut declared = declared_ports(definition(look, service));
    if let Some(program) = sinops_programs::of(service)
        && !declared.contains(&program.port)
    {
        declared.push(program.port);
    }
    if declared.is_empty()
        || declared.contains(&port)
        || service.label("prometheus.io/port").is_some()
    {
        return;
    }
    let list: Vec<String> = declared.iter().map(u16::to_string).collect();
    problems.push(
        text.problem(
            Severity::Info,
            "prometheus/undeclared-port",
            target.span.clone(),
            format!(
                "`{}` declares no port {port}, only {}: nothing may listen there",
                service.name,
                list.join(", ")
            ),
        )
        .hint("add it to `expose:` of the service if it is right, or mend the target"),
    );
}

/// An address or a name that leads nowhere.
fn dead(look: &Look<'_>, text: &Text<'_>, target: &Node, host: &str, port: u16) -> Problem {
    let address = host.parse::<std::net::IpAddr>().is_ok();
    let problem = text.problem(
        Severity::Warning,
        if address {
            "prometheus/address"
        } else {
            "prometheus/unknown-host"
        },
        target.span.clone(),
        if address {
            format!(
                "no service holds the address {host}: the target is down, or another container that happens to get it is scraped in its place"
            )
        } else {
            format!("no service of the stack is called `{host}`: the target is down")
        },
    );
    let serving: Vec<&Service> = look
        .set
        .services()
        .filter(|(service, definition)| {
            declared_ports(definition).contains(&port)
                || sinops_programs::of(service).is_some_and(|it| it.port == port)
        })
        .map(|(service, _)| service)
        .collect();
    match serving.as_slice() {
        [] => {
            let near = sinops_config_check::nearest(
                host,
                look.set
                    .planning
                    .stack
                    .services
                    .iter()
                    .map(|it| it.name.as_str()),
            );
            match near {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!(
                    "no service of the stack serves {port} either: take the target out, or name the service that is meant"
                )),
            }
        }
        [service] => {
            let mended = target
                .text()
                .unwrap_or_default()
                .replacen(host, &service.name, 1);
            problem
                .hint(format!(
                    "name the service instead of an address: `{mended}` serves {port}"
                ))
                .edit(text.place(target.span.clone()), format!("'{mended}'"))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
            problem.hint(format!(
                "name the service instead of an address; these serve {port}: {}",
                names.join(", ")
            ))
        }
    }
}

fn definition<'l>(look: &'l Look<'_>, service: &Service) -> &'l serde_json::Value {
    look.set
        .services()
        .find(|(other, _)| other.name == service.name)
        .map_or(&serde_json::Value::Null, |it| it.1)
}

/// The port that a known program serves its metrics on.
fn serves(look: &Look<'_>, service: &Service) -> Option<u16> {
    let program = sinops_programs::of(service)?;
    scrape(program, definition(look, service))
        .ok()
        .map(|it| it.port)
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// Who answers at a host, seen from Prometheus.
fn holder<'p>(look: &Look<'p>, text: &Text<'_>, host: &str) -> Holder<'p> {
    let set = &look.set;
    if set.planning.stack.services.is_empty() {
        return Holder::Elsewhere;
    }
    if is_local(host) {
        let mut mounting = set.mounts(text.path).map(|it| it.service);
        let own = mounting.find(|service| PROMETHEUS.contains(&service.program()));
        return own.map_or(Holder::Elsewhere, Holder::Service);
    }
    for (service, definition) in set.services() {
        let networks = definition.get("networks").and_then(|it| it.as_object());
        let on_networks = networks.into_iter().flat_map(|it| it.values()).any(|it| {
            let address = it.get("ipv4_address").or_else(|| it.get("ipv6_address"));
            let aliases = it.get("aliases").and_then(|it| it.as_array());
            address.and_then(|it| it.as_str()) == Some(host)
                || aliases
                    .into_iter()
                    .flatten()
                    .any(|alias| alias.as_str() == Some(host))
        });
        let hostname = definition.get("hostname").and_then(|it| it.as_str());
        if service.name == host
            || service.container_names.iter().any(|it| it == host)
            || hostname == Some(host)
            || on_networks
        {
            return Holder::Service(service);
        }
    }
    // Who only sends to a Prometheus elsewhere says nothing of its other targets.
    if !look.has_prometheus() {
        return Holder::Elsewhere;
    }
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return if of_the_stack(look, address) {
            Holder::Nobody
        } else {
            Holder::Elsewhere
        };
    }
    // A name with dots may be anyone's; a bare one can only be a container's.
    let bare = !host.contains('.') && host.parse::<std::net::IpAddr>().is_err();
    let extra = set.services().any(|(_, definition)| {
        let hosts = definition.get("extra_hosts").map(ToString::to_string);
        hosts.is_some_and(|it| it.contains(host))
    });
    if bare && !extra && host != "host-gateway" {
        Holder::Unknown
    } else {
        Holder::Elsewhere
    }
}

/// The address lies in a network of the stack, or beside a fixed address of one
/// of its services.
fn of_the_stack(look: &Look<'_>, address: std::net::Ipv4Addr) -> bool {
    let number = u32::from(address);
    let subnets = look.set.planning.stack.networks.iter().flat_map(|network| {
        let definition = network.compose();
        let configs = definition
            .get("ipam")
            .and_then(|it| it.get("config"))
            .and_then(|it| it.as_array())
            .cloned()
            .unwrap_or_default();
        configs
            .iter()
            .filter_map(|it| it.get("subnet")?.as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    });
    for subnet in subnets {
        let Some((base, bits)) = subnet.split_once('/') else {
            continue;
        };
        if let (Ok(base), Ok(bits)) = (base.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>())
            && let Some(shift) = 32_u32.checked_sub(bits)
        {
            let cut = |it: u32| it.checked_shr(shift).unwrap_or(0);
            if cut(number) == cut(u32::from(base)) {
                return true;
            }
        }
    }
    look.set.services().any(|(_, definition)| {
        let networks = definition.get("networks").and_then(|it| it.as_object());
        networks.into_iter().flat_map(|it| it.values()).any(|it| {
            it.get("ipv4_address")
                .and_then(|it| it.as_str())
                .and_then(|it| it.parse::<std::net::Ipv4Addr>().ok())
                .is_some_and(|own| u32::from(own) >> 8 == number >> 8)
        })
    })
}
