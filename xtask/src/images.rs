//! Stand-ins for the images that stacks name, made on this machine: no
//! registry is needed.
//!
//! One archive with shared layers goes to `docker load`. A label marks what is
//! ours and which contents it was made from; an image of the same name without
//! it is left alone.

mod catalog;
mod layer;

use crate::tools;
use crate::workspace::{cargo, create_folder, output, remove, run, step, succeeds, target};
use anyhow::{Context, Result, bail};
use catalog::{IMAGES, Image, Program, Real};
use layer::{Contents, Layer, libraries, sha256};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Its value is the digest of the configuration and the layers.
const LABEL: &str = "dev.sinops.stand-in";

/// Programs that the demo service answers for in health checks.
const CLIENTS: [&str; 4] = ["curl", "wget", "pg_isready", "redis-cli"];

/// Whether an engine answers.
pub(crate) fn engine_answers() -> bool {
    succeeds(Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]))
}

/// Makes what is missing or was made from other contents.
pub(crate) fn make() -> Result<()> {
    let all: Vec<&Image> = IMAGES.iter().collect();
    make_some(&all)
}

/// Makes one image, without the packages that others need.
pub(crate) fn make_one(name: &str) -> Result<()> {
    let image = IMAGES.iter().find(|image| image.name == name);
    make_some(&[image.with_context(|| format!("no stand-in is named {name}"))?])
}

fn make_some(images: &[&Image]) -> Result<()> {
    if !engine_answers() {
        bail!(
            "no Docker engine answers: start one (`systemctl start docker`, or `dockerd` as root), \
             or join the group `docker`"
        );
    }
    let layers = Layers::pack(images)?;
    let wanted: Vec<Configured<'_>> = images
        .iter()
        .map(|image| layers.configure(image))
        .collect::<Result<_>>()?;
    let present = present()?;
    let mut missing = Vec::new();
    for image in &wanted {
        match present.get(image.name) {
            Some(Some(digest)) if *digest == image.digest => {}
            Some(None) => println!("    {} is an image of its own and stays", image.name),
            _ => missing.push(image),
        }
    }
    if missing.is_empty() {
        step(&format!("{} stand-in images are there", wanted.len()));
        return Ok(());
    }
    step(&format!("{} stand-in images", missing.len()));
    load(&missing)
}

/// Removes every image that carries our label.
pub(crate) fn remove_all() -> Result<()> {
    let ours = output(Command::new("docker").args([
        "image",
        "ls",
        "--filter",
        &format!("label={LABEL}"),
        "--format",
        "{{.Repository}}:{{.Tag}}",
    ]))?;
    let names: BTreeSet<&str> = ours
        .lines()
        .filter(|name| !name.contains("<none>"))
        .collect();
    step(&format!("removing {} stand-in images", names.len()));
    let mut held = Vec::new();
    for name in names {
        if let Err(error) = output(Command::new("docker").args(["image", "rm", name])) {
            held.push(format!("{name}: {error:#}"));
        }
    }
    if !held.is_empty() {
        bail!(
            "these are in use, take their containers down first:\n{}",
            held.join("\n")
        );
    }
    Ok(())
}

/// An image as the engine will hold it.
struct Configured<'a> {
    name: &'static str,
    digest: String,
    config: String,
    layers: Vec<&'a Layer>,
}

/// All layers: a shell; the demo service; one for each real program.
struct Layers {
    base: Layer,
    demo: Layer,
    real: BTreeMap<&'static str, Layer>,
}

impl Layers {
    fn pack(images: &[&Image]) -> Result<Self> {
        let programs: BTreeMap<&'static str, &Real> = images
            .iter()
            .filter_map(|image| match image.program {
                Program::Real(program) => Some((program.package, program)),
                Program::Demo { .. } => None,
            })
            .collect();
        let mut packages: Vec<&str> = programs.keys().copied().collect();
        packages.push("busybox");
        tools::need(&packages)?;

        let folder = folder().join("layers");
        let mut real = BTreeMap::new();
        for (package, program) in programs {
            real.insert(package, real_layer(program)?.pack(package, &folder)?);
        }
        Ok(Self {
            base: base_layer()?.pack("base", &folder)?,
            demo: demo_layer()?.pack("demo", &folder)?,
            real,
        })
    }

    fn configure(&self, image: &Image) -> Result<Configured<'_>> {
        let path = "PATH=/usr/local/bin:/usr/bin:/bin";
        let (upper, mut config, ports) = match image.program {
            Program::Demo { called, ports } => {
                let numbers: Vec<String> = ports.iter().map(u16::to_string).collect();
                let mut environment = vec![path.to_owned()];
                if !numbers.is_empty() {
                    environment.push(format!("DEMO_PORT={}", numbers.join(",")));
                }
                let config = json!({
                    "Entrypoint": [format!("/usr/local/bin/{called}")],
                    "Env": environment,
                });
                (&self.demo, config, ports)
            }
            Program::Real(program) => {
                let config = json!({
                    "Entrypoint": [format!("/{}", program.path)],
                    "Cmd": program.arguments,
                    "Env": [path],
                    "WorkingDir": program.folders.first().map(|folder| format!("/{folder}")),
                });
                let layer = self
                    .real
                    .get(program.package)
                    .context("a program without a layer")?;
                (layer, config, program.ports)
            }
        };
        let exposed: serde_json::Map<String, Value> = ports
            .iter()
            .map(|port| (format!("{port}/tcp"), json!({})))
            .collect();
        let layers = vec![&self.base, upper];
        let diffs: Vec<&str> = layers.iter().map(|layer| layer.digest.as_str()).collect();
        if let Some(fields) = config.as_object_mut() {
            fields.insert("ExposedPorts".to_owned(), Value::Object(exposed));
            let digest = digest_of(&json!([image.name, fields, diffs]).to_string())?;
            fields.insert("Labels".to_owned(), json!({ LABEL: digest.as_str() }));
            let whole = json!({
                "architecture": architecture(),
                "os": "linux",
                "created": "2026-01-01T00:00:00Z",
                "config": fields,
                "rootfs": { "type": "layers", "diff_ids": diffs },
                "history": layers.iter().map(|layer| json!({
                    "created": "2026-01-01T00:00:00Z",
                    "created_by": format!("stand-in, {}", layer.name),
                })).collect::<Vec<_>>(),
            });
            return Ok(Configured {
                name: image.name,
                digest,
                config: whole.to_string(),
                layers,
            });
        }
        bail!("the configuration of {} is no object", image.name)
    }
}

/// A shell with its applets, and what programs expect of a root.
fn base_layer() -> Result<Contents> {
    let mut contents = Contents::default();
    let busybox = tools::bin().join("busybox");
    contents.file(&busybox, "bin/busybox")?;
    for applet in output(Command::new(&busybox).arg("--list"))?.split_whitespace() {
        if applet != "busybox" {
            contents.link(&format!("bin/{applet}"), "busybox");
        }
    }
    // Debian's busybox has no pgrep, which health checks like to use.
    contents.script("usr/local/bin/pgrep", "#!/bin/sh\nexec pidof \"$1\"\n");
    contents.text(
        "etc/passwd",
        "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    );
    contents.text("etc/group", "root:x:0:\nnobody:x:65534:\n");
    contents.text("etc/nsswitch.conf", "hosts: files dns\n");
    for folder in ["tmp", "var/log", "var/run", "data"] {
        contents.folder(folder);
    }
    Ok(contents)
}

fn demo_layer() -> Result<Contents> {
    let mut contents = Contents::default();
    contents.file(&demo_program()?, "usr/local/bin/demo")?;
    let called = IMAGES.iter().filter_map(|image| match image.program {
        Program::Demo { called, .. } => Some(called),
        Program::Real(_) => None,
    });
    let names: BTreeSet<&str> = called.chain(CLIENTS).collect();
    for name in names {
        contents.link(&format!("usr/local/bin/{name}"), "demo");
    }
    Ok(contents)
}

fn real_layer(program: &Real) -> Result<Contents> {
    let mut contents = Contents::default();
    let file = tools::bin().join(program.tool);
    contents.file(&file, program.path)?;
    for library in libraries(&file)? {
        contents.file(
            &library,
            library.display().to_string().trim_start_matches('/'),
        )?;
    }
    for folder in program.data {
        contents.tree(&tools::package(program.package), folder)?;
    }
    for folder in program.folders {
        contents.folder(folder);
    }
    Ok(contents)
}

/// The demo service as a static program.
pub(crate) fn demo_program() -> Result<PathBuf> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    // A folder of its own, so that no long build is waited for.
    let folder = target().join("demo-service");
    run(cargo()
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "demo-service",
            "--target",
            &triple,
        ])
        .arg("--target-dir")
        .arg(&folder))
    .context("the demo service could not be built")?;
    Ok(folder.join(triple).join("release/demo"))
}

/// Images of the catalogue that the engine has, with the value of our label.
fn present() -> Result<BTreeMap<String, Option<String>>> {
    let mut command = Command::new("docker");
    command.args([
        "image",
        "inspect",
        "--format",
        "{{json .RepoTags}} {{json .Config.Labels}}",
    ]);
    command.args(IMAGES.iter().map(|image| image.name));
    // It ends with 1 when one of them is missing, and still prints the others.
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("docker could not be started")?;
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| !line.is_empty())
    {
        let mut values = serde_json::Deserializer::from_str(line).into_iter::<Value>();
        let (Some(Ok(tags)), Some(Ok(labels))) = (values.next(), values.next()) else {
            bail!("`docker image inspect` printed {line:?}");
        };
        let digest = labels.get(LABEL).and_then(Value::as_str).map(str::to_owned);
        for tag in tags
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            found.insert(tag.to_owned(), digest.clone());
        }
    }
    Ok(found)
}

/// Hands the images to the engine in one archive.
fn load(images: &[&Configured<'_>]) -> Result<()> {
    let staging = folder().join("archive");
    remove(&staging)?;
    create_folder(&staging)?;
    let mut manifest = Vec::new();
    for image in images {
        let config = format!("{}.json", digest_of(&image.config)?);
        write(&staging.join(&config), &image.config)?;
        let mut layers = Vec::new();
        for layer in &image.layers {
            let name = format!("{}.tar", layer.name);
            let link = staging.join(&name);
            if !link.exists() {
                std::fs::hard_link(&layer.tar, &link)
                    .with_context(|| format!("linking {}", link.display()))?;
            }
            layers.push(name);
        }
        manifest.push(json!({ "Config": config, "RepoTags": [image.name], "Layers": layers }));
    }
    write(
        &staging.join("manifest.json"),
        &Value::Array(manifest).to_string(),
    )?;
    let mut archive = Command::new("tar")
        .arg("-cf")
        .arg("-")
        .arg("-C")
        .arg(&staging)
        .arg(".")
        .stdout(Stdio::piped())
        .spawn()
        .context("tar could not be started")?;
    let input = archive.stdout.take().context("tar has no output")?;
    let loaded = Command::new("docker")
        .args(["load", "--quiet"])
        .stdin(input)
        .output()
        .context("docker could not be started")?;
    archive.wait().context("waiting for tar")?;
    if !loaded.status.success() {
        bail!(
            "`docker load` failed: {}",
            String::from_utf8_lossy(&loaded.stderr).trim()
        );
    }
    remove(&staging)?;
    // What the new ones replaced has lost its name and is of no use.
    let ours = format!("label={LABEL}");
    output(Command::new("docker").args(["image", "prune", "--force", "--filter", &ours]))?;
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// The SHA-256 of a text.
fn digest_of(text: &str) -> Result<String> {
    let file = folder().join("digest");
    write(&file, text)?;
    sha256(&file)
}

fn folder() -> PathBuf {
    target().join("images")
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
