//! Plugins: WebAssembly components in a sandbox.
//!
//! [`PluginHost`] loads them, [`Plugin`] calls them. A call gets a fresh
//! instance in a store of its own, so nothing survives it; what the guest may
//! reach is decided here and nowhere else:
//!
//! * `package`, `compiled`: from a file to a component whose role and imports are known
//! * `call`: one call, its limits and what came of them
//! * `limiter`, `log`, `error`: what is bounded, and how it is told
//! * `network`, `secrets`, `mail`, `containers`: the capabilities
//! * `roles`: between the types of `wit/` and those of `sinops-core`
//!
//! Nothing here knows a product, a pipeline or an engine.

mod bindings;
mod call;
mod compiled;
mod containers;
mod engine;
mod error;
mod guest;
mod host;
mod limiter;
mod log;
mod mail;
mod network;
mod package;
mod plugin;
mod roles;
mod secrets;
mod settings;

pub use containers::{ContainerAccess, ContainerError};
pub use error::PluginError;
pub use host::{Builtin, HostOptions, PluginHost, PluginSpec, Source};
pub use mail::{MailRelay, RelaySecurity};
pub use network::{NetworkOptions, Resolver, SystemResolver};
pub use plugin::Plugin;
pub use secrets::{SecretError, SecretStore};
pub use settings::SettingsProblem;
