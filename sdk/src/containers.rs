//! A view of the stack's own containers; others cannot be named.

pub use crate::bindings::host::sinops::host::containers::{Error, Output, State};
use std::time::Duration;

/// State of a container. Needs the grant `containers`.
///
/// # Errors
/// Not granted, or no such container in this stack.
pub fn inspect(container: &str) -> Result<State, Error> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::host::sinops::host::containers::inspect(container);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::double::inspect(container)
}

/// Runs the health check that the service declares. Needs the grant
/// `health-check`.
///
/// # Errors
/// Not granted, no such container, no check, or out of time.
pub fn health_check(container: &str) -> Result<Output, Error> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::host::sinops::host::containers::health_check(container);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::double::health_check(container)
}

/// Runs a command. Needs the grant `exec`.
///
/// # Errors
/// Not granted, no such container, or out of time.
pub fn exec(container: &str, command: &[String], timeout: Duration) -> Result<Output, Error> {
    let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::host::sinops::host::containers::exec(container, command, millis);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::double::exec(container, command, millis)
}
