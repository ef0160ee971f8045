//! Generating the monitoring in a cold process: 37 services beside `docker compose config
//! -q`, which only reads the files, and 10,000 beside ten times 1,000.

use super::measure::{Contestant, Row, interleaved};
use super::plan::timed;
use crate::tools;
use crate::workspace::{create_folder, output, remove, root, step, target, write_if_changed};
use anyhow::{Result, bail};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 15;
const LARGE_ROUNDS: usize = 3;

pub(super) fn measure(sinops: &Path, compose: &Path) -> Result<Vec<Row>> {
    let folder = target().join("bench/monitoring");
    remove(&folder)?;
    Ok(vec![
        example(sinops, compose, &folder.join("37"))?,
        large(sinops, &folder)?,
    ])
}

/// No engine is asked: what an engine takes to answer is its own.
fn generate(sinops: &Path, folder: &Path, files: &[&str]) -> Command {
    let mut command = Command::new(sinops);
    command
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .args(files)
        .args(["generate", "monitoring", "--out", "out", "--overwrite"]);
    command
}

fn example(sinops: &Path, compose: &Path, folder: &Path) -> Result<Row> {
    let what = "`generate monitoring`, 37 services";
    step(what);
    create_folder(folder)?;
    let source = root().join("examples/sin-solver/.");
    output(Command::new("cp").arg("-a").arg(source).arg(folder))?;
    let files = ["-f", "compose.yaml", "-f", "compose.monitoring.yaml"];
    let mut contestants = [
        Contestant::new("sinops", || {
            remove(&folder.join("out"))?;
            timed(&mut generate(sinops, folder, &files))
        }),
        Contestant::new("docker compose", || {
            let mut command = Command::new(compose);
            command.current_dir(folder).args(files);
            timed(command.args(["config", "-q"]))
        }),
    ];
    let medians = interleaved(ROUNDS, &mut contestants)?;
    let [ours, peer] = medians.as_slice() else {
        bail!("two medians were expected")
    };
    Ok(Row {
        what: what.to_owned(),
        ours: *ours,
        peer: *peer,
        peer_name: "`docker compose config -q`",
        aim: "< 50 ms",
    })
}

fn large(sinops: &Path, folder: &Path) -> Result<Row> {
    let what = "`generate monitoring`, 10,000 services";
    step(what);
    let (small, large) = (folder.join("1000"), folder.join("10000"));
    stack(&small, 1000)?;
    stack(&large, 10_000)?;
    let run = |folder: &Path| {
        remove(&folder.join("out"))?;
        timed(&mut generate(sinops, folder, &[]))
    };
    let mut contestants = [
        Contestant::new("10,000 services", || run(&large)),
        Contestant::new("1,000 services", || run(&small)),
    ];
    let medians = interleaved(LARGE_ROUNDS, &mut contestants)?;
    let [ours, tenth] = medians.as_slice() else {
        bail!("two medians were expected")
    };
    let config = large.join("out/prometheus/prometheus.yml");
    if tools::bin().join("promtool").is_file() {
        let mut check = Command::new(tools::bin().join("promtool"));
        output(check.args(["check", "config"]).arg(&config))?;
        println!("    promtool takes it");
    }
    Ok(Row {
        what: what.to_owned(),
        ours: *ours,
        peer: *tenth * 10,
        peer_name: "ten times 1,000",
        aim: "< 2 s, linear",
    })
}

/// Services that serve metrics, and those that watch them.
fn stack(folder: &Path, services: usize) -> Result<()> {
    create_folder(folder)?;
    let mut text = String::from(
        "name: many\nservices:\n  prometheus:\n    image: prom/prometheus:v3.5.0\n    command: [--storage.tsdb.retention.time=30d]\n    volumes: [./.sinops/generated/prometheus:/etc/prometheus:ro]\n  alertmanager:\n    image: prom/alertmanager:v0.28.1\n  node:\n    image: prom/node-exporter:v1.10.2\n",
    );
    for number in 0..services.saturating_sub(3) {
        writeln!(
            text,
            "  app-{number}:\n    image: app:1\n    labels: {{ prometheus.io/scrape: \"true\", prometheus.io/port: \"8080\" }}"
        )?;
    }
    write_if_changed(&folder.join("compose.yaml"), text.as_bytes())?;
    Ok(())
}
