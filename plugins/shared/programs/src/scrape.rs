//! Where a service really serves its metrics.

use crate::{Metrics, Program, Switch};
use serde_json::Value;

/// Where metrics are, inside the network of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Port in the container.
    pub port: u16,
    /// Path below it.
    pub path: String,
}

/// Why a known program has no metrics to scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEndpoint {
    /// It would, if this were set.
    SwitchedOff(&'static str),
    /// Its exporter serves them.
    Through(crate::Exporter),
    /// Nothing serves them.
    Never,
}

/// Where a known program serves its metrics, given its canonical compose
/// definition.
///
/// # Errors
/// Why it serves none.
pub fn scrape(program: &Program, definition: &Value) -> Result<Endpoint, NoEndpoint> {
    let at = |port, path: &str| Endpoint {
        port,
        path: path.to_owned(),
    };
    match program.metrics {
        Metrics::Served { port, path } => Ok(at(listen_port(definition).unwrap_or(port), path)),
        Metrics::Switched {
            port,
            path,
            switches,
            hint,
        } => switches
            .iter()
            .find_map(|switch| switched(switch, definition, port))
            .map(|port| at(port, path))
            .ok_or(NoEndpoint::SwitchedOff(hint)),
        Metrics::Through(exporter) => Err(NoEndpoint::Through(exporter)),
        Metrics::None => Err(NoEndpoint::Never),
    }
}

/// The port that a set switch leads to.
fn switched(switch: &Switch, definition: &Value, port: u16) -> Option<u16> {
    match switch {
        Switch::Environment(name, value) => (variable(definition, name)? == *value).then_some(port),
        Switch::Address(name) => variable(definition, name)?.rsplit_once(':')?.1.parse().ok(),
        Switch::Flag(beginning) => words(definition)
            .any(|word| word.starts_with(beginning))
            .then_some(port),
    }
}

fn variable<'d>(definition: &'d Value, name: &str) -> Option<&'d str> {
    definition.get("environment")?.get(name)?.as_str()
}

/// Words of the command; a text is split at spaces.
fn words(definition: &Value) -> impl Iterator<Item = &str> {
    let command = definition.get("command");
    let text = command.and_then(Value::as_str).unwrap_or_default();
    let list = command.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(text.split_whitespace())
}

/// The port of `--web.listen-address` (exporters, Prometheus, Alertmanager),
/// `--server.http.listen-addr` (Alloy) or cAdvisor's `--port`.
#[must_use]
pub fn listen_port(definition: &Value) -> Option<u16> {
    let mut words = words(definition);
    while let Some(word) = words.next() {
        let bare = word.trim_start_matches('-');
        if bare.len() == word.len() {
            continue;
        }
        for flag in ["web.listen-address", "server.http.listen-addr", "port"] {
            let Some(rest) = bare.strip_prefix(flag) else {
                continue;
            };
            let address = match rest.strip_prefix('=') {
                Some(address) => address,
                None if rest.is_empty() => words.next()?,
                None => continue,
            };
            let port = address.rsplit_once(':').map_or(address, |(_, port)| port);
            return port.parse().ok();
        }
    }
    None
}

/// Ports that the service declares, inside the container and over TCP:
/// published ones first, then exposed ones, each once. A published range is
/// its first port.
#[must_use]
pub fn declared_ports(definition: &Value) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    let mut add = |port: Option<u16>| {
        if let Some(port) = port
            && !found.contains(&port)
        {
            found.push(port);
        }
    };
    let list = |key| definition.get(key).and_then(Value::as_array);
    for port in list("ports").into_iter().flatten() {
        if port.get("protocol").and_then(Value::as_str) != Some("udp") {
            add(port
                .get("target")
                .and_then(Value::as_u64)
                .and_then(|port| u16::try_from(port).ok()));
        }
    }
    for port in list("expose").into_iter().flatten() {
        let text = port
            .as_str()
            .map_or_else(|| port.to_string(), str::to_owned);
        let (number, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        if protocol == "tcp" {
            add(number.split('-').next().and_then(|it| it.parse().ok()));
        }
    }
    found
}
