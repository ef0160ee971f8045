//! The contract of all engines, run against each that is here.
//!
//! A program of its own rather than the usual harness: called with
//! `__supervise` it is the supervisor that the process engine starts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::exit,
    reason = "a test fails by panicking, and tells what it skips"
)]

#[path = "engines/contract.rs"]
mod contract;
#[path = "engines/docker.rs"]
mod docker;
#[path = "engines/process.rs"]
mod process;

fn main() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "__supervise") {
        let folder = words.next().unwrap();
        std::process::exit(sinops_runtime::engines::supervise(folder.as_ref()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let filters: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wanted =
        |name: &str| filters.is_empty() || filters.iter().any(|part| name.contains(part.as_str()));
    if wanted("process_contract") {
        runtime.block_on(process::all());
        println!("test process_contract ... ok");
    }
    if wanted("docker_contract") {
        match runtime.block_on(docker::all()) {
            Ok(()) => println!("test docker_contract ... ok"),
            Err(reason) => println!("test docker_contract ... skipped: {reason}"),
        }
    }
}
