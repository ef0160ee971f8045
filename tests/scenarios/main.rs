//! Scenarios through the binary: one intent each, checks on state.

mod attributes;
mod dependents;
mod documents;
mod drift;
mod dry_run;
mod engine_restart;
mod faults;
mod generate;
mod images;
mod interop;
mod interrupted;
mod kills;
mod leases;
mod least;
mod monitor;
mod monitoring;
mod notified;
mod plan_file;
mod process_engine;
mod real_input;
mod releases;
mod secrets;
mod sin_solver;
mod update;
mod updates;
mod zero_downtime;
