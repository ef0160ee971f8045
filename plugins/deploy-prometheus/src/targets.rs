//! What can be scraped: known programs, services that say so by label, and
//! what settings add.

use crate::Prometheus;
use crate::network::{hosts, reaches};
use serde_json::Value;
use sinops_programs::{Class, NoEndpoint, Program, Version, declared_ports, listen_port, scrape};
use sinops_sdk::Severity::{Info, Warning};
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::{Service, Stack};
use std::collections::BTreeSet;

/// Something to scrape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Empty for what is not of the stack.
    pub(crate) service: String,
    pub(crate) job: String,
    /// One per replica: `host:port`.
    pub(crate) addresses: Vec<String>,
    pub(crate) path: String,
    pub(crate) scheme: String,
    pub(crate) program: Option<&'static Program>,
    pub(crate) version: Option<Version>,
    /// Where it comes from, for the comment.
    pub(crate) source: String,
}

impl Target {
    /// What it is for, as a label.
    pub(crate) fn class(&self) -> &'static str {
        match self.program.map(|program| program.class) {
            None | Some(Class::Application) => "application",
            Some(Class::Database) => "database",
            Some(Class::Cache) => "cache",
            Some(Class::Queue) => "queue",
            Some(Class::Proxy) => "proxy",
            Some(Class::Storage) => "storage",
            Some(Class::Host) => "host",
            Some(Class::Containers) => "containers",
            Some(Class::Exporter) => "exporter",
            Some(Class::Monitoring) => "monitoring",
            Some(Class::Logs) => "logs",
        }
    }
}

/// What is to be scraped, and what is to be said about the rest.
pub(crate) fn of(
    settings: &Prometheus,
    stack: &Stack,
    definitions: &[Value],
    prometheus: &Service,
) -> (Vec<Target>, Vec<Problem>) {
    let mut targets = Vec::new();
    let mut problems = Vec::new();
    let asked = asked(stack, definitions);
    for (service, definition) in stack.services.iter().zip(definitions) {
        let program = sinops_programs::of(service);
        let found = match service.label("prometheus.io/scrape") {
            Some("true") => labelled(service, definition, program),
            Some(_) => continue,
            None => match program.map(|program| scrape(program, definition)) {
                None => continue,
                Some(Ok(endpoint)) => Ok((endpoint.port, endpoint.path, "image")),
                Some(Err(reason)) => {
                    problems.extend(not_served(stack, &asked, service, program, reason));
                    continue;
                }
            },
        };
        let (port, path, source) = match found {
            Ok(found) => found,
            Err(problem) => {
                problems.push(*problem);
                continue;
            }
        };
        if !reaches(stack, prometheus, service) {
            problems.push(unreachable(service, prometheus));
            continue;
        }
        let scheme = service.label("prometheus.io/scheme").unwrap_or("http");
        if !matches!(scheme, "http" | "https") {
            problems.push(wrong_scheme(service, scheme));
            continue;
        }
        targets.push(Target {
            service: service.name.clone(),
            job: program.map_or_else(|| job_of(&service.name), |program| program.name.to_owned()),
            addresses: hosts(stack, prometheus, service)
                .into_iter()
                .map(|host| format!("{host}:{port}"))
                .collect(),
            path,
            scheme: scheme.to_owned(),
            program,
            version: service
                .image
                .as_deref()
                .and_then(sinops_programs::version::of),
            source: format!("services.{}.{source}", service.name),
        });
    }
    targets.extend(outside(settings));
    (targets, problems)
}

/// Names of jobs that are not about one service.
pub(crate) const OTHER_JOBS: [&str; 5] = [
    "blackbox-http",
    "blackbox-tcp",
    "blackbox-icmp",
    "file",
    "docker",
];

/// The job of a service: its name, unless another job has it.
fn job_of(service: &str) -> String {
    if OTHER_JOBS.contains(&service) {
        format!("service-{service}")
    } else {
        service.to_owned()
    }
}

/// What settings add.
fn outside(settings: &Prometheus) -> Vec<Target> {
    let target = |job: &str, addresses: Vec<String>, path: Option<&str>, source: String| Target {
        service: String::new(),
        job: job.to_owned(),
        addresses,
        path: path.unwrap_or("/metrics").to_owned(),
        scheme: "http".to_owned(),
        program: sinops_programs::named(job),
        version: None,
        source,
    };
    let mut found = Vec::new();
    for (job, address, key) in [
        ("docker-engine", &settings.engine, "engine"),
        ("sinops", &settings.sinops, "sinops"),
    ] {
        if let Some(address) = address {
            let source = format!("settings.{key}");
            found.push(target(job, vec![address.clone()], None, source));
        }
    }
    found.extend(settings.targets.iter().map(|outside| {
        target(
            &outside.job,
            outside.addresses.clone(),
            outside.path.as_deref(),
            "settings.targets".to_owned(),
        )
    }));
    found
}

/// Port, path and source of a service that asks to be scraped.
fn labelled(
    service: &Service,
    definition: &Value,
    program: Option<&'static Program>,
) -> Result<(u16, String, &'static str), Box<Problem>> {
    let known = program.and_then(|program| scrape(program, definition).ok());
    let port = match service.label("prometheus.io/port").map(str::parse::<u16>) {
        Some(Ok(port)) => Some(port),
        Some(Err(_)) => None,
        None => known
            .as_ref()
            .map(|endpoint| endpoint.port)
            .or_else(|| listen_port(definition))
            .or_else(|| declared_ports(definition).first().copied()),
    };
    let path = service
        .label("prometheus.io/path")
        .map(|path| format!("/{}", path.trim_start_matches('/')));
    let path = path.or_else(|| known.map(|endpoint| endpoint.path));
    let port = port.ok_or_else(|| Box::new(no_port(service)))?;
    Ok((
        port,
        path.unwrap_or_else(|| "/metrics".to_owned()),
        "labels",
    ))
}

/// What is to be said of a known program that serves no metrics.
fn not_served(
    stack: &Stack,
    asked: &Asked,
    service: &Service,
    program: Option<&'static Program>,
    reason: NoEndpoint,
) -> Option<Problem> {
    let title = program.map_or("it", |program| program.title);
    let name = service.name.as_str();
    match reason {
        NoEndpoint::Never => None,
        NoEndpoint::SwitchedOff(hint) => Some(
            Problem::new(
                Info,
                format!(
                    "`{name}` runs {title}, which serves no metrics as it is: it is not scraped"
                ),
            )
            .service(name)
            .hint(hint)
            .at(["services", name]),
        ),
        NoEndpoint::Through(exporter) => {
            let there = asked.contains(&(exporter.program, name.to_owned()));
            (!there).then(|| {
                let networks = network_keys(stack, service);
                Problem::new(Info, format!("`{name}` runs {title}, which serves no metrics itself, and no exporter asks it: its rules are left out"))
                    .service(name)
                    .hint(format!("add to `services:`\n{}", exporter.fragment(name, &networks)))
                    .at(["services", name])
            })
        }
    }
}

/// Exporters by name, with each word that could be a service they ask.
type Asked = BTreeSet<(&'static str, String)>;

fn asked(stack: &Stack, definitions: &[Value]) -> Asked {
    let mut found = Asked::new();
    for (service, definition) in stack.services.iter().zip(definitions) {
        let Some(exporter) = sinops_programs::of(service) else {
            continue;
        };
        if exporter.class != Class::Exporter {
            continue;
        }
        let texts = |key| match definition.get(key) {
            Some(Value::Object(map)) => map.values().filter_map(Value::as_str).collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        let apart = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let words = ["environment", "command"]
            .into_iter()
            .flat_map(texts)
            .flat_map(|text| text.split(apart));
        let depends = service.depends_on.iter().map(|it| it.service.as_str());
        found.extend(
            words
                .chain(depends)
                .map(|word| (exporter.name, word.to_owned())),
        );
    }
    found
}

/// Networks of a service by their keys in the compose file.
fn network_keys(stack: &Stack, service: &Service) -> Vec<String> {
    service
        .networks
        .iter()
        .filter_map(|name| stack.networks.iter().find(|it| it.name == *name))
        .map(|network| network.key.clone())
        .filter(|key| key != "default")
        .collect()
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

fn wrong_scheme(service: &Service, scheme: &str) -> Problem {
    Problem::new(
        Warning,
        format!(
            "`{}` is not scraped: its label says `{scheme}`",
            service.name
        ),
    )
    .service(&service.name)
    .hint("`prometheus.io/scheme` is http or https")
    .at(["services", &service.name, "labels"])
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
