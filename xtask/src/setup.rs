//! The `wasm32-wasip2` target of the toolchain in use.
//!
//! Where rustup's server cannot be reached, the standard library is built once
//! from Debian's packages of the same version and put into the toolchain, so
//! that plain `cargo build --target wasm32-wasip2` works from then on.

use crate::apt::Apt;
use crate::workspace::{create_folder, entries, output, remove, step, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that components are built for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Makes sure that the target's standard library is there.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = sysroot()?;
    if has_std(&sysroot) {
        return Ok(());
    }
    step(&format!("rustup target add {TARGET}"));
    let added = output(
        Command::new("rustup")
            .env("RUST_BACKTRACE", "0")
            .args(["target", "add", TARGET]),
    );
    match added {
        Ok(_) if has_std(&sysroot) => return Ok(()),
        Ok(_) => println!("    rustup is content, but this toolchain has no {TARGET} library"),
        Err(error) => println!("    {}", error.to_string().replace('\n', "\n    ")),
    }
    step(&format!(
        "building the {TARGET} standard library from Debian's packages"
    ));
    from_debian(&sysroot).with_context(|| {
        format!(
            "the {TARGET} target could neither be had from rustup nor be built. With access to \
             rustup's server: `rustup target add {TARGET}`"
        )
    })
}

fn sysroot() -> Result<PathBuf> {
    let printed = output(Command::new("rustc").args(["--print", "sysroot"]))
        .context("is a Rust toolchain installed?")?;
    Ok(PathBuf::from(printed.trim()))
}

fn library_folder(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_std(sysroot: &Path) -> bool {
    entries(&library_folder(sysroot)).is_ok_and(|files| {
        files.iter().any(|file| {
            file.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
        })
    })
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn rustc_version() -> Result<String> {
    let printed = output(Command::new("rustc").arg("--version"))?;
    let version = printed
        .split_whitespace()
        .nth(1)
        .context("`rustc --version` names no version")?;
    Ok(version.to_owned())
}

fn from_debian(sysroot: &Path) -> Result<()> {
    let version = rustc_version()?;
    let apt = Apt::open()?;
    let offered = apt.versions("rust-src")?;
    let Some(package) = offered.iter().find(|offer| is_release(offer, &version)) else {
        bail!(
            "Debian has rust-src {}, and this is rustc {version}: the versions must be the same. \
             Install one of those with `rustup toolchain install`",
            offered.join(", ")
        );
    };
    let packages = target().join("wasm-std/packages");
    create_folder(&packages)?;
    let (source, libc) = (packages.join("rust-src"), packages.join("wasi-libc"));
    if !source.is_dir() {
        apt.unpack(&format!("rust-src={package}"), &source)?;
    }
    if !libc.is_dir() {
        apt.unpack("wasi-libc/testing", &libc)?;
    }
    let library = find_library(&source)?;
    let into = sysroot.join("lib/rustlib/src/rust");
    create_folder(&into)?;
    copy_folder(&library, &into.join("library"))?;
    let wasm_lib = library_folder(sysroot);
    create_folder(&wasm_lib.join("self-contained"))?;
    copy_folder(
        &libc.join("usr/lib").join(TARGET),
        &wasm_lib.join("self-contained"),
    )?;

    let built = build_std(&packages)?;
    let mut copied = 0;
    for file in entries(&built)? {
        if file.extension().is_some_and(|end| end == "rlib") {
            let name = file.file_name().context("a library without a name")?;
            std::fs::copy(&file, wasm_lib.join(name))
                .with_context(|| format!("writing into {}", wasm_lib.display()))?;
            copied += 1;
        }
    }
    if !has_std(sysroot) {
        bail!(
            "{copied} libraries were built in {}, std is not among them",
            built.display()
        );
    }
    Ok(())
}

/// `1.95.0+dfsg1-2~bpo13+1` is a packaging of 1.95.0, `1.95.01` is not.
fn is_release(package: &str, rustc: &str) -> bool {
    package
        .strip_prefix(rustc)
        .is_some_and(|rest| rest.starts_with(['+', '-', '~']))
}

/// `usr/src/rustc-<version>/library` of the unpacked package.
fn find_library(package: &Path) -> Result<PathBuf> {
    let found = entries(&package.join("usr/src"))?
        .into_iter()
        .map(|folder| folder.join("library"))
        .find(|folder| folder.join("std/Cargo.toml").is_file());
    found.with_context(|| format!("no library/ with std in {}", package.display()))
}

/// `cp -a`: symbolic links stay links.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    create_folder(to)?;
    output(Command::new("cp").arg("-a").arg(from.join(".")).arg(to))?;
    Ok(())
}

/// Builds an empty library with its standard library; returns the folder that
/// holds what was built.
fn build_std(beside: &Path) -> Result<PathBuf> {
    let scratch = beside.join("scratch");
    remove(&scratch)?;
    create_folder(&scratch.join("src"))?;
    // A workspace of its own: it lies below ours and is no part of it.
    let manifest = "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                    [workspace]\n";
    for (name, content) in [("Cargo.toml", manifest), ("src/lib.rs", "")] {
        let path = scratch.join(name);
        std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
    }
    output(
        Command::new("cargo")
            .current_dir(&scratch)
            // Debian ships the library as it is in the release; building it is
            // what is not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("CARGO_TARGET_DIR")
            .args([
                "build",
                "--release",
                "-Zbuild-std=std,panic_abort",
                "--target",
                TARGET,
            ]),
    )?;
    Ok(scratch.join("target").join(TARGET).join("release/deps"))
}

#[cfg(test)]
mod tests {
    use super::is_release;

    #[test]
    fn only_the_very_same_release_fits() {
        assert!(is_release("1.95.0+dfsg1-2~bpo13+1", "1.95.0"));
        assert!(!is_release("1.95.01-1", "1.95.0"));
        assert!(!is_release("1.94.0+dfsg1-1", "1.95.0"));
    }
}
