//! What a plugin would like to use, with the reason that an operator reads.
//!
//! Asking grants nothing.

use crate::types::{Ask, Capability};

fn ask(capability: Capability, reason: &str) -> Ask {
    Ask {
        capability,
        reason: reason.to_owned(),
    }
}

/// HTTP to `scheme://host[:port]`; `*`: whatever origin the operator grants.
#[must_use]
pub fn http(origin: &str, reason: &str) -> Ask {
    ask(Capability::Http(origin.to_owned()), reason)
}

/// TCP to `host:port`; `*`: whatever the operator grants.
#[must_use]
pub fn tcp(destination: &str, reason: &str) -> Ask {
    ask(Capability::Tcp(destination.to_owned()), reason)
}

/// A secret by name; `*`: the ones that the operator names.
#[must_use]
pub fn secret(name: &str, reason: &str) -> Ask {
    ask(Capability::Secret(name.to_owned()), reason)
}

/// Mail to recipients of a domain, or `*`.
#[must_use]
pub fn mail(domain: &str, reason: &str) -> Ask {
    ask(Capability::Mail(domain.to_owned()), reason)
}

/// A folder that the operator mounts under this name, read only.
#[must_use]
pub fn directory(name: &str, reason: &str) -> Ask {
    ask(Capability::Directory(name.to_owned()), reason)
}

/// The stack's containers and their state.
#[must_use]
pub fn containers(reason: &str) -> Ask {
    ask(Capability::Containers, reason)
}

/// The health checks that services declare.
#[must_use]
pub fn health_check(reason: &str) -> Ask {
    ask(Capability::HealthCheck, reason)
}

/// Commands of the plugin's choice in the stack's containers.
#[must_use]
pub fn exec(reason: &str) -> Ask {
    ask(Capability::Exec, reason)
}
