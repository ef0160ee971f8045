//! What the author of a sinops plugin in Rust sees.
//!
//! A plugin is one struct, which is also the typed settings that an operator
//! writes in `sinops.yaml`; one trait, named after its role; and one macro.
//! This is a complete notifier:
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use sinops_sdk::{Ask, SecretRef, ask, http};
//! use sinops_sdk::notifier::{self, Failure, Notification, Notifier, Receipt};
//!
//! /// Posts to an address that only the host knows.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Hook {
//!     /// Where to post.
//!     url: SecretRef,
//! }
//!
//! impl Notifier for Hook {
//!     fn asks() -> Vec<Ask> {
//!         vec![
//!             ask::secret("*", "the address to post to"),
//!             ask::http("*", "deliver the message"),
//!         ]
//!     }
//!
//!     fn notify(&self, notification: &Notification) -> Result<Receipt, Failure> {
//!         let request = http::Request::post(self.url.url()).text(&notification.title);
//!         notifier::delivered(&request.send()?)
//!     }
//! }
//!
//! sinops_sdk::notifier!(Hook);
//! ```
//!
//! Name, version and summary come from the plugin's `Cargo.toml`. On native
//! targets the host's capabilities go to the test double in [`testing`], so a
//! plugin is tested with plain `cargo test`.
//!
//! Decisions about retrying, routing and executing are the host's and have no
//! place here, nor has anything that only one plugin needs.

pub mod ask;
#[doc(hidden)]
pub mod bindings;
pub mod collector;
pub mod containers;
mod defaults;
pub mod deploy_step;
pub mod evaluator;
pub mod http;
pub mod image;
pub mod keep;
pub mod log;
pub mod mail;
pub mod notifier;
mod plugin;
mod restart;
mod secret;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod types;
pub mod yaml;

pub use plugin::{Package, describe, read_settings};
pub use secret::{MaybeSecret, SecretRef};
pub use types::{Ask, Capability, Description, Error, Severity};

/// Makes a plugin of a type that implements [`notifier::Notifier`].
#[macro_export]
macro_rules! notifier {
    ($plugin:ty) => {
        $crate::__plugin!($plugin, notifier, export_notifier);
    };
}

/// Makes a plugin of a type that implements [`deploy_step::DeployStep`].
#[macro_export]
macro_rules! deploy_step {
    ($plugin:ty) => {
        $crate::__plugin!($plugin, deploy_step, export_deploy_step);
    };
}

/// Makes a plugin of a type that implements [`collector::Collector`].
#[macro_export]
macro_rules! collector {
    ($plugin:ty) => {
        $crate::__plugin!($plugin, collector, export_collector);
    };
}

/// Makes a plugin of a type that implements [`evaluator::Evaluator`].
#[macro_export]
macro_rules! evaluator {
    ($plugin:ty) => {
        $crate::__plugin!($plugin, evaluator, export_evaluator);
    };
}

/// The part that the four macros share: identity from `Cargo.toml`, and the
/// component's exports where there is a component.
#[doc(hidden)]
#[macro_export]
macro_rules! __plugin {
    ($plugin:ty, $role:ident, $export:ident) => {
        impl $crate::Package for $plugin {
            const NAME: &'static str = env!("CARGO_PKG_NAME");
            const VERSION: &'static str = env!("CARGO_PKG_VERSION");
            const SUMMARY: &'static str = env!("CARGO_PKG_DESCRIPTION");
        }

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "exports of a component are unsafe attributes")]
        const _: () = {
            type Component = $crate::$role::Adapter<$plugin>;
    $crate::bindings::$role::$export!(Component with_types_in $crate::bindings::$role);
        };
    };
}
