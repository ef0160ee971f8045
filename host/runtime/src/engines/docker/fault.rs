//! The one place where bollard's errors become ours.

use super::EngineError;
use super::connect::Endpoint;
use bollard::errors::Error;
use std::error::Error as _;
use std::time::Duration;

/// The engine's words for a thing that someone else holds, whatever the status.
const HELD: [&str; 5] = [
    "port is already allocated",
    "address already in use",
    "already in use by container",
    "pool overlaps",
    "has active endpoints",
];

/// Says what went wrong with `operation`.
pub(super) fn fault(
    endpoint: &Endpoint,
    operation: &str,
    patience: Duration,
    error: Error,
) -> EngineError {
    match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => answered(operation, status_code, message.trim()),
        Error::DockerStreamError { error } => answered(operation, 500, error.trim()),
        Error::RequestTimeoutError => EngineError::Timeout {
            what: operation.to_owned(),
            after: patience,
        },
        Error::SocketNotFoundError(_) => {
            endpoint.unreachable(&std::io::Error::from(std::io::ErrorKind::NotFound))
        }
        other => match system_error(&other) {
            Some(error) => endpoint.unreachable(error),
            None => EngineError::Other {
                operation: operation.to_owned(),
                message: chain(&other),
            },
        },
    }
}

/// An answer that is an error.
pub(super) fn answered(operation: &str, status: u16, message: &str) -> EngineError {
    let lower = message.to_lowercase();
    if status == 409 || HELD.iter().any(|words| lower.contains(words)) {
        return EngineError::Conflict {
            message: format!("{operation}: {message}"),
        };
    }
    if status == 404 {
        return EngineError::NotFound {
            what: missing(message),
        };
    }
    EngineError::Other {
        operation: operation.to_owned(),
        message: message.to_owned(),
    }
}

/// `No such container: x` and its like, as `container x`.
fn missing(message: &str) -> String {
    if let Some((_, rest)) = message.split_once("No such ") {
        return rest.replacen(": ", " ", 1);
    }
    if let Some(name) = message
        .strip_prefix("get ")
        .and_then(|rest| rest.strip_suffix(": no such volume"))
    {
        return format!("volume {name}");
    }
    message
        .strip_suffix(" not found")
        .unwrap_or(message)
        .to_owned()
}

fn system_error(error: &Error) -> Option<&std::io::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = match error {
        // `transparent`: its `source` would already be the one behind it.
        Error::IOError { err } => Some(err),
        Error::HyperLegacyError { err } => Some(err),
        other => other.source(),
    };
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<std::io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_engine(status_code: u16, message: &str) -> EngineError {
        fault(
            &Endpoint::Unix("/x".into()),
            "start container a",
            Duration::ZERO,
            Error::DockerResponseServerError {
                status_code,
                message: message.to_owned(),
            },
        )
    }

    #[test]
    fn what_is_missing_is_named() {
        for (message, what) in [
            ("No such container: a", "container a not found"),
            ("No such image: redis:7", "image redis:7 not found"),
            ("network n not found", "network n not found"),
            ("get v: no such volume", "volume v not found"),
        ] {
            assert_eq!(from_engine(404, message).to_string(), what);
        }
    }

    #[test]
    fn a_taken_port_is_a_conflict_although_the_engine_says_500() {
        let error = from_engine(
            500,
            "driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
        );
        assert!(matches!(error, EngineError::Conflict { .. }), "{error}");
        assert!(matches!(
            from_engine(500, "out of luck"),
            EngineError::Other { .. }
        ));
    }
}
