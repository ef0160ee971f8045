//! All tests, with everything that they need set up first.

use crate::binary::{self, Profile};
use crate::workspace::{cargo, root, step};
use crate::{images, plugins, quickstart, setup, tools};
use anyhow::{Context, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Names the folder of the real input; without it those scenarios say that
/// they are skipped.
const REAL_INPUT: &str = "SINOPS_REAL_INPUT";

/// What the test binaries reported.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Sets up and runs everything; `arguments` go to `cargo test`.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let started = Instant::now();
    setup::wasm_target()?;
    tools::all()?;
    plugins::build()?;
    let sinops = binary::build(Profile::Dev)?;
    let programs = quickstart::programs()?;
    if images::engine_answers() {
        images::make()?;
    } else {
        println!("    no Docker engine answers: what needs one is skipped and says so");
    }
    let environment = environment(&sinops, &programs)?;

    step("cargo test");
    let mut command = cargo();
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(arguments);
    let mut all_well = true;
    let mut tally = Tally::default();
    all_well &= tee(command.envs(environment.clone()), &mut tally)?;
    for apart in plugins::workspaces_apart_of("examples/plugins")? {
        step(&format!("cargo test in {}", apart.display()));
        let mut command = cargo();
        command
            .current_dir(&apart)
            .arg("test")
            .arg("--target-dir")
            .arg(apart.join("target"));
        all_well &= tee(command.envs(environment.clone()), &mut tally)?;
    }
    let Tally {
        passed,
        failed,
        ignored,
    } = tally;
    println!(
        "\ntest result: {}. {passed} passed; {failed} failed; {ignored} ignored; finished in {:.0}s",
        if all_well { "ok" } else { "FAILED" },
        started.elapsed().as_secs_f64(),
    );
    if !all_well {
        bail!("some tests failed, or a test program did not end well: see above");
    }
    Ok(())
}

/// Where tests find what was set up.
fn environment(sinops: &Path, programs: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut environment = vec![
        ("SINOPS_BIN".to_owned(), sinops.to_path_buf()),
        ("SINOPS_TOOLS".to_owned(), tools::bin()),
        ("SINOPS_PYTHON".to_owned(), tools::python()),
        ("SINOPS_DEMO_PROGRAMS".to_owned(), programs.to_path_buf()),
    ];
    environment.extend(plugins::environment().map(|(name, path)| (name.to_owned(), path)));
    match std::env::var_os(REAL_INPUT) {
        Some(folder) => {
            // Test programs run in folders of their own.
            let folder = root().join(folder);
            let absolute = folder
                .canonicalize()
                .with_context(|| format!("{REAL_INPUT}={}", folder.display()))?;
            environment.push((REAL_INPUT.to_owned(), absolute));
        }
        None => println!("    {REAL_INPUT} is not set: the scenarios on it are skipped"),
    }
    Ok(environment)
}

/// Runs it, shows what it prints, and counts. False: it did not end well.
fn tee(command: &mut Command, tally: &mut Tally) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo could not be started")?;
    let printed = child.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(printed).split(b'\n') {
        let line = line.context("reading what cargo prints")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            tally.add(result);
        }
    }
    Ok(child.wait().context("waiting for cargo")?.success())
}

impl Tally {
    /// `ok. 4 passed; 0 failed; 1 ignored; 0 measured; …`
    fn add(&mut self, result: &str) {
        for part in result.split(['.', ';']) {
            let mut words = part.split_whitespace();
            if let (Some(Ok(count)), Some(what)) =
                (words.next().map(str::parse::<u64>), words.next())
            {
                match what {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    "ignored" => self.ignored += count,
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn results_add_up() {
        let mut tally = Tally::default();
        tally.add(
            "ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.52s",
        );
        tally.add(
            "FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        );
        assert_eq!(
            tally,
            Tally {
                passed: 6,
                failed: 3,
                ignored: 1
            }
        );
    }
}
