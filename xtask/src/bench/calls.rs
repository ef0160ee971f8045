//! What one plugin call costs, beside the bare runtime and a process; and how
//! long a new process takes to its first call.

use super::measure::{Contestant, Row, interleaved};
use super::plan::timed;
use crate::binary::Profile;
use crate::workspace::{output, step};
use crate::{plugins, tools};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 31;
/// The plugin whose `describe` is called.
const MEASURED: &str = "notifier-webhook.wasm";

pub(super) fn measure(sinops: &Path, compose: &Path) -> Result<Vec<Row>> {
    step("plugin calls");
    tools::need(&["busybox"])?;
    let medians = inside_one_process()?;
    let median = |name: &str| {
        medians
            .get(name)
            .copied()
            .with_context(|| format!("call_bench measured no `{name}`"))
    };
    let call = median("call")?;
    let row = |what: &str, ours: Duration, peer: Duration, peer_name, aim| Row {
        what: what.to_owned(),
        ours,
        peer,
        peer_name,
        aim,
    };
    let fresh = "a call on a fresh instance, all limits on";
    let (inspect, version) = processes(sinops, compose)?;
    Ok(vec![
        row(
            fresh,
            call,
            median("bare-fresh")?,
            "bare wasmtime, fresh instance",
            "<= 1.5",
        ),
        row(
            fresh,
            call,
            median("bare-warm")?,
            "bare wasmtime, kept instance",
            "",
        ),
        row(
            fresh,
            call,
            median("fork-exec")?,
            "fork + exec of a static program",
            "<= 0.05",
        ),
        row(
            "process start to first plugin call",
            median("first-call")?,
            version,
            "`docker-compose version`",
            "<= 0.05",
        ),
        row(
            "`sinops plugin inspect`, whole process",
            inspect,
            version,
            "`docker-compose version`",
            "",
        ),
    ])
}

/// The example `call_bench` of the runtime prints one JSON object a line:
/// `{"measure": "call", "median-us": 10.2, "samples": 300}`.
fn inside_one_process() -> Result<BTreeMap<String, Duration>> {
    let printed = output(
        Command::new(Profile::Release.example("call_bench"))
            .env("SINOPS_STATIC_PROGRAM", tools::bin().join("busybox"))
            .arg(plugins::folder().join(MEASURED)),
    )?;
    printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(read)
        .collect()
}

fn read(line: &str) -> Result<(String, Duration)> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("reading {line}"))?;
    let name = value.get("measure").and_then(Value::as_str);
    let median = value.get("median-us").and_then(Value::as_f64);
    match (name, median) {
        (Some(name), Some(median)) => Ok((name.to_owned(), Duration::from_secs_f64(median / 1e6))),
        _ => anyhow::bail!("no measure and median in {line}"),
    }
}

/// Whole processes: one that asks a built-in plugin what it is, and the peer's
/// that does nothing.
fn processes(sinops: &Path, compose: &Path) -> Result<(Duration, Duration)> {
    let mut contestants = [
        Contestant::new("sinops plugin inspect", || {
            timed(Command::new(sinops).args(["plugin", "inspect", "notifier-webhook"]))
        }),
        Contestant::new("docker-compose version", || {
            timed(Command::new(compose).arg("version"))
        }),
    ];
    let medians = interleaved(ROUNDS, &mut contestants)?;
    match medians.as_slice() {
        [ours, peer] => Ok((*ours, *peer)),
        _ => anyhow::bail!("two medians were expected"),
    }
}
