//! Runs plugins, engines and deploys. The only crate that knows wasmtime,
//! bollard, sockets and disk.

pub mod engines;
pub mod plugins;
pub mod run;
