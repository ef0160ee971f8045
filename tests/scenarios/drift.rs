//! What runs is compared with the last release, field by field, and put right.

use serde_json::Value;
use sinops_tests::engine::{self, Stack, docker};

const SECRET: &str = "battery-horse-staple";

const COMPOSE: &str = r#"
services:
  store:
    image: sinops-demo:1
    hostname: store-host
    expose: ["8080"]
    environment: { DEMO_PORT: "8080", DB_PASSWORD: "${DB_PASSWORD}" }
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }
    mem_limit: 64m
    tmpfs: ["/scratch:size=1m"]
    logging: { options: { max-size: 1m } }
    networks: [inner, outer]
  web:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    restart: unless-stopped
    configs: [motd]
    networks: { outer: { aliases: [shop] } }
configs: { motd: { content: hello } }
networks: { inner: {}, outer: {} }
"#;

struct Stage {
    stack: Stack,
}

impl Stage {
    fn new() -> Self {
        let stack = Stack::new(COMPOSE);
        stack
            .folder
            .write(".env", &format!("DB_PASSWORD={SECRET}\n"));
        Self { stack }
    }

    /// The differences as `service: change`, with the exit code 2 that says so.
    fn drift(&self) -> Vec<String> {
        let asked = ["drift", "--exit-code", "--format", "json"];
        let text = self.stack.folder.sinops(&asked).expect(2).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["release"], 1);
        let actions = document["actions"].as_array().unwrap().iter();
        let mut found: Vec<String> = actions
            .flat_map(|action| {
                let service = action["service"].as_str().unwrap_or("-").to_owned();
                let changes = action["changes"].as_array().cloned().unwrap_or_default();
                changes.into_iter().map(move |change| {
                    let side = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
                    format!(
                        "{service}: {} {} {}",
                        side("path"),
                        side("old"),
                        side("new")
                    )
                })
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    fn is_clean(&self) {
        let said = self
            .stack
            .folder
            .sinops(&["drift", "--exit-code"])
            .expect(0);
        assert!(
            said.stdout.contains("runs as release 1 has it"),
            "{}",
            said.text()
        );
    }

    fn repair(&self) {
        self.stack.folder.sinops(&["drift", "--repair"]).expect(0);
        self.is_clean();
    }
}

#[test]
fn drift_is_told_field_by_field_and_put_right() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new();
    stage
        .stack
        .folder
        .sinops(&["drift"])
        .expect(1)
        .says(&["no release", "sinops run deploy"]);
    stage.stack.folder.sinops(&["run", "deploy"]).expect(0);
    stage.is_clean();
    let before = stage.stack.project.running();

    // Limits and policies can be changed under a container.
    let (store, web) = (stage.stack.container("store"), stage.stack.container("web"));
    let _ = docker(&["update", "--memory", "96m", "--memory-swap", "192m", &store]);
    let _ = docker(&["update", "--restart", "no", &web]);
    assert_eq!(
        stage.drift(),
        [
            "store: mem_limit 100663296 67108864",
            "web: restart no unless-stopped"
        ]
    );
    assert_eq!(
        stage.stack.project.running(),
        before,
        "looking changes nothing"
    );
    stage.repair();

    // So can networks.
    let outer = format!("{}_outer", stage.stack.name);
    let _ = docker(&["network", "disconnect", &outer, &store]);
    assert_eq!(
        stage.drift(),
        [format!("store: networks ({outer}) - attached")]
    );
    stage.repair();

    // What was stopped or removed comes back.
    let _ = docker(&["stop", "-t", "1", &web]);
    let _ = docker(&["rm", "-f", &store]);
    stage
        .stack
        .folder
        .sinops(&["drift", "--exit-code"])
        .expect(2)
        .says(&["web", "start", "store", "create", "release 1"]);
    stage.repair();

    // A later edit of the files is no drift; a plan tells of it.
    stage.stack.folder.write(
        "compose.override.yaml",
        "services: { web: { environment: { EDITED: '1' } } }\n",
    );
    stage.is_clean();
    let history = stage
        .stack
        .folder
        .sinops(&["history", "--format", "json"])
        .stdout;
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!(
        history.as_array().unwrap().len(),
        1,
        "a repair is no release"
    );
}

#[test]
fn no_secret_is_shown() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new();
    // Another program made it, with other values.
    let label = |key: &str, value: &str| format!("com.docker.compose.{key}={value}");
    let store = stage.stack.container("store");
    let _ = docker(&[
        "run",
        "-d",
        "--name",
        &store,
        "--label",
        &label("project", &stage.stack.name),
        "--label",
        &label("service", "store"),
        "--label",
        &label("container-number", "1"),
        "--label",
        &label("oneoff", "False"),
        "-e",
        "DB_PASSWORD=other-battery-horse",
        "-e",
        &format!("COPY={SECRET}"),
        "sinops-demo:1",
    ]);
    let plan = stage.stack.folder.sinops(&["plan"]).expect(0);
    let text = plan.text();
    assert!(text.contains("environment.DB_PASSWORD"), "{text}");
    assert!(text.contains("environment.COPY"), "{text}");
    assert!(text.contains("mem_limit"), "{text}");
    assert!(!text.contains("battery-horse"), "{text}");
}
