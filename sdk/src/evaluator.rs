//! The role of judging samples. Holding time, routing and silencing are the
//! host's.

use crate::plugin::{Package, describe, read_settings};
use crate::types::{Ask, Description, Error, MetricFamily};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

pub use crate::bindings::evaluator::exports::sinops::plugin::evaluator::Finding;

/// An evaluator. The type is what the operator writes under `rules:`.
pub trait Evaluator: DeserializeOwned + JsonSchema {
    /// What it would like to use.
    #[must_use]
    fn asks() -> Vec<Ask> {
        Vec::new()
    }

    /// Judges one batch, at `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// When it cannot judge.
    fn evaluate(&self, samples: &[MetricFamily], now: u64) -> Result<Vec<Finding>, Error>;
}

/// Between the component's exports and the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Adapter<E>(PhantomData<E>);

impl<E: Evaluator + Package> crate::bindings::evaluator::exports::sinops::plugin::evaluator::Guest
    for Adapter<E>
{
    fn describe() -> Description {
        describe::<E>(E::asks())
    }

    fn evaluate(
        rules: String,
        samples: Vec<MetricFamily>,
        now: u64,
    ) -> Result<Vec<Finding>, Error> {
        read_settings::<E>(&rules)
            .map_err(Error::Settings)?
            .evaluate(&samples, now)
    }
}
