//! Durations and sizes of compose, with errors that name the attribute.

use super::{ContainerSpec, EngineError};
use std::time::Duration;

/// Reads the amounts of one service.
pub(super) struct Amounts<'a> {
    service: &'a str,
}

impl<'a> Amounts<'a> {
    pub(super) fn of(spec: &'a ContainerSpec) -> Self {
        Self {
            service: &spec.service_name,
        }
    }

    pub(super) fn named(service: &'a str) -> Self {
        Self { service }
    }

    fn fault(&self, attribute: &str, message: &str) -> EngineError {
        EngineError::Other {
            operation: format!("read services.{}.{attribute}", self.service),
            message: message.to_owned(),
        }
    }

    pub(super) fn duration(&self, attribute: &str, text: &str) -> Result<Duration, EngineError> {
        sinops_compose::parse_duration(text)
            .map_err(|error| self.fault(attribute, &error.to_string()))
    }

    pub(super) fn bytes(&self, attribute: &str, text: &str) -> Result<i64, EngineError> {
        sinops_compose::parse_bytes(text).map_err(|error| self.fault(attribute, &error.to_string()))
    }
}
