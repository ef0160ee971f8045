//! How much a plugin may use. Every limit is on by default.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Limits of one plugin call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Bytes, summed over all linear memories of the instance.
    pub memory: u64,
    /// Time spent in guest code.
    pub cpu: Duration,
    /// Time from call to return, waiting included.
    pub wall: Duration,
    /// Bytes that one host call may copy out of the guest.
    pub copied: u64,
    /// Bytes of the result.
    pub output: u64,
    /// Elements, summed over all tables.
    pub table_elements: u64,
    /// Live resource handles.
    pub handles: u32,
    /// HTTP requests and TCP connections per call.
    pub connections: u32,
    /// Bytes of one HTTP response, headers included.
    pub response: u64,
    /// Bytes of log per call.
    pub log: u64,
    /// Bytes of the component itself.
    pub component: u64,
    /// Bytes of wasm stack.
    pub stack: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            cpu: Duration::from_secs(5),
            wall: Duration::from_secs(30),
            copied: 16 << 20,
            output: 8 << 20,
            table_elements: 20_000,
            handles: 256,
            connections: 64,
            response: 4 << 20,
            log: 64 << 10,
            component: 32 << 20,
            stack: 512 << 10,
        }
    }
}
