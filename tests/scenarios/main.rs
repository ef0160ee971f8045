//! Scenarios through the binary: one intent each, checks on state.

mod documents;
mod dry_run;
mod images;
mod interop;
mod interrupted;
mod monitor;
mod notified;
mod plan_file;
mod process_engine;
mod real_input;
mod secrets;
mod sin_solver;
mod update;
