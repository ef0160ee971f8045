//! `cargo xtask`: everything that a developer's machine needs, in plain cargo.
//!
//! This file maps words to tasks. Each task is a module of its own; none of
//! them is part of the product.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task tells the person at the terminal what it does"
)]

mod apt;
mod bench;
mod binary;
mod images;
mod plugins;
mod quickstart;
mod setup;
mod test;
mod tools;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  quickstart [--down]  set everything up and deploy examples/quickstart
  test [ARGUMENT...]   set everything up and run all tests; the arguments go to
                       cargo test
  build                the release binary, plugins embedded: target/release/sinops

  setup [--tools]      the wasm32-wasip2 target; with --tools also the real
                       programs that tests, images and benchmarks use
  bench [deploy|dry-run|planning|calls|monitoring]...
                       medians and ratios beside the peers
  images [--remove]    stand-ins for the images that the stacks name, made here
  plugins              build every plugin and guest into target/plugins
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["setup"] => setup::wasm_target(),
        ["setup", "--tools"] => {
            setup::wasm_target()?;
            tools::all()
        }
        ["quickstart"] => quickstart::up(),
        ["quickstart", "--down"] => quickstart::down(),
        ["test", rest @ ..] => test::run(rest),
        ["build"] => {
            setup::wasm_target()?;
            plugins::build()?;
            let sinops = binary::build(binary::Profile::Release)?;
            println!("{}", sinops.display());
            Ok(())
        }
        ["bench", rest @ ..] => bench::run(rest),
        ["images"] => images::make(),
        ["images", "--remove"] => images::remove_all(),
        ["plugins"] => {
            setup::wasm_target()?;
            plugins::build()
        }
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("no task `{}`\n\n{USAGE}", other.join(" ")),
    }
}
