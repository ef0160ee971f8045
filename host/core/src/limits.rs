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

impl Limits {
    /// The most that a plugin's limits may be raised to where the operator does not say.
    #[must_use]
    pub fn ceiling() -> Self {
        Self {
            memory: 1 << 30,
            cpu: Duration::from_secs(120),
            wall: Duration::from_secs(600),
            copied: 256 << 20,
            output: 256 << 20,
            table_elements: 1_000_000,
            handles: 16_384,
            connections: 4_096,
            response: 256 << 20,
            log: 16 << 20,
            component: 256 << 20,
            stack: 512 << 10,
        }
    }

    /// Key of the first limit that is above the ceiling's.
    #[must_use]
    pub fn exceeds(&self, ceiling: &Self) -> Option<&'static str> {
        [
            ("memory", self.memory > ceiling.memory),
            ("cpu", self.cpu > ceiling.cpu),
            ("wall", self.wall > ceiling.wall),
            ("copied", self.copied > ceiling.copied),
            ("output", self.output > ceiling.output),
            (
                "table-elements",
                self.table_elements > ceiling.table_elements,
            ),
            ("handles", self.handles > ceiling.handles),
            ("connections", self.connections > ceiling.connections),
            ("response", self.response > ceiling.response),
            ("log", self.log > ceiling.log),
            ("component", self.component > ceiling.component),
        ]
        .into_iter()
        .find_map(|(key, above)| above.then_some(key))
    }
}
