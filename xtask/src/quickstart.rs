//! From nothing to a deployed example, and back.

use crate::binary::{self, Profile};
use crate::workspace::{create_folder, remove, root, run, step, target};
use crate::{images, plugins, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Names under which the demo service answers when services are processes.
const PROGRAMS: [&str; 5] = ["demo", "curl", "wget", "pg_isready", "redis-cli"];

/// Sets everything up and deploys `examples/quickstart`.
pub(crate) fn up() -> Result<()> {
    setup::wasm_target()?;
    plugins::build()?;
    let sinops = binary::build(Profile::Release)?;
    let docker = images::engine_answers();
    if docker {
        images::make_one("sinops-demo:1")?;
    }
    let mut command = sinops_command(sinops, docker)?;
    command.args(["run", "deploy"]);
    step(if docker {
        "a Docker engine answers: the services run as containers"
    } else {
        "no Docker engine answers: the services run as local processes"
    });
    run(&mut command)?;
    println!(
        "\nstore http://127.0.0.1:18731/   cache http://127.0.0.1:18732/\n\
         api   http://127.0.0.1:18733/   web   http://127.0.0.1:18734/\n\n\
         take it down:  cargo xtask quickstart --down"
    );
    Ok(())
}

/// Takes it down with whatever engine it may be running on.
pub(crate) fn down() -> Result<()> {
    let mut sinops = Profile::Release.binary();
    if !sinops.is_file() {
        plugins::build()?;
        sinops = binary::build(Profile::Release)?;
    }
    if images::engine_answers() {
        run(sinops_command(sinops.clone(), true)?.args(["down", "--volumes"]))?;
    }
    run(sinops_command(sinops, false)?.args(["down", "--volumes"]))
}

fn sinops_command(sinops: PathBuf, docker: bool) -> Result<Command> {
    let mut command = Command::new(sinops);
    command.current_dir(root().join("examples/quickstart"));
    if docker {
        command.args(["--engine", "docker"]);
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(programs()?).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).context("PATH")?);
        command.args(["--engine", "process"]);
    }
    Ok(command)
}

/// A folder with the programs that the example's commands and checks name.
pub(crate) fn programs() -> Result<PathBuf> {
    let demo = images::demo_program()?;
    let folder = target().join("demo-programs");
    create_folder(&folder)?;
    for name in PROGRAMS {
        let link = folder.join(name);
        remove(&link)?;
        std::os::unix::fs::symlink(&demo, &link)
            .with_context(|| format!("linking {}", link.display()))?;
    }
    Ok(folder)
}
