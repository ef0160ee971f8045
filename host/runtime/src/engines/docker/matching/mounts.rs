//! Mounts by their target. Anonymous volumes have no name that could be compared.

use super::{Differences, fields, is_empty, texts, word};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(all: &mut Differences, wanted: &Value, found: &Value, image: &Value) {
    // From other containers: whose they are is compared by itself.
    if is_empty(wanted.pointer("/HostConfig/VolumesFrom")) {
        let (is, want) = (existing(found), declared(wanted, image));
        let targets: BTreeSet<&String> = is.keys().chain(want.keys()).collect();
        for target in targets {
            let (is, want) = (is.get(target), want.get(target));
            if is != want {
                let shown = |mount: Option<&Mount>| mount.map(Mount::to_string);
                all.note(&format!("volumes ({target})"), shown(is), shown(want));
            }
        }
    }
    all.field(
        "volumes_from",
        found.pointer("/HostConfig/VolumesFrom"),
        wanted.pointer("/HostConfig/VolumesFrom"),
    );
}

/// What of a mount matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Mount {
    kind: String,
    source: String,
    read_only: bool,
    /// `propagation rslave`, `size 1024`.
    options: Vec<String>,
}

impl std::fmt::Display for Mount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kind)?;
        if !self.source.is_empty() {
            write!(f, " {}", self.source)?;
        }
        if self.read_only {
            f.write_str(" (read-only)")?;
        }
        for option in &self.options {
            write!(f, ", {option}")?;
        }
        Ok(())
    }
}

fn declared(wanted: &Value, image: &Value) -> BTreeMap<String, Mount> {
    let mut want: BTreeMap<String, Mount> = BTreeMap::new();
    let volumes = image.get("Volumes");
    let of_image = fields(volumes).map(|(target, _)| target.as_str());
    for target in of_image.chain(texts(volumes)) {
        let volume = Mount {
            kind: "volume".to_owned(),
            ..Mount::default()
        };
        want.insert(target.to_owned(), volume);
    }
    for bind in texts(wanted.pointer("/HostConfig/Binds")) {
        let mut parts = bind.split(':');
        let source = parts.next().unwrap_or_default();
        let target = parts.next().unwrap_or_default();
        let words: Vec<&str> = parts.next().unwrap_or_default().split(',').collect();
        let kind = if source.starts_with('/') {
            "bind"
        } else {
            "volume"
        };
        let shared = words
            .iter()
            .find(|word| word.ends_with("shared") || word.ends_with("slave"))
            .map(|word| propagation(word));
        let mount = Mount {
            kind: kind.to_owned(),
            source: source.to_owned(),
            read_only: words.contains(&"ro"),
            options: shared.into_iter().chain(relabelling(&words)).collect(),
        };
        want.insert(target.to_owned(), mount);
    }
    for mount in list(wanted.pointer("/HostConfig/Mounts")) {
        let kind = text(mount, "Type");
        let declared = Mount {
            source: match kind.as_str() {
                "tmpfs" => String::new(),
                _ => text(mount, "Source"),
            },
            read_only: mount.get("ReadOnly") == Some(&Value::Bool(true)),
            options: options(mount),
            kind,
        };
        want.insert(text(mount, "Target"), declared);
    }
    want
}

fn existing(found: &Value) -> BTreeMap<String, Mount> {
    let anonymous = |name: &str| name.len() == 64 && name.bytes().all(|it| it.is_ascii_hexdigit());
    let mut is: BTreeMap<String, Mount> = BTreeMap::new();
    for mount in list(found.get("Mounts")) {
        let kind = text(mount, "Type");
        let source = match kind.as_str() {
            "volume" if anonymous(&text(mount, "Name")) => String::new(),
            "volume" => text(mount, "Name"),
            "tmpfs" => String::new(),
            _ => text(mount, "Source"),
        };
        let shared = text(mount, "Propagation");
        let shared = (kind == "bind" && !matches!(shared.as_str(), "" | "rprivate" | "private"))
            .then(|| propagation(&shared));
        let mode = text(mount, "Mode");
        let words: Vec<&str> = mode.split(',').collect();
        let relabelled = relabelling(&words).filter(|_| kind == "bind");
        let mount_found = Mount {
            kind,
            source,
            read_only: mount.get("RW") == Some(&Value::Bool(false)),
            options: shared.into_iter().chain(relabelled).collect(),
        };
        is.insert(text(mount, "Destination"), mount_found);
    }
    // Of some options only what it was made with tells.
    for made in list(found.pointer("/HostConfig/Mounts")) {
        if let Some(mount) = is.get_mut(&text(made, "Target")) {
            let mut more = options(made);
            more.retain(|option| !option.starts_with("propagation"));
            mount.options.extend(more);
        }
    }
    is
}

/// Options of a mount that is described by fields.
fn options(mount: &Value) -> Vec<String> {
    let at = |pointer: &str| {
        mount
            .pointer(pointer)
            .filter(|it| !is_empty(Some(it)))
            .map(word)
    };
    let shared = at("/BindOptions/Propagation");
    let shared = shared.filter(|it| it != "rprivate" && it != "private");
    let mut all: Vec<String> = shared.map(|it| propagation(&it)).into_iter().collect();
    all.extend(at("/TmpfsOptions/SizeBytes").map(|size| format!("size {size}")));
    all.extend(at("/TmpfsOptions/Mode").map(|mode| format!("mode {mode}")));
    all.extend(at("/VolumeOptions/NoCopy").map(|_| "nocopy".to_owned()));
    all.extend(at("/VolumeOptions/Subpath").map(|path| format!("subpath {path}")));
    all.extend(at("/VolumeOptions/Labels").map(|labels| format!("labels {labels}")));
    for (key, word) in [
        ("NonRecursive", "not recursive"),
        ("ReadOnlyNonRecursive", "submounts writable"),
        ("ReadOnlyForceRecursive", "submounts read-only"),
    ] {
        all.extend(at(&format!("/BindOptions/{key}")).map(|_| word.to_owned()));
    }
    all
}

/// Of SELinux.
fn relabelling(words: &[&str]) -> Option<String> {
    let word = words.iter().find(|word| matches!(**word, "z" | "Z"));
    word.map(|word| format!("selinux {word}"))
}

fn propagation(word: &str) -> String {
    format!("propagation {word}")
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text(mount: &Value, key: &str) -> String {
    mount.get(key).map(word).unwrap_or_default()
}
