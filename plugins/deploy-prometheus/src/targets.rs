//! What can be scraped: known programs, and services that say so by label.
//!
//! A target is reached by its service's name on a network that it shares with
//! Prometheus, at the port inside the container.

use crate::catalog;
use sinops_sdk::Severity::Warning;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::{Service, Stack};

/// Something to scrape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: String,
    pub(crate) job: String,
    /// One per replica: `host:port`.
    pub(crate) addresses: Vec<String>,
    pub(crate) path: String,
    pub(crate) scheme: String,
    /// A known program: its answers have the right content type.
    pub(crate) known: bool,
}

pub(crate) fn of(stack: &Stack, prometheus: &Service) -> (Vec<Target>, Vec<Problem>) {
    let mut targets = Vec::new();
    let mut problems = Vec::new();
    for service in &stack.services {
        let definition = service.compose();
        let program = catalog::of(service);
        let wanted = match service.label("prometheus.io/scrape") {
            Some("true") => true,
            Some(_) => false,
            None => program.is_some(),
        };
        if !wanted {
            continue;
        }
        let port = match service.label("prometheus.io/port").map(str::parse::<u16>) {
            Some(Ok(port)) => Some(port),
            Some(Err(_)) => None,
            None => program
                .and_then(|program| catalog::listen_port(&definition).or(Some(program.port)))
                .or_else(|| first_port(&definition)),
        };
        let Some(port) = port else {
            problems.push(no_port(service));
            continue;
        };
        if !reaches(stack, prometheus, service) {
            problems.push(unreachable(service, prometheus));
            continue;
        }
        targets.push(Target {
            service: service.name.clone(),
            job: program.map_or_else(|| service.name.clone(), |program| program.job.to_owned()),
            addresses: hosts(stack, prometheus, service)
                .into_iter()
                .map(|host| format!("{host}:{port}"))
                .collect(),
            path: service
                .label("prometheus.io/path")
                .unwrap_or("/metrics")
                .to_owned(),
            scheme: service
                .label("prometheus.io/scheme")
                .unwrap_or("http")
                .to_owned(),
            known: program.is_some(),
        });
    }
    (targets, problems)
}

fn first_port(definition: &serde_json::Value) -> Option<u16> {
    let port = definition
        .pointer("/ports/0/target")
        .and_then(serde_json::Value::as_u64);
    let exposed = || {
        definition
            .pointer("/expose/0")?
            .as_str()?
            .split('/')
            .next()?
            .parse()
            .ok()
    };
    port.and_then(|port| u16::try_from(port).ok())
        .or_else(exposed)
}

/// Names under which Prometheus reaches each replica.
fn hosts(stack: &Stack, prometheus: &Service, service: &Service) -> Vec<String> {
    if stack.engine == "process" || service.name == prometheus.name {
        vec!["localhost".to_owned()]
    } else if service.replicas > 1 {
        service.container_names.clone()
    } else {
        vec![service.name.clone()]
    }
}

fn reaches(stack: &Stack, prometheus: &Service, service: &Service) -> bool {
    stack.engine == "process"
        || service.name == prometheus.name
        || service
            .networks
            .iter()
            .any(|network| prometheus.networks.contains(network))
}

fn unreachable(service: &Service, prometheus: &Service) -> Problem {
    Problem::new(
        Warning,
        format!(
            "`{}` serves metrics, but shares no network with `{}`: it is not scraped",
            service.name, prometheus.name
        ),
    )
    .service(&service.name)
    .hint(format!(
        "attach `{}` to a network of `{}`",
        service.name, prometheus.name
    ))
    .at(["services", &service.name])
}

fn no_port(service: &Service) -> Problem {
    Problem::new(
        Warning,
        format!(
            "`{}` is to be scraped, but nothing says on which port",
            service.name
        ),
    )
    .service(&service.name)
    .hint("set the label `prometheus.io/port` to a number")
    .at(["services", &service.name, "labels"])
}
