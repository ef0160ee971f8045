//! Lines in the operator's log, tagged with the plugin's name and bounded by
//! the host.

pub use crate::bindings::host::sinops::host::log::Level;

/// Writes one line.
pub fn line(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::host::sinops::host::log::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::double::log(level, message);
}

/// For the plugin's author.
pub fn debug(message: &str) {
    line(Level::Debug, message);
}

/// For the operator.
pub fn info(message: &str) {
    line(Level::Info, message);
}

/// Something that the operator should know.
pub fn warn(message: &str) {
    line(Level::Warn, message);
}

/// Something went wrong.
pub fn error(message: &str) {
    line(Level::Error, message);
}
