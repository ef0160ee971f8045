//! Embeds the built-in plugins: every `.wasm` in `SINOPS_PLUGINS_DIR`, or else
//! in `target/plugins` of the workspace, with the `.cwasm` beside it if there
//! is one. A new plugin needs no edit here. The pipelines that every project has
//! are `pipelines.yaml` of the folder in which the sources of the plugins lie.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// From the folder of this package.
const PIPELINES: &str = "../../plugins/pipelines.yaml";
const FOLDER_VARIABLE: &str = "SINOPS_PLUGINS_DIR";

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = match env::var_os(FOLDER_VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => package.join("../../target/plugins"),
    };
    let pipelines = package.join(PIPELINES).canonicalize()?;
    let mut table = String::from("static BUILTINS: &[Builtin] = &[\n");
    for wasm in components(&folder)? {
        let name = wasm
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or("a name is not UTF-8")?;
        // File names of crates have underscores, names of plugins have dashes.
        let name = name.replace('_', "-");
        let compiled = wasm.with_extension("cwasm");
        let compiled = if compiled.is_file() {
            format!("Some(include_bytes!({:?}))", compiled.canonicalize()?)
        } else {
            "None".to_owned()
        };
        writeln!(
            table,
            "    Builtin {{ name: {name:?}, wasm: include_bytes!({:?}), precompiled: {compiled} }},",
            wasm.canonicalize()?
        )?;
    }
    table.push_str("];\n");
    writeln!(
        table,
        "static PIPELINES: &str = include_str!({pipelines:?});"
    )?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("builtins.rs"), table)?;
    validators()?;
    println!("cargo::rerun-if-env-changed={FOLDER_VARIABLE}");
    // Cargo runs this every time while a watched folder is missing.
    fs::create_dir_all(&folder)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed={}", pipelines.display());
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

/// Embeds what plugins say of programs that check files: every
/// `plugins/*/validators.json`.
fn validators() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../plugins");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path().join("validators.json")))
        .collect::<Result<_, Box<dyn Error>>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    let mut table = String::from("static VALIDATORS: &[&str] = &[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(table, "    include_str!({:?}),", file.canonicalize()?)?;
    }
    table.push_str("];\n");
    fs::write(
        Path::new(&env::var("OUT_DIR")?).join("validators.rs"),
        table,
    )?;
    Ok(())
}

/// Components in the folder, in the order of their names.
fn components(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
