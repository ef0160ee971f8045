//! The `sinops` binary with the built-in plugins in it, compiled ahead.
//!
//! Two passes: the first binary compiles the components, the second one embeds
//! what came out. Only the command's own crate is linked again.

use crate::plugins;
use crate::workspace::{cargo, entries, output, remove, run, step, target, write_if_changed};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// Where the binary lies.
    pub(crate) fn binary(self) -> PathBuf {
        target().join(self.folder()).join("sinops")
    }

    /// Where a program of the benchmarks lies.
    pub(crate) fn example(self, name: &str) -> PathBuf {
        target().join(self.folder()).join("examples").join(name)
    }
}

/// Builds it; the components must be there.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    step(&format!("sinops, {}", profile.folder()));
    link(profile)?;
    if compile_ahead(profile)? {
        link(profile)?;
    }
    Ok(profile.binary())
}

fn link(profile: Profile) -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--quiet"]);
    match profile {
        // The same selection as the tests: another one has other features, and the large
        // dependencies would be built twice.
        Profile::Dev => command.args(["--workspace", "--all-targets"]),
        // With the programs of the benchmarks, for the same reason.
        Profile::Release => command.args(["--release", "--bins", "--examples"]).args([
            "--package",
            "sinops-cli",
            "--package",
            "sinops-runtime",
        ]),
    };
    command.envs(plugins::environment());
    run(&mut command)
}

/// Compiles the built-ins with this very binary, since an artifact fits only
/// the settings it was made with. True: something is new.
fn compile_ahead(profile: Profile) -> Result<bool> {
    let mut changed = false;
    for component in entries(&plugins::folder())? {
        if component.extension().is_none_or(|end| end != "wasm") {
            continue;
        }
        // Elsewhere first: the command is built again when the folder changes.
        let fresh = target().join("compiled-ahead.cwasm");
        output(
            Command::new(profile.binary())
                .args(["plugin", "compile"])
                .arg(&component)
                .arg("--output")
                .arg(&fresh),
        )
        .with_context(|| format!("compiling {} ahead", component.display()))?;
        let content =
            std::fs::read(&fresh).with_context(|| format!("reading {}", fresh.display()))?;
        remove(&fresh)?;
        changed |= write_if_changed(&component.with_extension("cwasm"), &content)?;
    }
    Ok(changed)
}
