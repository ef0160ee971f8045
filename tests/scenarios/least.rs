//! What the engine itself says happened: its event stream while sinops runs.

use serde_json::Value;
use sinops_tests::engine::{self, Stack, docker};
use std::collections::BTreeSet;

const COMPOSE: &str = r#"
services:
  reads:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    volumes: ["./reads.conf:/etc/reads.conf:ro"]
    x-sinops: { reload: SIGUSR1 }
  starts:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    volumes: ["./starts.conf:/etc/starts.conf:ro", data:/data]
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1h }
volumes: { data: {} }
"#;

struct Stage {
    stack: Stack,
}

impl Stage {
    fn new() -> Self {
        let stack = Stack::new(COMPOSE);
        stack
            .folder
            .write("reads.conf", "1")
            .write("starts.conf", "1");
        Self { stack }
    }

    /// What happened to things of the project while it deployed, execs of checks left out.
    fn events_of_a_deploy(&self) -> BTreeSet<String> {
        let clock = || docker(&["info", "--format", "{{.SystemTime}}"]).concat();
        let since = clock();
        self.stack.folder.sinops(&["run", "deploy"]).expect(0);
        let until = clock();
        let lines = docker(&[
            "events",
            "--since",
            &since,
            "--until",
            &until,
            "--format",
            "{{json .}}",
        ]);
        let events = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        events
            .filter(|event| event["Actor"].to_string().contains(&self.stack.name))
            .map(|event| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                // Volumes have no other name than their id.
                let name = match text(&event["Actor"]["Attributes"]["name"]) {
                    name if name.is_empty() => text(&event["Actor"]["ID"]),
                    name => name,
                };
                format!(
                    "{} {}",
                    text(&event["Action"]),
                    name.replace(&self.stack.name, "p")
                )
            })
            .filter(|event| !event.starts_with("exec_"))
            .collect()
    }
}

fn set<const N: usize>(events: [&str; N]) -> BTreeSet<String> {
    events.map(str::to_owned).into()
}

#[test]
fn the_least_happens_and_nothing_the_second_time() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new();
    let first = stage.events_of_a_deploy();
    assert!(first.contains("create p-reads-1"), "{first:?}");
    // The lease is a volume of the engine: taken and given back, whatever there is to do.
    let lease = |event: &String| event.contains("sinops-lease");
    let apart = |events: BTreeSet<String>| -> BTreeSet<String> {
        events.into_iter().filter(|event| !lease(event)).collect()
    };
    assert_eq!(apart(stage.events_of_a_deploy()), set([]));

    stage.stack.folder.write("reads.conf", "2");
    assert_eq!(apart(stage.events_of_a_deploy()), set(["kill p-reads-1"]));
    stage.stack.folder.write("starts.conf", "2");
    let restart = ["die", "kill", "start", "stop"].map(|what| format!("{what} p-starts-1"));
    let told = apart(stage.events_of_a_deploy());
    let of_container: BTreeSet<String> = told
        .into_iter()
        .filter(|event| event.contains("-1"))
        .collect();
    assert_eq!(of_container, restart.into());
    assert_eq!(apart(stage.events_of_a_deploy()), set([]));
}
