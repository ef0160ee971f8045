//! The 37 services of `examples/sin-solver`: from nothing, and once more with
//! nothing to do; beside `docker compose up -d --wait` and the bare API.

use super::measure::{Contestant, Row, interleaved};
use crate::workspace::{cargo, create_folder, output, remove, root, run, step, target};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const ROUNDS_AGAIN: usize = 7;
const FILES: [&str; 4] = ["-f", "compose.yaml", "-f", "compose.monitoring.yaml"];

/// A copy of the example, and the three programs that bring it up.
struct Stage<'a> {
    folder: PathBuf,
    sinops: &'a Path,
    compose: &'a Path,
    floor: PathBuf,
    project: String,
}

pub(super) fn measure(sinops: &Path, compose: &Path) -> Result<Vec<Row>> {
    run(cargo().args([
        "build",
        "--quiet",
        "--release",
        "-p",
        "sinops-runtime",
        "--example",
        "floor",
    ]))?;
    let folder = target().join("bench/sin-solver");
    remove(&folder)?;
    create_folder(&folder)?;
    let example = root().join("examples/sin-solver");
    output(
        Command::new("cp")
            .arg("-a")
            .arg(example.join("."))
            .arg(&folder),
    )?;
    remove(&folder.join(".sinops"))?;

    let mut stage = Stage {
        folder,
        sinops,
        compose,
        floor: target().join("release/examples/floor"),
        project: String::new(),
    };
    stage.project = output(stage.with_compose().args(["config", "--format", "json"]))?;
    step("37 services from nothing, three ways in turn");
    // Once untimed: what sinops generates is what all three mount.
    stage.sinops_up()?;
    let again = stage.again();
    stage.sinops_down()?;
    let again = again?;

    let mut contestants = [
        Contestant::new("sinops run deploy", || {
            let time = timed(|| stage.sinops_up())?;
            stage.sinops_down()?;
            Ok(time)
        }),
        Contestant::new("docker compose up", || {
            let time = timed(|| stage.compose_up())?;
            stage.compose_down()?;
            Ok(time)
        }),
        Contestant::new("the bare API", || {
            let time = timed(|| stage.floor("up"))?;
            stage.floor("down")?;
            Ok(time)
        }),
    ];
    let medians = interleaved(ROUNDS, &mut contestants)?;
    let [ours, compose, floor] = medians.as_slice() else {
        anyhow::bail!("three medians were expected")
    };
    let row = |what: &str, ours: Duration, peer: Duration, peer_name, aim| Row {
        what: what.to_owned(),
        ours,
        peer,
        peer_name,
        aim,
    };
    let from_nothing = "37 services from nothing, images present";
    Ok(vec![
        row(
            from_nothing,
            *ours,
            *compose,
            "`docker compose up -d --wait`",
            "<= 0.7",
        ),
        row(
            from_nothing,
            *ours,
            *floor,
            "create + start over the API, 4 at a time",
            "",
        ),
        row(
            "the same again, nothing to do",
            again.0,
            again.1,
            "`docker compose up -d --wait`",
            "<= 0.5",
        ),
    ])
}

impl Stage<'_> {
    /// Runs with nothing to do, while the stack of sinops is up and then, on
    /// the same services, while the one of compose is.
    fn again(&self) -> Result<(Duration, Duration)> {
        let ours = interleaved(
            ROUNDS_AGAIN,
            &mut [Contestant::new("sinops run deploy", || {
                timed(|| self.sinops_up())
            })],
        )?;
        self.sinops_down()?;
        self.compose_up()?;
        let theirs = interleaved(
            ROUNDS_AGAIN,
            &mut [Contestant::new("docker compose up", || {
                timed(|| self.compose_up())
            })],
        );
        self.compose_down()?;
        let first = |times: Vec<Duration>| times.first().copied().context("nothing was measured");
        Ok((first(ours)?, first(theirs?)?))
    }

    fn with_compose(&self) -> Command {
        self.command(self.compose)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("HEALTH_INTERVAL", "1s")
            .args(FILES);
        command
    }

    fn sinops_up(&self) -> Result<()> {
        output(self.command(self.sinops).args(["run", "deploy"])).map(drop)
    }

    fn sinops_down(&self) -> Result<()> {
        output(self.command(self.sinops).args(["down", "--volumes"])).map(drop)
    }

    fn compose_up(&self) -> Result<()> {
        output(self.with_compose().args(["up", "-d", "--wait"])).map(drop)
    }

    fn compose_down(&self) -> Result<()> {
        output(self.with_compose().args(["down", "--volumes"])).map(drop)
    }

    fn floor(&self, word: &str) -> Result<()> {
        let mut child = Command::new(&self.floor)
            .arg(word)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("the floor could not be started")?;
        let mut input = child.stdin.take().context("the floor takes no input")?;
        std::io::Write::write_all(&mut input, self.project.as_bytes())?;
        drop(input);
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "the floor ended with {status}");
        Ok(())
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}
