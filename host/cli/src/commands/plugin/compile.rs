//! `sinops plugin compile`: for the build, which embeds what comes out.

use crate::args::PluginCompile;
use crate::commands::Outcome;
use crate::failure::{Failure, SUCCESS};
use crate::problem::{Problem, convert};
use crate::session::{self, Disk};
use std::path::Path;

pub(super) fn run(args: &PluginCompile) -> Outcome {
    let wasm = std::fs::read(&args.input).map_err(|error| problem(&args.input, "read", &error))?;
    let compiled = session::plugin_host(Disk::Untouched)?
        .precompile(&wasm)
        .map_err(|error| Failure::from(convert::plugin(&error, None)))?;
    std::fs::write(&args.output, compiled)
        .map_err(|error| problem(&args.output, "written", &error))?;
    Ok(SUCCESS)
}

fn problem(path: &Path, deed: &str, error: &std::io::Error) -> Failure {
    Problem::error(format!("{} cannot be {deed}: {error}", path.display())).into()
}
