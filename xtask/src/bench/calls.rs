//! What one plugin call costs, beside the bare runtime and a process; and how
//! long a new process takes to its first call.

use super::measure::{Contestant, Row, interleaved};
use super::plan::timed;
use crate::plugins;
use crate::workspace::{cargo, output, step};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 31;

pub(super) fn measure(sinops: &Path) -> Result<Vec<Row>> {
    step("plugin calls");
    let mut rows = inside_one_process()?;
    rows.push(process_start(sinops)?);
    Ok(rows)
}

/// The example `call_bench` of the runtime prints one JSON object a line:
/// `{"what", "ours_ns", "peer", "peer_ns"}`.
fn inside_one_process() -> Result<Vec<Row>> {
    let printed = output(cargo().env("SINOPS_PLUGINS_DIR", plugins::folder()).args([
        "run",
        "--quiet",
        "--release",
        "-p",
        "sinops-runtime",
        "--example",
        "call_bench",
    ]))?;
    printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(row)
        .collect()
}

fn row(line: &str) -> Result<Row> {
    let value: Value = serde_json::from_str(line).with_context(|| format!("reading {line}"))?;
    let time = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_u64)
            .map(Duration::from_nanos)
            .with_context(|| format!("no number `{key}` in {line}"))
    };
    let peer = value
        .get("peer")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(Row {
        what: value
            .get("what")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        ours: time("ours_ns")?,
        peer: time("peer_ns")?,
        peer_name: if peer == "process" {
            "fork + exec of a static program"
        } else {
            "bare wasmtime"
        },
        aim: if peer == "process" {
            "<= 1/20"
        } else {
            "<= 1.5"
        },
    })
}

/// A whole process that asks a built-in plugin what it is.
fn process_start(sinops: &Path) -> Result<Row> {
    let mut contestants = [
        Contestant::new("sinops plugin inspect", || {
            timed(Command::new(sinops).args(["plugin", "inspect", "notifier-webhook"]))
        }),
        Contestant::new("sinops --version", || {
            timed(Command::new(sinops).arg("--version"))
        }),
    ];
    let medians = interleaved(ROUNDS, &mut contestants)?;
    let [ours, peer] = medians.as_slice() else {
        bail!("two medians were expected")
    };
    Ok(Row {
        what: "process start to first plugin call, whole process".to_owned(),
        ours: *ours,
        peer: *peer,
        peer_name: "`sinops --version`",
        aim: "",
    })
}
