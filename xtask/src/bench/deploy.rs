//! The 37 services of `examples/sin-solver` beside `docker compose` and the bare
//! API: from nothing, once more with nothing to do, with one service changed, and
//! down; and the same services with slow health checks in three levels.

use super::measure::{Contestant, Row, interleaved, laps};
use crate::binary::Profile;
use crate::workspace::{create_folder, output, remove, root, step, target};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
/// Each takes compose a minute and a half.
const ROUNDS_SLOW: usize = 1;
const ROUNDS_CONFIG: usize = 15;
const LEVELS: usize = 3;
const EXAMPLE: [&str; 4] = ["-f", "compose.yaml", "-f", "compose.monitoring.yaml"];
const SLOW: [&str; 2] = ["-f", "slow.json"];
const COMPOSE: &str = "`docker compose up -d --wait`";
/// Changes the environment of one of the 37.
const CHANGED: (&str, &str) = ("AGENTZERO_API_KEY", "changed");

/// A copy of the example, and the programs that bring it up.
struct Stage<'a> {
    folder: PathBuf,
    sinops: &'a Path,
    compose: &'a Path,
    floor: PathBuf,
}

pub(super) fn measure(sinops: &Path, compose: &Path) -> Result<Vec<Row>> {
    let stage = Stage::new(sinops, compose)?;
    let mut rows = stage.fast()?;
    rows.extend(stage.slow()?);
    rows.push(stage.config()?);
    Ok(rows)
}

fn row(
    what: &str,
    ours: Duration,
    peer: Duration,
    peer_name: &'static str,
    aim: &'static str,
) -> Row {
    Row {
        what: what.to_owned(),
        ours,
        peer,
        peer_name,
        aim,
    }
}

impl<'a> Stage<'a> {
    fn new(sinops: &'a Path, compose: &'a Path) -> Result<Self> {
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
        Ok(Self {
            folder,
            sinops,
            compose,
            floor: Profile::Release.example("floor"),
        })
    }

    /// Health checks each second: from nothing, again, one changed, down.
    fn fast(&self) -> Result<Vec<Row>> {
        step("37 services: from nothing, again, one changed, down; three ways in turn");
        let project = output(self.compose(&EXAMPLE).args(["config", "--format", "json"]))?;
        // Once untimed: what sinops generates is what all three mount.
        self.lap(|| self.sinops(&EXAMPLE), &["run", "deploy"])?;
        let mut contestants = [
            Contestant::lap("sinops", || {
                self.lap(|| self.sinops(&EXAMPLE), &["run", "deploy"])
            }),
            Contestant::lap("docker compose", || {
                self.lap(|| self.compose(&EXAMPLE), &["up", "-d", "--wait"])
            }),
            Contestant::lap("the bare API", || {
                let up = timed(|| self.floor("up", &project))?;
                let down = timed(|| self.floor("down", &project))?;
                Ok(vec![up, down])
            }),
        ];
        let medians = laps(ROUNDS, &mut contestants)?;
        let [ours, peer, floor] = medians.as_slice() else {
            anyhow::bail!("three contestants were expected")
        };
        let (
            [up, again, changed, down],
            [p_up, p_again, p_changed, p_down],
            [floor_up, floor_down],
        ) = (ours.as_slice(), peer.as_slice(), floor.as_slice())
        else {
            anyhow::bail!("a lap has other parts than expected")
        };
        let from_nothing = "37 services from nothing, images present";
        let api = "create + start over the API, 4 at a time";
        let last = "`docker compose down --volumes`";
        Ok(vec![
            row(from_nothing, *up, *p_up, COMPOSE, "<= 0.6"),
            row(from_nothing, *up, *floor_up, api, "<= 1.25"),
            row(
                "the same again, nothing to do",
                *again,
                *p_again,
                COMPOSE,
                "<= 0.3",
            ),
            row("one of 37 changed", *changed, *p_changed, COMPOSE, "<= 0.5"),
            row("down, volumes too", *down, *p_down, last, "<= 0.7"),
            row(
                "down, volumes too",
                *down,
                *floor_down,
                "forced removal over the API",
                "",
            ),
        ])
    }

    /// From nothing, again, one changed, down.
    fn lap(&self, command: impl Fn() -> Command, up: &[&str]) -> Result<Vec<Duration>> {
        let run =
            |command: &mut Command, words: &[&str]| timed(|| output(command.args(words)).map(drop));
        let (key, value) = CHANGED;
        Ok(vec![
            run(&mut command(), up)?,
            run(&mut command(), up)?,
            run(command().env(key, value), up)?,
            run(command().env(key, value), &["down", "--volumes"])?,
        ])
    }

    /// The default interval of 30 s, each service healthy after those of the level before.
    fn slow(&self) -> Result<Option<Row>> {
        step("the same with the default interval of health checks, in three levels");
        let project = output(self.compose(&EXAMPLE).args(["config", "--format", "json"]))?;
        let mut project: Value = serde_json::from_str(&project).context("reading the project")?;
        in_levels(&mut project);
        std::fs::write(self.folder.join("slow.json"), project.to_string())?;
        // Tiers come from depends_on alone here.
        let settings = self.folder.join("sinops.yaml");
        let aside = self.folder.join("sinops.yaml.aside");
        std::fs::rename(&settings, &aside)?;
        let measured = interleaved(
            ROUNDS_SLOW,
            &mut [
                Contestant::new("sinops", || {
                    let time =
                        timed(|| output(self.sinops(&SLOW).args(["run", "deploy"])).map(drop))?;
                    output(self.sinops(&SLOW).args(["down", "--volumes"]))?;
                    Ok(time)
                }),
                Contestant::new("docker compose", || {
                    let up = ["up", "-d", "--wait"];
                    let time = timed(|| output(self.compose(&SLOW).args(up)).map(drop))?;
                    output(self.compose(&SLOW).args(["down", "--volumes"]))?;
                    Ok(time)
                }),
            ],
        );
        std::fs::rename(&aside, &settings)?;
        let what = "37 services, 30 s interval, three levels";
        Ok(match measured?.as_slice() {
            [ours, peer] => Some(row(what, *ours, *peer, COMPOSE, "<= 0.15")),
            _ => None,
        })
    }

    /// Reading and printing the 37.
    fn config(&self) -> Result<Row> {
        step("config of 37 services");
        let mut contestants = [
            Contestant::new("sinops config", || {
                timed(|| output(self.sinops(&EXAMPLE).arg("config")).map(drop))
            }),
            Contestant::new("docker compose config", || {
                timed(|| output(self.compose(&EXAMPLE).arg("config")).map(drop))
            }),
        ];
        match interleaved(ROUNDS_CONFIG, &mut contestants)?.as_slice() {
            [ours, peer] => Ok(row(
                "`sinops config`, 37 services",
                *ours,
                *peer,
                "`docker compose config`",
                "<= 1",
            )),
            _ => anyhow::bail!("two medians were expected"),
        }
    }

    fn sinops(&self, files: &[&str]) -> Command {
        self.command(self.sinops, files)
    }

    fn compose(&self, files: &[&str]) -> Command {
        self.command(self.compose, files)
    }

    fn command(&self, program: &Path, files: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("HEALTH_INTERVAL", "1s")
            .args(files);
        command
    }

    fn floor(&self, word: &str, project: &str) -> Result<()> {
        let mut child = Command::new(&self.floor)
            .arg(word)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("the floor could not be started")?;
        let mut input = child.stdin.take().context("the floor takes no input")?;
        std::io::Write::write_all(&mut input, project.as_bytes())?;
        drop(input);
        let status = child.wait()?;
        anyhow::ensure!(status.success(), "the floor ended with {status}");
        Ok(())
    }
}

/// Without intervals, and with every service waiting for one of the level before
/// to be healthy.
fn in_levels(project: &mut Value) {
    let Some(services) = project.get_mut("services").and_then(Value::as_object_mut) else {
        return;
    };
    let names: Vec<String> = services.keys().cloned().collect();
    let width = names.len().div_ceil(LEVELS);
    for (index, service) in services.values_mut().enumerate() {
        let Some(service) = service.as_object_mut() else {
            continue;
        };
        if let Some(check) = service
            .get_mut("healthcheck")
            .and_then(Value::as_object_mut)
        {
            check.remove("interval");
        }
        service.remove("depends_on");
        if let Some(before) = index.checked_sub(width).and_then(|at| names.get(at)) {
            let condition = json!({ "condition": "service_healthy", "required": true });
            let mut waits = serde_json::Map::new();
            waits.insert(before.clone(), condition);
            service.insert("depends_on".into(), waits.into());
        }
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_wait_for_each_other() {
        let mut services = serde_json::Map::new();
        for name in ["a", "b", "c", "d"] {
            services.insert(name.into(), json!({ "healthcheck": { "interval": "1s" } }));
        }
        let mut project = json!({ "services": services });
        in_levels(&mut project);
        let at = |pointer: &str| project.pointer(pointer).cloned();
        assert_eq!(at("/services/a/depends_on"), None);
        assert_eq!(at("/services/b/healthcheck"), Some(json!({})));
        assert!(at("/services/c/depends_on/a").is_some());
        assert!(at("/services/d/depends_on/b").is_some());
    }
}
