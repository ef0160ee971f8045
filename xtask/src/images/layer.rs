//! Layers: a folder laid out as the inside of a container, packed the same way
//! each time.

use crate::workspace::{create_folder, entries, output, remove};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A packed layer.
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) tar: PathBuf,
    /// `sha256:…` of the archive.
    pub(crate) digest: String,
}

/// What a layer is made of.
#[derive(Default)]
pub(crate) struct Contents {
    files: Vec<(PathBuf, String)>,
    links: Vec<(String, String)>,
    folders: Vec<String>,
    texts: Vec<(String, String)>,
    scripts: Vec<(String, String)>,
}

impl Contents {
    pub(crate) fn file(&mut self, from: &Path, inside: &str) -> Result<()> {
        // The file itself, not the link that leads to it.
        let from = from
            .canonicalize()
            .with_context(|| format!("reading {}", from.display()))?;
        self.files.push((from, inside.to_owned()));
        Ok(())
    }

    /// A folder with all that is in it, at the same path inside.
    pub(crate) fn tree(&mut self, root: &Path, inside: &str) -> Result<()> {
        for entry in entries(&root.join(inside))? {
            let name = entry
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let inside = format!("{inside}/{}", name.unwrap_or_default());
            if entry.is_dir() {
                self.tree(root, &inside)?;
            } else {
                self.file(&entry, &inside)?;
            }
        }
        Ok(())
    }

    pub(crate) fn link(&mut self, inside: &str, to: &str) {
        self.links.push((inside.to_owned(), to.to_owned()));
    }

    pub(crate) fn folder(&mut self, inside: &str) {
        self.folders.push(inside.to_owned());
    }

    pub(crate) fn text(&mut self, inside: &str, content: &str) {
        self.texts.push((inside.to_owned(), content.to_owned()));
    }

    /// An executable text.
    pub(crate) fn script(&mut self, inside: &str, content: &str) {
        self.scripts.push((inside.to_owned(), content.to_owned()));
    }

    /// What tells one layer from another without reading the files.
    fn fingerprint(&self) -> Result<String> {
        let mut text = String::new();
        for (from, inside) in &self.files {
            let facts = from
                .metadata()
                .with_context(|| format!("reading {}", from.display()))?;
            writeln!(text, "{inside} {} {}", facts.size(), facts.mtime())?;
        }
        writeln!(text, "{:?}\n{:?}", self.links, self.folders)?;
        writeln!(text, "{:?}\n{:?}", self.texts, self.scripts)?;
        Ok(text)
    }

    /// Packs into `folder/<name>.tar` unless the same is there.
    pub(crate) fn pack(&self, name: &str, folder: &Path) -> Result<Layer> {
        create_folder(folder)?;
        let tar = folder.join(format!("{name}.tar"));
        let note = folder.join(format!("{name}.made-of"));
        let fingerprint = self.fingerprint()?;
        if let Ok(text) = std::fs::read_to_string(&note)
            && let Some((digest, made_of)) = text.split_once('\n')
            && made_of == fingerprint
            && tar.is_file()
        {
            return Ok(Layer {
                name: name.to_owned(),
                tar,
                digest: digest.to_owned(),
            });
        }
        let staging = folder.join(format!("{name}.root"));
        remove(&staging)?;
        self.lay_out(&staging)?;
        output(
            Command::new("tar")
                .args([
                    "--sort=name",
                    "--mtime=@0",
                    "--owner=0",
                    "--group=0",
                    "--numeric-owner",
                ])
                .arg("-cf")
                .arg(&tar)
                .arg("-C")
                .arg(&staging)
                .arg("."),
        )?;
        remove(&staging)?;
        let digest = format!("sha256:{}", sha256(&tar)?);
        std::fs::write(&note, format!("{digest}\n{fingerprint}"))
            .with_context(|| format!("writing {}", note.display()))?;
        Ok(Layer {
            name: name.to_owned(),
            tar,
            digest,
        })
    }

    fn lay_out(&self, root: &Path) -> Result<()> {
        create_folder(root)?;
        for folder in &self.folders {
            create_folder(&root.join(folder))?;
        }
        for (from, inside) in &self.files {
            let to = prepare(root, inside)?;
            std::fs::copy(from, &to)
                .with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
        }
        for (inside, content) in &self.texts {
            let to = prepare(root, inside)?;
            std::fs::write(&to, content).with_context(|| format!("writing {}", to.display()))?;
        }
        for (inside, content) in &self.scripts {
            let to = prepare(root, inside)?;
            std::fs::write(&to, content)
                .and_then(|()| std::fs::set_permissions(&to, Permissions::from_mode(0o755)))
                .with_context(|| format!("writing {}", to.display()))?;
        }
        for (inside, target) in &self.links {
            let to = prepare(root, inside)?;
            symlink(target, &to).with_context(|| format!("linking {}", to.display()))?;
        }
        Ok(())
    }
}

fn prepare(root: &Path, inside: &str) -> Result<PathBuf> {
    let path = root.join(inside);
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    Ok(path)
}

/// The digest of a file in hexadecimal.
pub(crate) fn sha256(file: &Path) -> Result<String> {
    let printed = output(Command::new("sha256sum").arg(file))?;
    match printed.split_whitespace().next() {
        Some(digest) if digest.len() == 64 => Ok(digest.to_owned()),
        _ => bail!("sha256sum of {} printed {printed:?}", file.display()),
    }
}

/// The shared libraries of a program, the loader included.
pub(crate) fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let printed = output(Command::new("ldd").arg(program))?;
    Ok(printed
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .map(PathBuf::from)
        .collect())
}
