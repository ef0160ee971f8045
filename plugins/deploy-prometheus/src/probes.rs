//! What the blackbox exporter is to probe: what services declare, and
//! endpoints from the settings.
//!
//! A declared HTTP health check is asked over the network as well; other
//! services are connected to on their port; what has no port is pinged.

use crate::Prometheus;
use crate::network::{hosts, reaches};
use serde_json::Value;
use sinops_programs::{Class, declared_ports};
use sinops_sdk::types::{Service, Stack};

/// How something is probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Tcp,
    Icmp,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Tcp, Self::Icmp];

    pub(crate) const fn job(self) -> &'static str {
        match self {
            Self::Http => "blackbox-http",
            Self::Tcp => "blackbox-tcp",
            Self::Icmp => "blackbox-icmp",
        }
    }
}

/// One probe, of one or several replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) kind: Kind,
    /// Of blackbox.yml, which deploy-blackbox writes.
    pub(crate) module: &'static str,
    pub(crate) targets: Vec<String>,
    /// The service, or the host of an endpoint.
    pub(crate) service: String,
    /// Where it comes from, for the comment.
    pub(crate) source: String,
}

pub(crate) fn of(
    settings: &Prometheus,
    stack: &Stack,
    definitions: &[Value],
    blackbox: &Service,
    scraped: impl Fn(&str) -> bool,
) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (service, definition) in stack.services.iter().zip(definitions) {
        if service.label("sinops.probe") == Some("false") || !reaches(stack, blackbox, service) {
            continue;
        }
        probes.extend(probe(
            stack,
            service,
            definition,
            blackbox,
            scraped(&service.name),
        ));
    }
    // They have been checked.
    probes.extend(settings.endpoints.iter().filter_map(|it| endpoint(it).ok()));
    probes
}

fn probe(
    stack: &Stack,
    service: &Service,
    definition: &Value,
    blackbox: &Service,
    scraped: bool,
) -> Option<Probe> {
    let name = &service.name;
    let hosts = hosts(stack, blackbox, service);
    let ports = declared_ports(definition);
    let make = |kind, module, after: &str, key: &str| Probe {
        kind,
        module,
        targets: hosts.iter().map(|host| after.replace('*', host)).collect(),
        service: name.clone(),
        source: format!("services.{name}.{key}"),
    };
    if let Some(check) = health_url(definition) {
        // A check on a port that is not served probes nothing.
        if ports.is_empty() || ports.contains(&check.port) {
            let module = if check.scheme == "https" {
                "http_2xx_insecure"
            } else {
                "http_2xx"
            };
            let url = format!("{}://*:{}{}", check.scheme, check.port, check.path);
            return Some(make(Kind::Http, module, &url, "healthcheck"));
        }
    }
    let program = sinops_programs::of(service);
    let module = match program.map(|program| program.name) {
        Some("redis" | "valkey" | "keydb" | "dragonfly") => "redis_connect",
        _ => "tcp_connect",
    };
    if let Some(port) = ports.first() {
        return Some(make(Kind::Tcp, module, &format!("*:{port}"), "ports"));
    }
    if scraped {
        return None;
    }
    match program {
        Some(program) if matches!(program.class, Class::Database | Class::Cache | Class::Queue) => {
            Some(make(
                Kind::Tcp,
                module,
                &format!("*:{}", program.port),
                "image",
            ))
        }
        // On one machine there is nothing to ping.
        _ if stack.engine == "process" => None,
        _ => Some(make(Kind::Icmp, "icmp", "*", "networks")),
    }
}

/// Where a health check asks over HTTP.
#[derive(Debug, PartialEq, Eq)]
struct Check<'d> {
    scheme: &'static str,
    port: u16,
    path: &'d str,
}

/// The first URL on localhost in the health check that is declared.
fn health_url(definition: &Value) -> Option<Check<'_>> {
    let test = definition.pointer("/healthcheck/test")?;
    let list = test.as_array();
    let words = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(test.as_str());
    words
        .flat_map(|word| {
            word.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|'))
        })
        .find_map(local_url)
}

fn local_url(word: &str) -> Option<Check<'_>> {
    let (scheme, default, rest) = match word.strip_prefix("http://") {
        Some(rest) => ("http", 80, rest),
        None => ("https", 443, word.strip_prefix("https://")?),
    };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    let local = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]");
    // What a shell would fill in cannot be probed.
    (local && !path.contains(['$', '`', '*'])).then_some(Check { scheme, port, path })
}

/// An endpoint of the settings.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn endpoint(text: &str) -> Result<Probe, String> {
    let wrong = || {
        format!(
            "settings.endpoints: `{text}` is none of `https://…`, `http://…`, `tcp://host:port`, `tls://host:port` and `icmp://host`"
        )
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let (kind, module, target) = match scheme {
        "http" | "https" => (Kind::Http, "http_2xx", text),
        "tcp" => (Kind::Tcp, "tcp_connect", rest),
        "tls" => (Kind::Tcp, "tls_connect", rest),
        "icmp" => (Kind::Icmp, "icmp", rest),
        _ => return Err(wrong()),
    };
    let has_port = || {
        authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    };
    let fits = match kind {
        Kind::Http => true,
        Kind::Tcp => has_port() && authority == rest,
        Kind::Icmp => authority == rest && !rest.contains(':'),
    };
    if host.is_empty() || !fits || text.contains(char::is_whitespace) {
        return Err(wrong());
    }
    Ok(Probe {
        kind,
        module,
        targets: vec![target.to_owned()],
        service: host.to_owned(),
        source: "settings.endpoints".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn health_checks_are_read_in_both_forms() {
        let url = |test| {
            let definition = json!({ "healthcheck": { "test": test } });
            health_url(&definition).map(|it| (it.scheme, it.port, it.path.to_owned()))
        };
        let at = |port, path: &str| Some(("http", port, path.to_owned()));
        assert_eq!(
            url(json!(["CMD", "curl", "-f", "http://localhost:80/health"])),
            at(80, "/health")
        );
        assert_eq!(
            url(json!([
                "CMD-SHELL",
                "wget -q --spider http://127.0.0.1:3100/ready || exit 1"
            ])),
            at(3100, "/ready")
        );
        assert_eq!(url(json!("curl 'http://localhost'")), at(80, "/"));
        assert_eq!(url(json!(["CMD", "curl", "http://other:80/"])), None);
        assert_eq!(url(json!(["CMD", "pg_isready"])), None);
        assert_eq!(
            url(json!(["CMD-SHELL", "curl http://localhost:$PORT/"])),
            None
        );
    }

    #[test]
    fn endpoints_are_checked() {
        for right in [
            "https://a.example/x?y",
            "tcp://a:1",
            "tls://a:443",
            "icmp://10.0.0.1",
        ] {
            assert!(endpoint(right).is_ok(), "{right}");
        }
        for wrong in [
            "a.example",
            "ftp://a",
            "tcp://a",
            "tcp://a:1/x",
            "icmp://",
            "icmp://a:1",
            "http://",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
