//! Real programs below `target/tools`: what images, tests and benchmarks run
//! against. `target/tools/bin` holds a link to each.
//!
//! They come from Debian's packages, unpacked and not installed.

use crate::apt::Apt;
use crate::workspace::{create_folder, output, remove, step, succeeds, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package and the programs in it.
struct Tool {
    /// Folder below `target/tools`.
    folder: &'static str,
    /// As `apt-get download` takes it.
    package: &'static str,
    /// Name below `bin`, path in the package.
    programs: &'static [(&'static str, &'static str)],
    /// Argument with which the first program ends with 0 at once.
    probe: &'static str,
}

const TOOLS: [Tool; 11] = [
    Tool {
        folder: "prometheus-2",
        package: "prometheus/trixie",
        programs: &[("prometheus-2", "usr/bin/prometheus")],
        probe: "--version",
    },
    Tool {
        folder: "docker-registry",
        package: "docker-registry/trixie",
        programs: &[("docker-registry", "usr/bin/docker-registry")],
        probe: "--version",
    },
    Tool {
        folder: "promtool-2",
        package: "promtool/trixie",
        programs: &[("promtool-2", "usr/bin/promtool")],
        probe: "--version",
    },
    Tool {
        folder: "prometheus-3",
        package: "prometheus/testing",
        programs: &[("prometheus", "usr/bin/prometheus")],
        probe: "--version",
    },
    Tool {
        folder: "promtool-3",
        package: "promtool/testing",
        programs: &[("promtool", "usr/bin/promtool")],
        probe: "--version",
    },
    Tool {
        folder: "alertmanager",
        package: "prometheus-alertmanager/testing",
        programs: &[
            ("alertmanager", "usr/bin/prometheus-alertmanager"),
            ("amtool", "usr/bin/amtool"),
        ],
        probe: "--version",
    },
    Tool {
        folder: "node-exporter",
        package: "prometheus-node-exporter/testing",
        programs: &[("node_exporter", "usr/bin/prometheus-node-exporter")],
        probe: "--version",
    },
    Tool {
        folder: "blackbox-exporter",
        package: "prometheus-blackbox-exporter/testing",
        programs: &[("blackbox_exporter", "usr/bin/prometheus-blackbox-exporter")],
        probe: "--version",
    },
    Tool {
        folder: "pushgateway",
        package: "prometheus-pushgateway/testing",
        programs: &[("pushgateway", "usr/bin/prometheus-pushgateway")],
        probe: "--version",
    },
    Tool {
        folder: "docker-compose",
        package: "docker-compose/testing",
        programs: &[(
            "docker-compose",
            "usr/libexec/docker/cli-plugins/docker-compose",
        )],
        probe: "version",
    },
    Tool {
        folder: "busybox",
        package: "busybox-static/trixie",
        programs: &[("busybox", "bin/busybox")],
        probe: "true",
    },
];

/// Unpacks what is not there yet, and tries every program once.
pub(crate) fn all() -> Result<()> {
    packages()?;
    mail_sink()
}

/// The programs from Debian's packages.
fn packages() -> Result<()> {
    need(&TOOLS.map(|tool| tool.folder))
}

/// Some of the packages, by their folder.
pub(crate) fn need(folders: &[&str]) -> Result<()> {
    create_folder(&bin())?;
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| folders.contains(&tool.folder) && !is_there(tool))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let apt = Apt::open()?;
    for tool in missing {
        install(&apt, tool)?;
    }
    Ok(())
}

/// The folder that holds a link to each program.
pub(crate) fn bin() -> PathBuf {
    folder().join("bin")
}

/// A Python that has aiosmtpd.
pub(crate) fn python() -> PathBuf {
    folder().join("python/bin/python")
}

/// The unpacked package that `name` belongs to.
pub(crate) fn package(folder_name: &str) -> PathBuf {
    folder().join(folder_name)
}

fn folder() -> PathBuf {
    target().join("tools")
}

fn is_there(tool: &Tool) -> bool {
    tool.programs
        .iter()
        .all(|(name, _)| bin().join(name).exists())
}

fn install(apt: &Apt, tool: &Tool) -> Result<()> {
    let unpacked = package(tool.folder);
    if !unpacked.is_dir() {
        apt.unpack(tool.package, &unpacked)?;
    }
    for (name, inside) in tool.programs {
        let program = find(&unpacked, inside)
            .with_context(|| format!("package {} holds no {inside}", tool.package))?;
        let link = bin().join(name);
        remove(&link)?;
        std::os::unix::fs::symlink(&program, &link)
            .with_context(|| format!("linking {}", link.display()))?;
    }
    if let Some((name, _)) = tool.programs.first()
        && !succeeds(Command::new(bin().join(name)).arg(tool.probe))
    {
        remove(&bin().join(name))?;
        bail!(
            "{name} of package {} does not run on this machine; `ldd` of it tells what it lacks",
            tool.package
        );
    }
    Ok(())
}

/// Newer packages keep below `usr/` what older ones had at the top.
fn find(unpacked: &Path, inside: &str) -> Option<PathBuf> {
    [unpacked.join(inside), unpacked.join("usr").join(inside)]
        .into_iter()
        .find(|path| path.is_file())
}

/// A mail server that keeps what it gets: aiosmtpd in an environment of its own.
fn mail_sink() -> Result<()> {
    let environment = folder().join("python");
    let python = python();
    if succeeds(Command::new(&python).args(["-c", "import aiosmtpd"])) {
        return Ok(());
    }
    step("aiosmtpd, the mail server of the tests");
    output(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )
    .context("no Python environment could be made: `apt-get install python3-venv`")?;
    output(Command::new(&python).args(["-m", "pip", "install", "--quiet", "aiosmtpd"]))
        .context("aiosmtpd could not be installed: is the Python package index reachable?")?;
    Ok(())
}
