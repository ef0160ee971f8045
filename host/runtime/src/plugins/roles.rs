//! The four roles: between the types of `wit/` and those of `sinops-core`.
//! Conversion only; what may happen during a call is decided in `call`.

mod collector;
mod deploy_step;
mod evaluator;
mod notifier;
pub(crate) mod tally;
pub(crate) mod types;

use super::bindings::exports::sinops::plugin as exports;
use super::bindings::sinops::plugin::types as wit;
use super::call::Call;
use super::error::PluginError;
use super::guest::Guest;
use sinops_core::plugin::Role;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

/// An export has our name and not our type.
#[derive(Debug)]
pub(crate) struct Misfit(pub(crate) String);

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misfit {}

/// Where the exports of a component are; found once per component.
#[derive(Clone)]
pub(crate) enum Exports {
    DeployStep(exports::deploy_step::GuestIndices),
    Collector(exports::collector::GuestIndices),
    Evaluator(exports::evaluator::GuestIndices),
    Notifier(exports::notifier::GuestIndices),
}

impl Exports {
    pub(crate) fn find(role: Role, pre: &InstancePre<Guest>) -> wasmtime::Result<Self> {
        Ok(match role {
            Role::DeployStep => Self::DeployStep(exports::deploy_step::GuestIndices::new(pre)?),
            Role::Collector => Self::Collector(exports::collector::GuestIndices::new(pre)?),
            Role::Evaluator => Self::Evaluator(exports::evaluator::GuestIndices::new(pre)?),
            Role::Notifier => Self::Notifier(exports::notifier::GuestIndices::new(pre)?),
        })
    }

    pub(crate) async fn describe(
        &self,
        store: &mut Store<Guest>,
        instance: &Instance,
    ) -> wasmtime::Result<wit::Description> {
        // Finding the functions compares their types with ours.
        let misfit = |error: wasmtime::Error| wasmtime::Error::from(Misfit(format!("{error:#}")));
        match self {
            Self::DeployStep(at) => {
                let guest = at.load(&mut *store, instance).map_err(misfit)?;
                guest.call_describe(store).await
            }
            Self::Collector(at) => {
                let guest = at.load(&mut *store, instance).map_err(misfit)?;
                guest.call_describe(store).await
            }
            Self::Evaluator(at) => {
                let guest = at.load(&mut *store, instance).map_err(misfit)?;
                guest.call_describe(store).await
            }
            Self::Notifier(at) => {
                let guest = at.load(&mut *store, instance).map_err(misfit)?;
                guest.call_describe(store).await
            }
        }
    }
}

/// The guest's own word for a failure. If the host refused it something, that
/// is the reason: the guest saw a code and the host knows the grant.
fn failure(call: &Call, error: wit::Error) -> PluginError {
    let plugin = call.plugin.to_string();
    let operation = call.operation;
    if let Some(reason) = call.denial() {
        return PluginError::Denied {
            plugin,
            operation,
            reason,
        };
    }
    let clean = |text: &str| call.secrets.redact(text);
    match error {
        wit::Error::Settings(text) => PluginError::Settings {
            plugin,
            operation,
            message: clean(&text),
        },
        wit::Error::Denied(text) => PluginError::Denied {
            plugin,
            operation,
            reason: clean(&text),
        },
        wit::Error::Temporary(text) => PluginError::Failed {
            plugin,
            operation,
            temporary: true,
            message: clean(&text),
        },
        wit::Error::Other(text) => PluginError::Failed {
            plugin,
            operation,
            temporary: false,
            message: clean(&text),
        },
    }
}
