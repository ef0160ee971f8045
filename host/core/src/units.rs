//! Amounts and addresses as people write them in sinops.yaml, amounts in compose's own
//! notation: `90s`, `2m`, `64MiB`.

use serde::{Deserialize, Deserializer, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

/// A length of time, written as `500ms`, `90s`, `2m` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?.0;
        sinops_compose::parse_duration(&text)
            .map(Span)
            .map_err(serde::de::Error::custom)
    }
}

/// A number of bytes, written as `64MiB`, `1GB`, `512k` or a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bytes(pub u64);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?.0;
        let bytes = sinops_compose::parse_bytes(&text).map_err(serde::de::Error::custom)?;
        // Only -1, compose's word for no limit, is negative: sinops has none without one.
        u64::try_from(bytes)
            .map(Bytes)
            .map_err(|_| serde::de::Error::custom("a limit cannot be negative"))
    }
}

/// Where something is served, written as Prometheus writes it: `127.0.0.1:9464`, `[::1]:9464`,
/// `localhost:9464`, or `:9464` for every address of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Listen(pub SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (host, port) = text.rsplit_once(':')?;
            let port: u16 = port.parse().ok()?;
            let ip = match host {
                "" => Ipv4Addr::UNSPECIFIED.into(),
                "localhost" => Ipv4Addr::LOCALHOST.into(),
                host => match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                    Some(bare) => IpAddr::V6(bare.parse().ok()?),
                    None => IpAddr::V4(host.parse().ok()?),
                },
            };
            Some(Self(SocketAddr::new(ip, port)))
        };
        read().ok_or_else(|| {
            let port = text.trim_start_matches(':').parse().unwrap_or(9464_u16);
            format!(
                "`{text}` is no address and port: write `127.0.0.1:{port}`, or `:{port}` for every \
                 address of this machine"
            )
        })
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?.0;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Text or number, taken as text.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an amount with its unit")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_prometheus_reads_them() {
        for (text, address) in [
            ("127.0.0.1:9464", "127.0.0.1:9464"),
            ("[::1]:9464", "[::1]:9464"),
            ("localhost:80", "127.0.0.1:80"),
            (":9464", "0.0.0.0:9464"),
        ] {
            assert_eq!(text.parse(), Ok(Listen(address.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_how_to_write_one() {
        for text in [
            "9464",
            "localhost",
            "::1:9464",
            "web:9464",
            "1.2.3.4:",
            ":99999",
            "",
        ] {
            let told = text.parse::<Listen>().unwrap_err();
            assert!(told.contains("write `127.0.0.1:9464`"), "{told}");
        }
    }
}
