//! One call of a plugin: what it may do, what it did, what was refused.

use super::limiter::Breach;
use super::log::Log;
use super::secrets::SecretStore;
use sinops_core::grants::{Capability, Effective};
use sinops_core::limits::Limits;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a call may have effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Data in, data out: every effect is refused, whatever was granted.
    Pure,
    /// What is granted works.
    Effects,
}

/// Shared by the store, the network tasks and the error conversion.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) plugin: Arc<str>,
    pub(crate) operation: &'static str,
    pub(crate) phase: Phase,
    pub(crate) grants: Arc<Effective>,
    pub(crate) asks: Arc<[Capability]>,
    pub(crate) limits: Limits,
    pub(crate) secrets: Arc<SecretStore>,
    pub(crate) log: Log,
    connections: AtomicU32,
    /// Where a granted name led, so that a socket may follow.
    tcp: Mutex<HashSet<SocketAddr>>,
    incidents: Mutex<Incidents>,
}

#[derive(Debug, Default)]
struct Incidents {
    denial: Option<String>,
    breach: Option<Breach>,
}

impl Call {
    pub(crate) fn new(
        plugin: Arc<str>,
        operation: &'static str,
        phase: Phase,
        grants: Arc<Effective>,
        asks: Arc<[Capability]>,
        limits: Limits,
        secrets: Arc<SecretStore>,
    ) -> Self {
        Self {
            log: Log::new(Arc::clone(&plugin), Arc::clone(&secrets), limits.log),
            plugin,
            operation,
            phase,
            grants,
            asks,
            limits,
            secrets,
            connections: AtomicU32::new(0),
            tcp: Mutex::default(),
            incidents: Mutex::default(),
        }
    }

    /// Records a refusal; the first one is the one that is told.
    pub(crate) fn deny(&self, reason: impl Into<String>) -> String {
        let reason = reason.into();
        tracing::debug!(target: "sinops::plugin", plugin = &*self.plugin, "refused: {reason}");
        let mut incidents = self
            .incidents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        incidents.denial.get_or_insert_with(|| reason.clone());
        reason
    }

    /// The reason why nothing can have an effect in this call, if so.
    pub(crate) fn refuse_if_pure(&self, what: &str) -> Option<String> {
        (self.phase == Phase::Pure).then(|| {
            self.deny(format!(
                "{what}: `{}` decides and must not act, so nothing is reachable from it",
                self.operation
            ))
        })
    }

    pub(crate) fn denial(&self) -> Option<String> {
        self.incidents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .denial
            .clone()
    }

    /// Records a limit that was exceeded outside of guest code.
    pub(crate) fn exceed(&self, key: &'static str, what: String, limit: u64) {
        let mut incidents = self
            .incidents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        incidents
            .breach
            .get_or_insert(Breach::Other { key, what, limit });
    }

    pub(crate) fn breach(&self) -> Option<Breach> {
        self.incidents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .breach
            .clone()
    }

    /// Counts a connection, request or message; false if there were too many.
    pub(crate) fn count_connection(&self) -> bool {
        let before = self.connections.fetch_add(1, Ordering::Relaxed);
        let good = before < self.limits.connections;
        if !good {
            self.exceed(
                "connections",
                format!("made more than {} connections", self.limits.connections),
                self.limits.connections.into(),
            );
        }
        good
    }

    /// The end of a refusal: the line that would have allowed it.
    pub(crate) fn how_to_grant(&self, key: &str, value: &str, asked: bool) -> String {
        let plugin = &self.plugin;
        if asked {
            format!(
                "to allow it add `{key}: [\"{value}\"]` to `grants:` of plugin `{plugin}` in sinops.yaml"
            )
        } else {
            format!(
                "plugin `{plugin}` does not ask for it in its description, so it cannot be granted"
            )
        }
    }

    /// Lets sockets connect to where a granted name led.
    pub(crate) fn allow_tcp(&self, address: SocketAddr) {
        self.tcp
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address);
    }

    pub(crate) fn is_allowed_tcp(&self, address: &SocketAddr) -> bool {
        self.tcp
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(address)
    }
}
