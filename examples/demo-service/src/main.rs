//! A stand-in for a real service: HTTP, health, metrics and log lines, with
//! delays and failures set by its environment (see README.md).
//!
//! It is several programs in one file: called as `curl`, `wget`, `pg_isready`
//! or `redis-cli` it behaves like them as far as health checks need, so that
//! an image made of this one binary satisfies the checks that a stack declares.

mod client;
mod probe;
mod serve;
mod settings;

use settings::Settings;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called_as = words.next().unwrap_or_default();
    let words: Vec<String> = words.collect();
    let program = Path::new(&called_as)
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let environment = |name: &str| std::env::var(name).ok();

    let code = match program.as_str() {
        "curl" => probe::curl(&words),
        "wget" => probe::wget(&words),
        "pg_isready" => probe::pg_isready(&words, &environment),
        "redis-cli" => probe::redis_cli(&words, &environment),
        // Images pass the words of the program that they stand in for
        // (`redis-server --appendonly yes`): they mean nothing here.
        _ => match Settings::read(&environment) {
            Ok(settings) => serve::run(&settings),
            Err(problem) => {
                serve::log(&problem);
                2
            }
        },
    };
    ExitCode::from(code)
}
