//! Mail through the operator's relay. The plugin composes, the host delivers.

pub use crate::bindings::host::sinops::host::mail::{Error, Message};

/// Hands over to the relay; returns its answer.
///
/// # Errors
/// Whether it was refused by the host, by the relay for good, or for now.
pub fn send(message: &Message) -> Result<String, Error> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::host::sinops::host::mail::send(message);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::double::mail(message)
}
