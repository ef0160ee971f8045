//! Health checks: they ask a port on which the service serves.
//!
//! Only what is certain from the declaration is said, as a warning: a check
//! may ask a port that nothing names.

use crate::{Look, items};
use sinops_sdk::Severity::Warning;
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

pub(crate) fn check(look: &Look<'_>, problems: &mut Vec<Problem>) {
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        let Some(test) = definition
            .pointer("/healthcheck/test")
            .and_then(|it| it.as_array())
        else {
            continue;
        };
        let test: Vec<&str> = test.iter().filter_map(|word| word.as_str()).collect();
        let published = published(definition);
        let mut known = published.clone();
        known.extend(items(definition, "expose").filter_map(|port| number(port.as_str()?)));
        let image = service.image.as_deref().and_then(|it| look.images.get(it));
        known.extend(
            image
                .iter()
                .flat_map(|it| &it.exposed_ports)
                .filter_map(|port| number(port)),
        );
        if known.is_empty() {
            continue;
        }
        let wrong = asked(&test)
            .into_iter()
            .find(|port| !known.contains(port) && !mentions(definition, *port));
        if let Some(port) = wrong {
            let (verb, ports) = if published.is_empty() {
                ("exposes", &known)
            } else {
                ("publishes", &published)
            };
            let ports = listed(ports);
            problems.push(
                Problem::new(
                    Warning,
                    format!("health check asks port {port}, but the service {verb} {ports}"),
                )
                .service(name)
                .hint(format!(
                    "let it ask {ports}, or add `expose: [\"{port}\"]` if it serves there as well"
                ))
                .at(["services", name, "healthcheck", "test"]),
            );
        }
    }
}

/// Ports inside the container that are published.
fn published(definition: &serde_json::Value) -> BTreeSet<u16> {
    items(definition, "ports")
        .filter_map(|port| u16::try_from(port.get("target")?.as_u64()?).ok())
        .collect()
}

/// `80` of `80/tcp`.
fn number(port: &str) -> Option<u16> {
    port.split('/').next()?.parse().ok()
}

/// The local ports that a health check asks.
fn asked(test: &[&str]) -> BTreeSet<u16> {
    let line = test.join(" ");
    let words: Vec<&str> = line
        .split(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '(' | ')' | '|' | '&' | '<' | '>')
        })
        .filter(|word| !word.is_empty())
        .collect();
    let mut ports = BTreeSet::new();
    for (index, word) in words.iter().enumerate() {
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, *word),
        };
        // bash's own sockets: /dev/tcp/localhost/5432
        if let Some((host, port)) = word
            .strip_prefix("/dev/tcp/")
            .and_then(|it| it.split_once('/'))
        {
            if is_local(host) {
                ports.extend(port.parse::<u16>().ok());
            }
            continue;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let Some(authority) = rest.get(..end) else {
            continue;
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
            _ => (authority, None),
        };
        if !is_local(host) {
            continue;
        }
        let port = port.or(match scheme {
            Some("http") => Some(80),
            Some("https") => Some(443),
            Some(_) => None,
            // nc -z localhost 5432
            None => words.get(index + 1).and_then(|next| next.parse().ok()),
        });
        ports.extend(port);
    }
    ports
}

fn is_local(host: &str) -> bool {
    matches!(
        host,
        "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0" | "::1"
    )
}

/// Whether the command or an environment variable names the port: the service
/// may well serve on it.
fn mentions(definition: &serde_json::Value, port: u16) -> bool {
    let environment = definition.get("environment").and_then(|it| it.as_object());
    let values = environment.into_iter().flat_map(|it| it.values());
    let words = items(definition, "command").chain(items(definition, "entrypoint"));
    let port = port.to_string();
    values
        .chain(words)
        .filter_map(|value| value.as_str())
        .any(|value| {
            value
                .split(|c: char| !c.is_ascii_digit())
                .any(|number| number == port)
        })
}

/// `80, 9000 and 9001`, and at most three of them.
fn listed(ports: &BTreeSet<u16>) -> String {
    let mut words: Vec<String> = ports.iter().take(3).map(u16::to_string).collect();
    if ports.len() > 3 {
        words.push(format!("{} more", ports.len() - 3));
    }
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_in_all_the_usual_forms() {
        for (test, expected) in [
            (
                vec!["CMD", "curl", "-f", "http://localhost:80/health"],
                vec![80],
            ),
            (
                vec!["CMD", "curl", "-f", "http://localhost/health"],
                vec![80],
            ),
            (vec!["CMD", "wget", "-q", "https://127.0.0.1"], vec![443]),
            (
                vec![
                    "CMD-SHELL",
                    "wget -q --spider http://localhost:3100/ready || exit 1",
                ],
                vec![3100],
            ),
            (
                vec![
                    "CMD-SHELL",
                    "curl -f \"http://[::1]:8080/\" && nc -z localhost 5432",
                ],
                vec![5432, 8080],
            ),
            (vec!["CMD", "nc", "-z", "127.0.0.1", "6379"], vec![6379]),
            (
                vec!["CMD", "bash", "-c", "</dev/tcp/localhost/5672"],
                vec![5672],
            ),
            (
                vec!["CMD-SHELL", "pg_isready -h localhost -U app -d app"],
                vec![],
            ),
            (vec!["CMD", "redis-cli", "ping"], vec![]),
            (vec!["CMD", "curl", "http://db:5432/"], vec![]),
            (vec!["CMD-SHELL", "pgrep promtail || exit 1"], vec![]),
            (vec!["NONE"], vec![]),
        ] {
            assert_eq!(
                asked(&test).into_iter().collect::<Vec<_>>(),
                expected,
                "{test:?}"
            );
        }
    }

    #[test]
    fn ports_are_listed_as_people_say_them() {
        let set = |ports: &[u16]| ports.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(listed(&set(&[8000])), "8000");
        assert_eq!(listed(&set(&[80, 443])), "80 and 443");
        assert_eq!(listed(&set(&[1, 2, 3, 4, 5])), "1, 2, 3 and 2 more");
    }
}
