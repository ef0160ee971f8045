//! The compose specification and nothing else: YAML trees are interpolated,
//! extended, merged and normalised into one canonical [`Project`].
//!
//! Files and environment come in as arguments ([`Source`]); nothing here
//! touches the disk, the process environment or an engine.

mod model;

pub use model::*;
