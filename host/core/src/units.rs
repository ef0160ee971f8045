//! Amounts as people write them in sinops.yaml, in compose's own notation: `90s`, `2m`, `64MiB`.

use serde::{Deserialize, Deserializer, Serialize};
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
