//! Short forms of ports: `[[ip:]host[-range]:]container[-range][/protocol]`.

use std::net::IpAddr;

use super::{map, text_of};
use crate::shape::Shaper;
use crate::tree::{Node, Value};

/// How many ports the ranges of a project may come to.
const MAX_PORTS: usize = 200_000;

/// By address, host port, container port and protocol.
pub(crate) fn port_key(node: &Node) -> String {
    let part = |key: &str| node.get(key).and_then(Node::scalar_text);
    // To compose, a number is not the same as the text that spells it.
    let published = match node.get("published").map(|node| &node.value) {
        Some(Value::Int(port)) => format!("#{port}"),
        _ => part("published").unwrap_or_default(),
    };
    format!(
        "{}:{}:{}/{}",
        text_of(node, "host_ip").unwrap_or("0.0.0.0"),
        published,
        part("target").unwrap_or_default(),
        text_of(node, "protocol").unwrap_or("tcp"),
    )
}

/// One entry may stand for many ports, so the list is expanded as a whole.
pub(crate) fn ports(node: Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    let Value::List(items) = &node.value else {
        return Some(node);
    };
    if shaper.templates {
        let place = |item: &Node| match &item.value {
            Value::Text(_) | Value::Int(_) | Value::Float(_) => {
                let target = Node::new(Value::Int(1), item.mark);
                item.with(super::map([("target", target)]))
            }
            _ => item.clone(),
        };
        return Some(node.with(Value::List(items.iter().map(place).collect())));
    }
    let mut expanded = Vec::with_capacity(items.len());
    for item in items {
        let spec = match &item.value {
            Value::Map(_) => {
                expanded.push(checked_long(item, shaper)?);
                continue;
            }
            _ => item.scalar_text().unwrap_or_default(),
        };
        match parse(&spec) {
            Ok(ports) => {
                shaper.report.ports += ports.len();
                if shaper.report.ports > MAX_PORTS {
                    shaper.invalid(
                        item.mark,
                        &format!("the ports of the project come to more than {MAX_PORTS} here"),
                        Some("publish smaller ranges, or use `network_mode: host`".to_owned()),
                    );
                    return None;
                }
                expanded.extend(ports.into_iter().map(|port| port.node(item)));
            }
            Err(problem) => {
                shaper.invalid(
                    item.mark,
                    &format!("`{spec}` is not a port: {problem}"),
                    Some("write `container`, `host:container` or `address:host:container`, with `/udp` at the end where needed".to_owned()),
                );
            }
        }
    }
    Some(node.with(Value::List(expanded)))
}

/// A long form whose numbers are in range.
fn checked_long(item: &Node, shaper: &mut Shaper<'_>) -> Option<Node> {
    if let Some(ip) = item.get("host_ip")
        && ip
            .as_text()
            .is_some_and(|text| text.parse::<IpAddr>().is_err())
    {
        let text = ip.as_text().unwrap_or_default();
        let message = format!("`{text}` is not an IP address");
        let hint = "write for example `127.0.0.1` or `::1`".to_owned();
        shaper.invalid(ip.mark, &message, Some(hint));
        return None;
    }
    if let Some(target) = item.get("target")
        && let Some(text) = target.scalar_text()
        && number(&text).is_none()
    {
        shaper.invalid(
            target.mark,
            &format!("`{text}` is not a port between 1 and 65535"),
            Some("write the number of the port in the container".to_owned()),
        );
        return None;
    }
    if let Some(published) = item.get("published")
        && let Some(text) = published.scalar_text()
        && !text.is_empty()
        && range(&text, 0).is_none()
    {
        shaper.invalid(
            published.mark,
            &format!("`{text}` is not a port or a range"),
            Some("write for example `8080` or `8080-8090`".to_owned()),
        );
        return None;
    }
    Some(item.clone())
}

struct ShortPort {
    host_ip: Option<String>,
    published: Option<String>,
    target: u16,
    protocol: String,
}

impl ShortPort {
    fn node(self, item: &Node) -> Node {
        let mark = item.mark;
        let mut entries = vec![("mode", Node::text("ingress", mark))];
        entries.extend(self.host_ip.map(|ip| ("host_ip", Node::text(ip, mark))));
        entries.push(("target", Node::new(Value::Int(self.target.into()), mark)));
        entries.extend(
            self.published
                .map(|port| ("published", Node::text(port, mark))),
        );
        entries.push(("protocol", Node::text(self.protocol, mark)));
        Node {
            value: map(entries),
            ..item.clone()
        }
    }
}

fn number(text: &str) -> Option<u16> {
    text.parse::<u16>()
        .ok()
        .filter(|port| *port > 0 && !text.starts_with('+'))
}

/// A port or `first-last`, not below `least`.
fn range(text: &str, least: u16) -> Option<(u16, u16)> {
    let one = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|port| *port >= least && !text.starts_with('+'))
    };
    match text.split_once('-') {
        Some((first, last)) => {
            let (first, last) = (one(first)?, one(last)?);
            (first <= last).then_some((first, last))
        }
        None => one(text).map(|port| (port, port)),
    }
}

fn parse(spec: &str) -> Result<Vec<ShortPort>, String> {
    let (address, protocol) = match spec.rsplit_once('/') {
        Some((address, protocol)) => (address, protocol.to_ascii_lowercase()),
        None => (spec, "tcp".to_owned()),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!(
            "the protocol `{protocol}` is none of tcp, udp and sctp"
        ));
    }
    let (rest, container) = match address.rsplit_once(':') {
        Some((rest, container)) => (Some(rest), container),
        None => (None, address),
    };
    let (ip, host) = match rest.map(|rest| rest.rsplit_once(':').map_or(("", rest), |pair| pair)) {
        Some((ip, host)) => (ip, host),
        None => ("", ""),
    };
    let ip = match ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')) {
        Some(ip) => ip,
        None if ip.contains(':') => {
            return Err(format!("the IPv6 address needs brackets: `[{ip}]`"));
        }
        None => ip,
    };
    if !ip.is_empty() && ip.parse::<IpAddr>().is_err() {
        return Err(format!("`{ip}` is not an IP address"));
    }
    if container.is_empty() {
        return Err("the container port is missing".to_owned());
    }
    let (first, last) = range(container, 1)
        .ok_or_else(|| format!("`{container}` is not a port between 1 and 65535 or a range"))?;
    let published = match host {
        "" => None,
        _ => Some(
            range(host, 0)
                .ok_or_else(|| format!("`{host}` is not a port between 0 and 65535 or a range"))?,
        ),
    };
    if let Some((host_first, host_last)) = published
        && first != last
        && host_last - host_first != last - first
    {
        return Err("the two ranges are of different length".to_owned());
    }
    let mut ports: Vec<ShortPort> = (first..=last)
        .map(|target| ShortPort {
            host_ip: (!ip.is_empty()).then(|| ip.to_owned()),
            published: published.map(|(host_first, host_last)| {
                if first == last && host_first != host_last {
                    // The engine chooses one of the range.
                    format!("{host_first}-{host_last}")
                } else {
                    (host_first + (target - first)).to_string()
                }
            }),
            target,
            protocol: protocol.clone(),
        })
        .collect();
    // The order of docker compose: as text.
    ports.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn render(spec: &str) -> Result<String, String> {
        let ports = parse(spec)?;
        let texts: Vec<String> = ports
            .iter()
            .map(|p| {
                format!(
                    "{}|{}|{}/{}",
                    p.host_ip.as_deref().unwrap_or(""),
                    p.published.as_deref().unwrap_or(""),
                    p.target,
                    p.protocol
                )
            })
            .collect();
        Ok(texts.join(" "))
    }

    #[test]
    fn short_forms() {
        for (spec, expected) in [
            ("80", "||80/tcp"),
            ("8080:80", "|8080|80/tcp"),
            ("127.0.0.1:8080:80/udp", "127.0.0.1|8080|80/udp"),
            ("127.0.0.1::80", "127.0.0.1||80/tcp"),
            ("[::1]:8080:80", "::1|8080|80/tcp"),
            ("19-21:9-11", "|20|10/tcp |21|11/tcp |19|9/tcp"),
            ("3000-3002:4000", "|3000-3002|4000/tcp"),
            ("8000-8001", "||8000/tcp ||8001/tcp"),
            ("80/TCP", "||80/tcp"),
        ] {
            assert_eq!(render(spec).as_deref(), Ok(expected), "{spec}");
        }
    }

    #[test]
    fn bad_ports() {
        for spec in [
            "",
            "x",
            "80:",
            ":",
            "80:x",
            "70000",
            "0",
            "80/http",
            "1.2.3:80:80",
            "1-3:4-5",
            "5-3",
            "+80",
            "::1:8080:80",
        ] {
            assert!(render(spec).is_err(), "{spec}");
        }
    }
}
