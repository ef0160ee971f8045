//! Destinations in grants and asks: how they are written, and what they match.
//!
//! `https://hooks.slack.com`, `http://*.example.org:8080` and, for TCP,
//! `db.example.org:5432`. A wildcard is a leading `*.` and nothing else; what
//! the runtime could not enforce (a path, a port range, a user) is refused
//! here instead of being ignored there.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Scheme of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Port 80 by default.
    Http,
    /// Port 443 by default.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant when none is written.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Which hosts a destination covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// One name, lower case, without a trailing dot.
    Name(String),
    /// `*.example.org`: every name below, not the name itself.
    Below(String),
    /// One address.
    Address(IpAddr),
}

impl HostPattern {
    /// Reads a host; names are compared without regard to case.
    ///
    /// # Errors
    /// With the reason in words if it is no host name, address or `*.name`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            return inner
                .parse::<Ipv6Addr>()
                .map(|address| Self::Address(IpAddr::V6(address)))
                .map_err(|_| format!("`{inner}` is no IPv6 address"));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let (wildcard, name) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if name.contains('*') {
            return Err("a wildcard can only be a leading `*.`".into());
        }
        if name.is_empty() || name.len() > 253 {
            return Err("the host is missing or too long".into());
        }
        let label_is_good = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !name.split('.').all(label_is_good) {
            return Err(format!(
                "`{name}` is no host name (letters, digits, `-` and `_`; write international \
                 names in their `xn--` form)"
            ));
        }
        // `127.1` and `0x7f.1` are addresses to a resolver, not names.
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") {
            return Err(format!(
                "`{name}` is no host name and no complete IP address"
            ));
        }
        Ok(if wildcard {
            Self::Below(name)
        } else {
            Self::Name(name)
        })
    }

    /// Whether every host of `other` is covered.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Below(suffix), Self::Name(name)) => is_below(name, suffix),
            (Self::Below(suffix), Self::Below(name)) => name == suffix || is_below(name, suffix),
            (Self::Name(_), Self::Name(_)) | (Self::Address(_), Self::Address(_)) => self == other,
            (Self::Name(_) | Self::Address(_), _) | (Self::Below(_), Self::Address(_)) => false,
        }
    }
}

fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// An HTTP origin: scheme, host and port, all three compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Scheme.
    pub scheme: Scheme,
    /// Host.
    pub host: HostPattern,
    /// Port.
    pub port: u16,
}

impl Origin {
    /// Reads `scheme://host[:port]`.
    ///
    /// # Errors
    /// With what is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Err("`*` alone grants everything; name the origins, \
                        for example `https://hooks.slack.com`"
                .into());
        }
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err(format!(
                "an origin starts with `https://` or `http://`: write `https://{}`",
                text.split_once("://").map_or(text, |(_, rest)| rest)
            ));
        };
        if rest.contains('@') {
            return Err("an origin has no user or password; use a secret".into());
        }
        if let Some(end) = rest.find(['/', '?', '#']) {
            let origin = rest.get(..end).unwrap_or_default();
            return Err(format!(
                "paths are not compared, so none can be granted: write `{}://{origin}`",
                scheme.as_str()
            ));
        }
        let (host, port) = split_port(rest)?;
        Ok(Self {
            scheme,
            host: HostPattern::parse(host)?,
            port: port.unwrap_or(scheme.default_port()),
        })
    }

    /// Whether every origin of `other` is covered.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host.covers(&other.host)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// A TCP destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Host.
    pub host: HostPattern,
    /// Port.
    pub port: u16,
}

impl Endpoint {
    /// Reads `host:port`.
    ///
    /// # Errors
    /// With what is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Err("`*` alone grants everything; name the destinations, \
                        for example `db.example.org:5432`"
                .into());
        }
        if text.contains("://") || text.contains('/') {
            return Err("a TCP destination is `host:port`, without a scheme or path".into());
        }
        let (host, port) = split_port(text)?;
        Ok(Self {
            host: HostPattern::parse(host)?,
            port: port.ok_or_else(|| format!("the port is missing: write `{text}:5432`"))?,
        })
    }

    /// Whether every destination of `other` is covered.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.port == other.port && self.host.covers(&other.host)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match text.rfind(']') {
        Some(end) => {
            let (host, rest) = text.split_at(end + 1);
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(format!("`{rest}` after the address is not understood")),
            }
        }
        None => match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => {
                return Err(format!(
                    "an IPv6 address is written in brackets: `[{text}]`"
                ));
            }
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let Some(port) = port else {
        return Ok((host, None));
    };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => {
            Ok((host, Some(number)))
        }
        _ => Err(format!(
            "`{port}` is no port (1 to 65535; ranges and `*` are not supported)"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn an_origin_is_compared_in_all_three_parts() {
        let granted = origin("https://hooks.slack.com");
        assert!(granted.covers(&origin("https://HOOKS.slack.com.:443")));
        assert!(!granted.covers(&origin("http://hooks.slack.com")));
        assert!(!granted.covers(&origin("https://hooks.slack.com:8443")));
        assert!(!granted.covers(&origin("https://hooks.slack.com.evil.org")));
    }

    #[test]
    fn a_wildcard_covers_names_below_and_nothing_else() {
        let granted = origin("https://*.example.org");
        for good in [
            "https://a.example.org",
            "https://a.b.example.org",
            "https://*.b.example.org",
        ] {
            assert!(granted.covers(&origin(good)), "{good}");
        }
        for bad in [
            "https://example.org",
            "https://badexample.org",
            "https://10.0.0.1",
        ] {
            assert!(!granted.covers(&origin(bad)), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_enforced_is_refused_with_a_hint() {
        for (bad, says) in [
            ("hooks.slack.com", "write `https://hooks.slack.com`"),
            ("ftp://x.org", "write `https://x.org`"),
            (
                "https://hooks.slack.com/services",
                "write `https://hooks.slack.com`",
            ),
            ("https://me@x.org", "user"),
            ("https://x.*.org", "leading `*.`"),
            ("https://*x.org", "leading `*.`"),
            ("https://*", "leading `*.`"),
            ("*", "name the origins"),
            ("https://x.org:*", "no port"),
            ("https://x.org:1-9", "no port"),
            ("https://x.org:+80", "no port"),
            ("https://::1", "brackets"),
            ("https://127.1", "IP address"),
            ("https://0x7f.0x1", "IP address"),
            ("https://", "missing"),
            ("https://10.0.0.0/8", "paths"),
        ] {
            let reason = Origin::parse(bad).unwrap_err();
            assert!(reason.contains(says), "{bad}: {reason}");
        }
    }

    #[test]
    fn a_tcp_destination_needs_its_port() {
        assert!(Endpoint::parse("db").unwrap_err().contains("db:5432"));
        assert!(Endpoint::parse("tcp://db:1").is_err());
        let granted = Endpoint::parse("[::1]:53").unwrap();
        assert_eq!(granted.to_string(), "[::1]:53");
        assert!(granted.covers(&Endpoint::parse("[0:0::1]:53").unwrap()));
    }
}
