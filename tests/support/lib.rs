//! What the scenarios share: the binary under test, folders, sinks, the engine.
//!
//! Tests read state (the engine, files, what a server holds) rather than wording;
//! where wording is the feature, only the part that matters.

pub mod engine;
pub mod http;
pub mod mail;
pub mod proxy;
pub mod registry;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// Workspace root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the workspace is there")
}

/// The binary under test: `SINOPS_BIN`, or the development build.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("SINOPS_BIN")
        .map_or_else(|| root().join("target/debug/sinops"), PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not built: run `cargo xtask test`",
        path.display()
    );
    path
}

/// A component that `cargo xtask plugins` built.
#[must_use]
pub fn component(name: &str) -> PathBuf {
    let folder = std::env::var_os("SINOPS_PLUGINS_DIR")
        .map_or_else(|| root().join("target/plugins"), PathBuf::from);
    folder.join(format!("{name}.wasm"))
}

/// A program that `cargo xtask setup --tools` unpacked, or `None` after saying that the
/// scenario is skipped.
#[must_use]
pub fn tool(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SINOPS_TOOLS")
        .map_or_else(|| root().join("target/tools/bin"), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!(
        "skipped: there is no {} (cargo xtask setup --tools)",
        path.display()
    );
    None
}

/// The real input, or `None` after saying that the scenario is skipped.
#[must_use]
pub fn real_input() -> Option<PathBuf> {
    let folder = std::env::var_os("SINOPS_REAL_INPUT").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: SINOPS_REAL_INPUT is not set");
    }
    folder
}

/// Stacks with fixed container names and ports run one at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder of its own for one scenario.
#[derive(Debug)]
pub struct Folder(TempDir);

/// What a command gave.
#[derive(Debug)]
pub struct Ran {
    /// Exit code, -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Both streams.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Fails the test unless the exit code is this.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless all parts are in the text, whatever the line breaks.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        let folded = fold(&self.text());
        for part in parts {
            assert!(
                folded.contains(&fold(part)),
                "`{part}` is not in:\n{}",
                self.text()
            );
        }
        self
    }

    /// The JSON objects of standard output, one a line.
    #[must_use]
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

/// Lower-case words separated by one blank, without the frame characters of diagnostics.
fn fold(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if ('\u{2500}'..='\u{257f}').contains(&c) {
                ' '
            } else {
                c
            }
        })
        .collect();
    plain
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub struct Running(Option<Child>);

impl Running {
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().expect("it starts")))
    }

    /// Asks it to end by SIGINT, and waits.
    ///
    /// # Panics
    /// If it cannot be told.
    #[must_use]
    pub fn interrupt(mut self) -> Output {
        let child = self.0.take().expect("it runs");
        let mut kill = Command::new("kill");
        let told = kill.args(["-INT", &child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        child.wait_with_output().expect("it ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Folder {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self(TempDir::with_prefix("sinops-scenario-").expect("a temporary folder"))
    }

    /// A copy of another folder.
    #[must_use]
    pub fn copy_of(source: &Path) -> Self {
        let folder = Self::new();
        copy(source, folder.path());
        folder
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the file");
        std::fs::write(path, text).expect("the file is written");
        self
    }

    /// A command of the binary in this folder, with a bare environment.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .current_dir(self.path())
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null());
        command
            .env("HOME", self.path())
            .env("PATH", path_with_programs());
        for name in ["DOCKER_HOST", "SINOPS_PLUGINS_DIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs the binary in this folder.
    #[must_use]
    pub fn sinops(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Docker compose in this folder, and at home there.
    #[must_use]
    pub fn compose(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env("HOME", self.path());
        command
    }

    /// `run monitor` in this folder, which serves its metrics at an address until it is
    /// dropped.
    #[must_use]
    pub fn monitor(&self, address: &str) -> Running {
        let mut command = self.command(&["run", "monitor", "--listen", address]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Running::start(&mut command)
    }

    /// A project name that no other scenario has.
    #[must_use]
    pub fn project(&self) -> String {
        let name = self
            .path()
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .to_lowercase();
        name.chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// A folder with a stack of one local process, `web`, that is checked on its port and
    /// fails as `FAIL` says (see the demo service); `settings` go to sinops.yaml.
    #[must_use]
    pub fn with_one_service(settings: &str) -> Self {
        let folder = Self::new();
        let (project, port) = (folder.project(), free_port());
        folder.write(
            "compose.yaml",
            &format!(
                r#"
name: {project}
services:
  web:
    environment: {{ DEMO_PORT: "{port}", DEMO_FAIL: "${{FAIL:-}}" }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:{port}/health"] }}
    x-sinops: {{ process: {{ command: [demo] }} }}
"#
            ),
        );
        folder.write(
            "sinops.yaml",
            &format!("engine: process\ngate: {{ timeout: 3s }}\n{settings}"),
        );
        folder
    }

    /// Every file below it with its text, for before and after.
    #[must_use]
    pub fn listing(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = std::fs::read(&path).unwrap_or_default();
                    found.push((path, content));
                }
            }
        }
        found.sort();
        found
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the process engine finds the demo program.
fn path_with_programs() -> std::ffi::OsString {
    let mut paths: Vec<PathBuf> = std::env::var_os("SINOPS_DEMO_PROGRAMS")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    paths.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    std::env::join_paths(paths).expect("paths without colons")
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the command starts");
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

fn copy(source: &Path, target: &Path) {
    for entry in std::fs::read_dir(source)
        .expect("the source is there")
        .flatten()
    {
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).expect("a folder");
            copy(&entry.path(), &to);
        } else if entry.file_name() != ".sinops" {
            let text = std::fs::read(entry.path()).expect("the file can be read");
            std::fs::write(to, text).expect("the copy is written");
        }
    }
}

/// A port on which nothing listens right now.
#[must_use]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
