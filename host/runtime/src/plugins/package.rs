//! A plugin's file before and after compiling: what it is, which role it has,
//! whether everything it imports is there. Says in words what is not.

use super::error::PluginError;
use sinops_core::plugin::Role;
use std::io::Read as _;
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::Component;

const EXPECTED: &str = "a WebAssembly component with a sinops role";
/// The contract that this host speaks; additions keep the first two numbers.
const CONTRACT: &str = "sinops:plugin";
const CONTRACT_VERSION: (u64, u64) = (0, 1);

/// Interfaces that this host offers, without their versions.
const OFFERED: &[&str] = &["sinops:host/", "sinops:plugin/types"];
const OFFERED_WASI: &[&str] = &[
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:filesystem/",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/",
    "wasi:random/",
    "wasi:sockets/",
];

/// Reads a component's file, never more than the limit.
pub(crate) fn read(plugin: &str, path: &Path, limit: u64) -> Result<Vec<u8>, PluginError> {
    let unreadable = |error: std::io::Error| PluginError::Unreadable {
        plugin: plugin.to_owned(),
        file: path.display().to_string(),
        reason: error.to_string(),
    };
    // Asked before opening: opening a pipe would wait for its other end.
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    if !kind.is_file() {
        let found = if kind.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(wrong(plugin, &path.display().to_string(), found));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let too_large = |size: u64| PluginError::Limit {
        plugin: plugin.to_owned(),
        operation: "load",
        what: format!("{} has {size} bytes", path.display()),
        key: "component",
        limit,
    };
    if size > limit {
        return Err(too_large(size));
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match u64::try_from(bytes.len()) {
        Ok(size) if size <= limit => Ok(bytes),
        _ => Err(too_large(limit.saturating_add(1))),
    }
}

fn wrong(plugin: &str, file: &str, found: impl Into<String>) -> PluginError {
    PluginError::Package {
        plugin: plugin.to_owned(),
        file: file.to_owned(),
        found: found.into(),
        expected: EXPECTED.to_owned(),
    }
}

/// Looks at the first bytes: most wrong files are told apart by them.
pub(crate) fn check_magic(plugin: &str, file: &str, bytes: &[u8]) -> Result<(), PluginError> {
    let found = match bytes {
        [] => "empty",
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "a core WebAssembly module (build it for wasm32-wasip2, or run `wasm-tools component new`)"
        }
        [0, b'a', b's', b'm', ..] => "WebAssembly of a version that this host does not know",
        [0x7f, b'E', b'L', b'F', ..] => "a native program",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [b'P', b'K', 3, 4, ..] => "a zip archive",
        [b'#', b'!', ..] => "a script",
        _ if bytes.trim_ascii_start().starts_with(b"(component")
            || bytes.trim_ascii_start().starts_with(b"(module") =>
        {
            "WebAssembly text (run `wasm-tools parse` first)"
        }
        _ if bytes.len() < 8 => "too short for WebAssembly (cut off?)",
        _ => "no WebAssembly",
    };
    Err(wrong(plugin, file, found))
}

/// What the compiler says of a file that begins like a component.
pub(crate) fn damaged(plugin: &str, file: &str, error: &wasmtime::Error) -> PluginError {
    let reason = format!("{error:#}");
    let found = format!("a damaged or cut off component ({reason})");
    wrong(plugin, file, found)
}

/// The role, by what the component exports.
pub(crate) fn role(
    plugin: &str,
    file: &str,
    engine: &Engine,
    component: &Component,
) -> Result<Role, PluginError> {
    let ty = component.component_type();
    let exports: Vec<String> = ty
        .exports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut roles = Vec::new();
    for export in &exports {
        let Some((interface, version)) = export.split_once('@') else {
            continue;
        };
        let Some(name) = interface
            .strip_prefix(CONTRACT)
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            continue;
        };
        let role = match name {
            "deploy-step" => Role::DeployStep,
            "collector" => Role::Collector,
            "evaluator" => Role::Evaluator,
            "notifier" => Role::Notifier,
            _ => continue,
        };
        let mut numbers = version
            .split('.')
            .map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
        let made_for = (
            numbers.next().unwrap_or(u64::MAX),
            numbers.next().unwrap_or(u64::MAX),
        );
        if made_for != CONTRACT_VERSION {
            let (major, minor) = CONTRACT_VERSION;
            return Err(wrong(
                plugin,
                file,
                format!(
                    "a {role} for {CONTRACT} {version}, and this sinops speaks {major}.{minor}"
                ),
            ));
        }
        roles.push(role);
    }
    match roles.as_slice() {
        [role] => Ok(*role),
        [] => {
            let exports = if exports.is_empty() {
                "nothing".to_owned()
            } else {
                exports.join(", ")
            };
            Err(wrong(
                plugin,
                file,
                format!("a component of another world (it exports {exports})"),
            )
            .expecting("an export of sinops:plugin/deploy-step, collector, evaluator or notifier"))
        }
        several => Err(wrong(
            plugin,
            file,
            format!(
                "a component with several roles ({})",
                several
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        )
        .expecting("exactly one role per component")),
    }
}

impl PluginError {
    fn expecting(mut self, text: &str) -> Self {
        if let Self::Package { expected, .. } = &mut self {
            text.clone_into(expected);
        }
        self
    }
}

/// Why a component does not link, with the missing imports by name.
pub(crate) fn unlinked(
    plugin: &str,
    file: &str,
    engine: &Engine,
    component: &Component,
    error: &wasmtime::Error,
) -> PluginError {
    let offered = |name: &str| {
        OFFERED
            .iter()
            .chain(OFFERED_WASI)
            .any(|known| name.starts_with(known))
    };
    let missing: Vec<String> = component
        .component_type()
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .filter(|name| !offered(name))
        .collect();
    let reason = if missing.is_empty() {
        format!("{error:#}")
    } else {
        format!(
            "it imports {}, which this host does not offer; a plugin can import sinops:host/{{log, containers, mail}}, \
             wasi:http/outgoing-handler, and wasi:cli, clocks, filesystem, io, random and sockets",
            missing
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    PluginError::Link {
        plugin: plugin.to_owned(),
        file: file.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_files_are_told_apart() {
        for (bytes, says) in [
            (&b""[..], "x.wasm is empty"),
            (b"\0asm\x01\0\0\0rest", "core WebAssembly module"),
            (b"\0asm\x0d\0", "version"),
            (b"\x7fELF....", "native program"),
            (b"#!/bin/sh\n", "script"),
            (b"\n (component)", "text"),
            (b"abc", "too short"),
            (b"random bytes", "no WebAssembly"),
        ] {
            let error = check_magic("p", "x.wasm", bytes).unwrap_err().to_string();
            assert!(
                error.contains(says) && error.contains("expected a WebAssembly component"),
                "{error}"
            );
        }
        assert!(check_magic("p", "x.wasm", b"\0asm\x0d\0\x01\0").is_ok());
    }

    #[test]
    fn a_large_file_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.wasm");
        std::fs::File::create(&path)
            .unwrap()
            .set_len(500 << 20)
            .unwrap();
        let error = read("p", &path, 32 << 20).unwrap_err().to_string();
        assert!(
            error.contains("524288000 bytes") && error.contains("`component`"),
            "{error}"
        );
        assert!(
            read("p", folder.path(), 10)
                .unwrap_err()
                .to_string()
                .contains("a folder")
        );
    }
}
