//! Components: the built-in plugins, the guests of the tests, the examples.
//!
//! `target/plugins/*.wasm` are the built-ins, which the command embeds;
//! `target/plugins/hostile` and `target/plugins/examples` are for tests.

use crate::setup::TARGET;
use crate::workspace::{cargo, entries, output, remove, root, run, step, target, write_if_changed};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A source folder and where its components go.
struct Family {
    sources: &'static str,
    output: &'static str,
}

const FAMILIES: [Family; 3] = [
    Family {
        sources: "plugins",
        output: "",
    },
    Family {
        sources: "tests/hostile",
        output: "hostile",
    },
    Family {
        sources: "examples/plugins",
        output: "examples",
    },
];

/// A package that yields one component.
#[derive(Debug)]
struct Component {
    package: String,
    /// File name cargo gives it.
    artifact: String,
    folder: PathBuf,
}

/// Where the components are put.
pub(crate) fn folder() -> PathBuf {
    target().join("plugins")
}

/// Tells the build of the command and the tests where the components are; not
/// needed, and better not said, where they look anyway: cargo builds again what
/// was built with another environment.
pub(crate) fn environment() -> Option<(&'static str, PathBuf)> {
    let usual = root().join("target/plugins");
    (folder() != usual).then(|| ("SINOPS_PLUGINS_DIR", folder()))
}

/// Builds all components; what has not changed keeps its time stamp.
pub(crate) fn build() -> Result<()> {
    let members = components(&root())?;
    for family in FAMILIES {
        let sources = root().join(family.sources);
        let inside: Vec<&Component> = members
            .iter()
            .filter(|component| component.folder.starts_with(&sources))
            .collect();
        let mut built = Vec::new();
        if !inside.is_empty() {
            step(&format!(
                "{} components of {}",
                inside.len(),
                family.sources
            ));
            compile(&root(), &inside)?;
            for component in inside {
                built.push(place(&target(), component, &family)?);
            }
        }
        for workspace in workspaces_apart(&sources, &members)? {
            let apart = components(&workspace)?;
            step(&format!(
                "{} components of {}",
                apart.len(),
                shown(&workspace)
            ));
            compile(&workspace, &apart.iter().collect::<Vec<_>>())?;
            for component in &apart {
                built.push(place(&workspace.join("target"), component, &family)?);
            }
        }
        drop_stale(&folder().join(family.output), &built)?;
    }
    Ok(())
}

/// Projects below a folder that are no members of our workspace.
pub(crate) fn workspaces_apart_of(sources: &str) -> Result<Vec<PathBuf>> {
    workspaces_apart(&root().join(sources), &components(&root())?)
}

/// As a team would keep them in its own repository.
fn workspaces_apart(sources: &Path, members: &[Component]) -> Result<Vec<PathBuf>> {
    if sources.join("Cargo.toml").is_file() {
        let inside = members
            .iter()
            .any(|member| member.folder.starts_with(sources));
        return Ok(if inside {
            Vec::new()
        } else {
            vec![sources.to_path_buf()]
        });
    }
    let folders = entries(sources)?.into_iter().filter(|folder| {
        folder.join("Cargo.toml").is_file()
            && !members
                .iter()
                .any(|member| member.folder.starts_with(folder))
    });
    Ok(folders.collect())
}

/// The packages of a workspace whose library is a component.
fn components(workspace: &Path) -> Result<Vec<Component>> {
    let printed = output(cargo().current_dir(workspace).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: Value = serde_json::from_str(&printed).context("reading `cargo metadata`")?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    Ok(packages
        .into_iter()
        .flatten()
        .filter_map(component)
        .collect())
}

fn component(package: &Value) -> Option<Component> {
    let name = package.get("name")?.as_str()?;
    let targets = package.get("targets")?.as_array()?;
    let library = targets.iter().find(|target| {
        target
            .get("crate_types")
            .and_then(Value::as_array)
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
    })?;
    let manifest = Path::new(package.get("manifest_path")?.as_str()?);
    Some(Component {
        package: name.to_owned(),
        artifact: format!("{}.wasm", library.get("name")?.as_str()?.replace('-', "_")),
        folder: manifest.parent()?.to_path_buf(),
    })
}

fn compile(workspace: &Path, components: &[&Component]) -> Result<()> {
    let mut command = cargo();
    command
        .current_dir(workspace)
        .args(["build", "--quiet", "--target", TARGET]);
    if workspace == root() {
        command.args(["--profile", "plugin"]);
    } else {
        // Its artifacts must not depend on where our target folder is.
        command
            .arg("--release")
            .arg("--target-dir")
            .arg(workspace.join("target"));
    }
    for component in components {
        command.args(["--package", &component.package]);
    }
    run(&mut command)
}

fn place(target: &Path, component: &Component, family: &Family) -> Result<PathBuf> {
    let profile = if target == crate::workspace::target() {
        "plugin"
    } else {
        "release"
    };
    let from = target.join(TARGET).join(profile).join(&component.artifact);
    let content = std::fs::read(&from).with_context(|| format!("reading {}", from.display()))?;
    let to = folder()
        .join(family.output)
        .join(format!("{}.wasm", component.package));
    if write_if_changed(&to, &content)? {
        // Compiled from what the file was before.
        remove(&to.with_extension("cwasm"))?;
        println!("    {} ({} kB)", component.package, content.len() / 1024);
    }
    Ok(to)
}

/// Removes components whose source is gone, and compiled forms of changed ones.
fn drop_stale(folder: &Path, built: &[PathBuf]) -> Result<()> {
    for file in entries(folder)? {
        let ends_with = |end: &str| file.extension().is_some_and(|found| found == end);
        let stale = match (ends_with("wasm"), ends_with("cwasm")) {
            (true, _) => !built.contains(&file),
            (_, true) => !built.contains(&file.with_extension("wasm")),
            _ => false,
        };
        if stale {
            remove(&file)?;
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}
