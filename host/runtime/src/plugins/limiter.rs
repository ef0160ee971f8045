//! Counts what the instances of one store take, and says no.

use sinops_core::limits::Limits;
use std::fmt;
use wasmtime::ResourceLimiter;

/// Core instances, memories and tables of one component: well-formed
/// components have a handful, and each costs the host memory of its own.
const INSTANCES: usize = 64;
const MEMORIES: usize = 16;
const TABLES: usize = 64;

/// A limit was exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Breach {
    Memory {
        wanted: u64,
    },
    Cpu,
    Other {
        key: &'static str,
        what: String,
        limit: u64,
    },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { wanted } => write!(f, "memory limit exceeded: {wanted} bytes wanted"),
            Self::Cpu => f.write_str("cpu limit exceeded"),
            Self::Other { key, what, limit } => write!(f, "{what}: limit {key} is {limit}"),
        }
    }
}

impl std::error::Error for Breach {}

/// What one store uses: sums, not values per memory or table.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: u64,
    memory_limit: u64,
    last_memory: u64,
    elements: u64,
    elements_limit: u64,
    last_elements: u64,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: 0,
            memory_limit: limits.memory,
            last_memory: 0,
            elements: 0,
            elements_limit: limits.table_elements,
            last_elements: 0,
        }
    }
}

fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = wide(desired).saturating_sub(wide(current));
        let wanted = self.memory.saturating_add(more);
        if wanted > self.memory_limit {
            // A trap instead of -1: the error names the limit, and a guest that
            // handles the failure badly cannot hide it.
            return Err(Breach::Memory { wanted }.into());
        }
        self.memory = wanted;
        self.last_memory = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory = self
            .memory
            .saturating_sub(std::mem::take(&mut self.last_memory));
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = wide(desired).saturating_sub(wide(current));
        let wanted = self.elements.saturating_add(more);
        if wanted > self.elements_limit {
            return Err(Breach::Other {
                key: "table-elements",
                what: format!("wanted {wanted} table elements"),
                limit: self.elements_limit,
            }
            .into());
        }
        self.elements = wanted;
        self.last_elements = more;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.elements = self
            .elements
            .saturating_sub(std::mem::take(&mut self.last_elements));
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }

    fn tables(&self) -> usize {
        TABLES
    }
}
