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

    /// The default limits for a step that plans so many services; limits that the operator
    /// has set stay as they are. Within the ceiling, whatever the number.
    #[must_use]
    pub fn for_services(self, services: usize) -> Self {
        let ceiling = Self::ceiling();
        if self != Self::default() {
            return self;
        }
        let services = u64::try_from(services).unwrap_or(u64::MAX);
        let more = |default: u64, each: u64, most: u64| {
            default
                .saturating_add(services.saturating_mul(each))
                .min(most)
        };
        Self {
            memory: more(self.memory, 16 << 10, ceiling.memory),
            copied: more(self.copied, 4 << 10, ceiling.copied),
            output: more(self.output, 4 << 10, ceiling.output),
            cpu: self
                .cpu
                .saturating_add(Duration::from_millis(services))
                .min(ceiling.cpu),
            ..self
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_stacks_need_more_but_never_more_than_the_ceiling() {
        let default = Limits::default();
        assert_eq!(default.for_services(0), default);
        let many = default.for_services(10_000);
        assert_eq!(many.memory, (64 << 20) + 10_000 * (16 << 10));
        assert_eq!(many.exceeds(&Limits::ceiling()), None);
        let all = default.for_services(usize::MAX);
        assert_eq!(all.exceeds(&Limits::ceiling()), None);
        let set = Limits {
            memory: 1,
            ..default
        };
        assert_eq!(set.for_services(10_000), set);
    }
}
