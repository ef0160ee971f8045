//! The role of looking. A collector reports and never changes anything.

use crate::plugin::{Package, describe, read_settings};
use crate::types::{Ask, Description, Error, MetricFamily};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

pub use crate::bindings::collector::exports::sinops::plugin::collector::{
    Check, Reading, Target, Verdict,
};

/// A collector. The type is its own settings.
pub trait Collector: DeserializeOwned + JsonSchema {
    /// What it would like to use.
    #[must_use]
    fn asks() -> Vec<Ask> {
        Vec::new()
    }

    /// One round over all targets, at `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// When there can be no round at all; a target that fails is part of the
    /// reading.
    fn collect(&self, targets: &[Target], now: u64) -> Result<Reading, Error>;
}

impl Target {
    /// The canonical compose definition of the service.
    #[must_use]
    pub fn compose(&self) -> serde_json::Value {
        serde_json::from_str(&self.definition).unwrap_or_default()
    }

    /// Where the host reaches a port of the container: `127.0.0.1:8080`.
    #[must_use]
    pub fn endpoint(&self, port: u16) -> Option<&str> {
        self.endpoints.iter().find_map(|entry| {
            let (inside, outside) = entry.split_once('=')?;
            let inside = inside.split_once('/').map_or(inside, |(number, _)| number);
            (inside.parse() == Ok(port)).then_some(outside)
        })
    }
}

/// Between the component's exports and the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Adapter<C>(PhantomData<C>);

impl<C: Collector + Package> crate::bindings::collector::exports::sinops::plugin::collector::Guest
    for Adapter<C>
{
    fn describe() -> Description {
        describe::<C>(C::asks())
    }

    fn collect(targets: Vec<Target>, now: u64, settings: String) -> Result<Reading, Error> {
        read_settings::<C>(&settings)
            .map_err(Error::Settings)?
            .collect(&targets, now)
    }
}

/// A gauge with one sample per entry.
#[must_use]
pub fn gauge(
    name: &str,
    help: &str,
    unit: &str,
    samples: impl IntoIterator<Item = (Vec<(&'static str, String)>, f64)>,
) -> MetricFamily {
    MetricFamily {
        name: name.to_owned(),
        help: help.to_owned(),
        unit: unit.to_owned(),
        metric_type: crate::types::MetricType::Gauge,
        samples: samples
            .into_iter()
            .map(|(labels, value)| crate::types::Sample {
                name: name.to_owned(),
                labels: labels
                    .into_iter()
                    .map(|(key, value)| crate::types::label(key, value))
                    .collect(),
                value,
                time: None,
            })
            .collect(),
    }
}
