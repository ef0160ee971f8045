//! Planning in a cold process: `sinops run deploy --dry-run`, all plugins,
//! beside `docker compose config -q`, which only reads the files.

use super::measure::{Contestant, Row, interleaved};
use crate::workspace::{create_folder, output, remove, root, step, target};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
const REAL: [&str; 4] = [
    "-f",
    "docker-compose.enterprise.yml",
    "-f",
    "docker-compose.monitoring.yml",
];
const EXAMPLE: [&str; 4] = ["-f", "compose.yaml", "-f", "compose.monitoring.yaml"];

pub(super) fn measure(sinops: &Path, compose: &Path) -> Result<Vec<Row>> {
    let (source, files, what) = match std::env::var_os("SINOPS_REAL_INPUT") {
        Some(folder) => (
            root().join(folder),
            REAL,
            "`run deploy --dry-run`, 23 real services",
        ),
        None => {
            println!("SINOPS_REAL_INPUT is not set: the example of 37 services is planned instead");
            (
                root().join("examples/sin-solver"),
                EXAMPLE,
                "`run deploy --dry-run`, 37 services",
            )
        }
    };
    step(what);
    let folder = target().join("bench/plan");
    remove(&folder)?;
    create_folder(&folder)?;
    output(
        Command::new("cp")
            .arg("-a")
            .arg(source.join("."))
            .arg(&folder),
    )?;
    let process = |program: &Path, words: &[&str]| {
        let mut command = Command::new(program);
        command.current_dir(&folder).args(files).args(words);
        timed(&mut command)
    };
    let mut contestants = [
        Contestant::new("sinops", || {
            process(sinops, &["run", "deploy", "--dry-run"])
        }),
        Contestant::new("docker compose", || process(compose, &["config", "-q"])),
    ];
    let medians = interleaved(ROUNDS, &mut contestants)?;
    let [ours, peer] = medians.as_slice() else {
        bail!("two medians were expected")
    };
    Ok(vec![Row {
        what: what.to_owned(),
        ours: *ours,
        peer: *peer,
        peer_name: "`docker compose config -q`",
        aim: "<= 0.5",
    }])
}

/// From start to end of a process. Exit code 1 is fine: the real input as it
/// stands has problems, and the plan that names them is a whole plan.
pub(super) fn timed(command: &mut Command) -> Result<Duration> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().context("could not be started")?;
    let time = begun.elapsed();
    match status.code() {
        Some(0 | 1) => Ok(time),
        _ => bail!("ended with {status}"),
    }
}
