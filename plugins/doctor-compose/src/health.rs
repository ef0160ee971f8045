//! Health checks that ask a port on which nothing serves.

use crate::source::scalars;
use sinops_config_check::Set;
use sinops_config_check::value::host_port;
use sinops_programs::declared_ports;
use sinops_sdk::Severity;
use sinops_sdk::deploy_step::Problem;
use sinops_sdk::types::Service;

pub(crate) fn check(set: &Set<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in set.services() {
        let served = served(service, definition);
        if served.is_empty() {
            continue;
        }
        for (text, node) in scalars(set, &service.name, &["healthcheck", "test"]) {
            let source = text.content.get(node.span.clone()).unwrap_or_default();
            for (at, port) in local_ports(source) {
                if served.contains(&port) {
                    continue;
                }
                let list: Vec<String> = served.iter().map(u16::to_string).collect();
                let bytes = node.span.start + at.start..node.span.start + at.end;
                let problem = text.problem(
                    Severity::Warning,
                    "compose/health-port",
                    bytes.clone(),
                    format!(
                        "{}: the health check asks port {port}, the service serves on {}: it is never healthy",
                        service.name,
                        list.join(", ")
                    ),
                );
                problems.push(match served.as_slice() {
                    [one] => problem
                        .hint(format!("ask port {one}"))
                        .edit(text.place(bytes), one.to_string()),
                    _ => problem.hint("ask the port that the service serves on, or declare the other one with `expose:`"),
                });
            }
        }
    }
}

/// Ports that the service says, or is known, to serve on.
fn served(service: &Service, definition: &serde_json::Value) -> Vec<u16> {
    let mut ports = declared_ports(definition);
    if ports.is_empty() {
        return ports;
    }
    if let Some(program) = sinops_programs::of(service) {
        ports.push(program.port);
        if let Ok(endpoint) = sinops_programs::scrape(program, definition) {
            ports.push(endpoint.port);
        }
    }
    let environment = definition.get("environment").and_then(|it| it.as_object());
    for (name, value) in environment.into_iter().flatten() {
        if name.ends_with("PORT") || name.contains("LISTEN") || name.ends_with("ADDR") {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let port: Option<u16> = text.rsplit(':').next().and_then(|it| it.parse().ok());
            ports.extend(port);
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Ports of addresses of the container itself, with their bytes.
fn local_ports(source: &str) -> Vec<(std::ops::Range<usize>, u16)> {
    let mut found = Vec::new();
    for host in ["localhost:", "127.0.0.1:", "0.0.0.0:", "[::1]:"] {
        let mut from = 0;
        while let Some(at) = source.get(from..).and_then(|it| it.find(host)) {
            let start = from + at + host.len();
            let digits = source.get(start..).map_or(0, |it| {
                it.find(|c: char| !c.is_ascii_digit()).unwrap_or(it.len())
            });
            if let Some(port) = source
                .get(start..start + digits)
                .and_then(|it| it.parse().ok())
            {
                found.push((start..start + digits, port));
            }
            from = start;
        }
    }
    // `http://localhost/health` asks 80, which has no bytes of its own.
    for word in source.split([' ', '"', '\'', ',']) {
        let (scheme, host, port) = host_port(word);
        if scheme == Some("http")
            && port.is_none()
            && matches!(host, "localhost" | "127.0.0.1")
            && let Some(at) = source.find(word)
        {
            let end = at + "http://".len() + host.len();
            found.push((end..end, 80));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::local_ports;

    #[test]
    fn ports_of_the_container_itself() {
        let ports = |text| {
            local_ports(text)
                .into_iter()
                .map(|it| it.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(ports("curl -f http://localhost:80/health"), [80]);
        assert_eq!(ports("http://db:5432"), [] as [u16; 0]);
        assert_eq!(ports("wget http://127.0.0.1/x"), [80]);
        assert_eq!(ports("pg_isready -h localhost"), [] as [u16; 0]);
    }
}
