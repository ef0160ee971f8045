//! Planning alone, on stacks of a thousand and ten thousand services: linear, or not.

use super::measure::Row;
use crate::binary::Profile;
use crate::plugins;
use crate::workspace::{output, step};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

const MEASURES: [(&str, &str); 4] = [
    ("read", "reading the compose file of 10,000 services"),
    ("from-nothing", "planning 10,000 services, none there"),
    ("nothing-to-do", "planning 10,000 services, all there"),
    ("all-changed", "planning 10,000 services, all changed"),
];

pub(super) fn measure() -> Result<Vec<Row>> {
    step("planning stacks of 100, 1,000 and 10,000 services");
    let printed = output(
        Command::new(Profile::Release.example("plan_bench"))
            .arg(plugins::folder())
            .args(["100", "1000", "10000"]),
    )?;
    println!("{printed}");
    let mut medians: BTreeMap<(String, u64), Duration> = BTreeMap::new();
    for line in printed.lines() {
        let value: Value = serde_json::from_str(line).with_context(|| format!("reading {line}"))?;
        let name = value.get("measure").and_then(Value::as_str);
        let size = value.get("services").and_then(Value::as_u64);
        let median = value.get("median-ms").and_then(Value::as_f64);
        if let (Some(name), Some(size), Some(median)) = (name, size, median) {
            let median = Duration::from_secs_f64(median / 1e3);
            medians.insert((name.to_owned(), size), median);
        }
    }
    let median = |name: &str, size| {
        let found = medians.get(&(name.to_owned(), size)).copied();
        found.with_context(|| format!("plan_bench measured no `{name}` of {size}"))
    };
    let rows = MEASURES.iter().map(|(name, what)| {
        Ok(Row {
            what: (*what).to_owned(),
            ours: median(name, 10_000)?,
            peer: median(name, 1_000)?,
            peer_name: "1,000 services",
            aim: if *name == "read" { "" } else { "~ 10, < 1 s" },
        })
    });
    rows.collect()
}
