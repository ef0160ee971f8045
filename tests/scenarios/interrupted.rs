//! Ctrl-C once, twice, and kill -9 in the middle of a deploy.

use sinops_tests::http::until;
use sinops_tests::{Folder, free_port};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A stack of two, of which one never becomes healthy.
fn waiting() -> Folder {
    let port = free_port();
    waiting_after(&format!(
        r#"
    environment: {{ DEMO_PORT: "{port}" }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:{port}/health"] }}
    x-sinops: {{ process: {{ command: [demo] }} }}"#
    ))
}

/// The same with another service, `store`, that is well.
fn waiting_after(store: &str) -> Folder {
    let folder = Folder::new();
    let second = free_port();
    let name = folder.project();
    folder.write(
        "compose.yaml",
        &format!(
            r#"
name: {name}
services:
  store:{store}
  web:
    environment: {{ DEMO_PORT: "{second}", DEMO_READY_DELAY_MS: "${{DELAY:-600000}}" }}
    depends_on: [store]
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:{second}/health"] }}
    x-sinops: {{ process: {{ command: [demo] }} }}
"#
        ),
    );
    folder.write("sinops.yaml", "engine: process\ngate: { timeout: 10m }\n");
    folder
}

fn begun(folder: &Folder) -> Child {
    let mut command = folder.command(&["run", "deploy"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the gate is waited for", || {
        journal(folder)
            .is_some_and(|text| text.contains("wait until 2 services"))
            .then_some(())
    });
    child
}

fn journal(folder: &Folder) -> Option<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.path().join(".sinops/journal"))
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    std::fs::read_to_string(paths.pop()?).ok()
}

fn signal(child: &Child, signal: &str) {
    assert!(
        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap_or(-1), text)
}

fn containers(folder: &Folder) -> usize {
    let status = folder.sinops(&["status", "--format", "json"]).expect(0);
    status.stdout.matches("\"running\"").count()
}

#[test]
fn once_undoes_what_the_run_did() {
    let folder = waiting();
    let child = begun(&folder);
    signal(&child, "-INT");
    let (code, text) = ended(child);
    assert_eq!(code, 130, "{text}");
    assert!(text.contains("undone"), "{text}");
    assert_eq!(containers(&folder), 0);
    let _ = folder.sinops(&["down"]);
}

#[test]
fn twice_stops_at_once_and_the_next_run_goes_on_from_there() {
    // Its undo takes as long as this one refuses to stop.
    let folder = waiting_after(
        r#"
    stop_grace_period: 20s
    x-sinops: { process: { command: [sh, -c, "trap '' TERM; while :; do sleep 0.2; done"] } }"#,
    );
    let child = begun(&folder);
    signal(&child, "-INT");
    until("the undo has reached what does not stop", || {
        journal(&folder)
            .is_some_and(|text| text.contains(r#""record":"undo""#))
            .then_some(())
    });
    signal(&child, "-INT");
    let (code, text) = ended(child);
    assert_eq!(code, 130, "{text}");
    let journal = journal(&folder).unwrap();
    assert!(!journal.contains(r#""record":"end""#), "{journal}\n{text}");
    let mut command = folder.command(&["run", "deploy"]);
    sinops_tests::ran(command.env("DELAY", "0"))
        .expect(0)
        .says(&["did not end during"]);
    assert_eq!(containers(&folder), 2);
    folder.sinops(&["down"]).expect(0);
}

#[test]
fn killed_the_next_run_says_so_and_completes() {
    let folder = waiting();
    let mut child = begun(&folder);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(containers(&folder), 2, "nothing had the time to undo");
    let mut command = folder.command(&["run", "deploy"]);
    let next = sinops_tests::ran(command.env("DELAY", "0")).expect(0);
    next.says(&["did not end during: wait until 2 services"]);
    assert_eq!(containers(&folder), 2);
    folder.sinops(&["down"]).expect(0);
}

#[test]
fn a_second_run_meanwhile_is_refused() {
    let folder = waiting();
    let child = begun(&folder);
    folder
        .sinops(&["run", "deploy"])
        .expect(1)
        .says(&["another run", &child.id().to_string()]);
    signal(&child, "-INT");
    ended(child);
    let _ = folder.sinops(&["down"]);
}
