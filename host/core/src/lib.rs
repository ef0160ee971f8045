//! The decisions of sinops, as plain functions over plain data.
//!
//! No tokio, wasmtime, bollard, file system, clock or environment here: what
//! the world looks like and what time it is come in as arguments.

pub mod action;
pub mod change;
pub mod config;
pub mod contents;
pub mod exposition;
pub mod generated;
pub mod grants;
pub mod lease;
pub mod limits;
pub mod monitor;
pub mod notification;
pub mod observed;
pub mod plan;
pub mod plugin;
pub mod release;
pub mod resource;
pub mod secrecy;
pub mod stack;
pub mod units;
pub mod update;
