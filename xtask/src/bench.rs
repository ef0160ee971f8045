//! Benchmarks: medians and ratios of interleaved runs, beside the peers found
//! on PATH or in `target/tools`. Nothing here passes or fails.

mod calls;
mod deploy;
mod measure;
mod monitoring;
mod plan;
mod planning;

use crate::binary::{self, Profile};
use crate::workspace::{on_path, output};
use crate::{images, plugins, setup, tools};
use anyhow::{Result, bail};
use measure::Row;
use std::path::PathBuf;
use std::process::Command;

/// What is measured when nothing is named.
const ALL: [&str; 5] = ["deploy", "dry-run", "planning", "calls", "monitoring"];

/// Runs the named benchmarks and prints one table.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !ALL.contains(name)) {
        bail!("no benchmark `{unknown}`; there are {}", ALL.join(", "));
    }
    let wanted = |name: &str| names.is_empty() || names.contains(&name);
    setup::wasm_target()?;
    tools::need(&["docker-compose"])?;
    plugins::build()?;
    let sinops = binary::build(Profile::Release)?;
    let mut rows: Vec<Row> = Vec::new();
    if wanted("deploy") {
        if images::engine_answers() {
            images::make()?;
            rows.extend(deploy::measure(&sinops, &compose()?)?);
        } else {
            println!("no Docker engine answers: the deploy is not measured");
        }
    }
    if wanted("dry-run") {
        rows.extend(plan::measure(&sinops, &compose()?)?);
    }
    if wanted("planning") {
        rows.extend(planning::measure()?);
    }
    if wanted("calls") {
        rows.extend(calls::measure(&sinops, &compose()?)?);
    }
    if wanted("monitoring") {
        rows.extend(monitoring::measure(&sinops, &compose()?)?);
    }
    println!("\n{}\n", machine());
    println!("| what | sinops | peer | ratio | aim |\n|---|---|---|---|---|");
    for row in &rows {
        println!("{row}");
    }
    Ok(())
}

/// docker compose itself, without the docker client around it.
fn compose() -> Result<PathBuf> {
    let unpacked = tools::bin().join("docker-compose");
    let plugin = PathBuf::from("/usr/libexec/docker/cli-plugins/docker-compose");
    [Some(unpacked), Some(plugin), on_path("docker-compose")]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
        .ok_or_else(|| anyhow::anyhow!("no docker compose: run `cargo xtask setup --tools`"))
}

/// One line about where the figures come from.
fn machine() -> String {
    let first = |file: &str, key: &str| -> Option<String> {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?;
        let value = line.split([':', '=']).nth(1)?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let said = |program: &str, arguments: &[&str]| {
        output(Command::new(program).args(arguments))
            .map(|text| text.trim().to_owned())
            .ok()
    };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = first("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kilobytes| format!("{} GiB", kilobytes / (1024 * 1024)));
    let engine = said(
        "docker",
        &["version", "--format", "Docker {{.Server.Version}}"],
    );
    let driver = said("docker", &["info", "--format", "{{.Driver}}"]);
    let parts = [
        first("/proc/cpuinfo", "model name").map(|name| format!("{processors} x {name}")),
        memory,
        first("/etc/os-release", "PRETTY_NAME"),
        said("uname", &["-r"]).map(|release| format!("Linux {release}")),
        engine,
        driver,
        said("rustc", &["--version"]),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
