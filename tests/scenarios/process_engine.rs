//! A stack of local processes, from nothing to nothing, without any engine.

use sinops_tests::http::get;
use sinops_tests::{Folder, free_port};

/// Two services in two levels; the second is as its environment says.
fn stack(folder: &Folder) -> (u16, u16) {
    let (first, second) = (free_port(), free_port());
    folder.write(
        "compose.yaml",
        &format!(
            r#"
name: {name}
services:
  store:
    environment: {{ DEMO_NAME: store, DEMO_PORT: "{first}", DEMO_READY_DELAY_MS: "300" }}
    ports: ["127.0.0.1:{first}:{first}"]
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:{first}/health"], interval: 30s }}
    x-sinops: {{ process: {{ command: [demo] }} }}
  web:
    environment: {{ DEMO_NAME: web, DEMO_PORT: "{second}", DEMO_FAIL: "${{FAIL:-}}" }}
    ports: ["127.0.0.1:{second}:{second}"]
    depends_on: {{ store: {{ condition: service_healthy }} }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:{second}/health"], interval: 30s }}
    x-sinops: {{ process: {{ command: [demo] }} }}
"#,
            name = folder.project(),
        ),
    );
    folder.write("sinops.yaml", "engine: process\ngate: { timeout: 5s }\n");
    (first, second)
}

/// Takes the stack down at the end, whatever happened.
struct Down<'a>(&'a Folder);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        let _ = self.0.sinops(&["down"]);
    }
}

#[test]
fn up_again_status_and_down() {
    let folder = Folder::new();
    let (first, second) = stack(&folder);
    let _down = Down(&folder);
    folder.sinops(&["run", "deploy"]).expect(0).says(&[
        "store",
        "web",
        &format!("127.0.0.1:{second}"),
    ]);
    for port in [first, second] {
        assert_eq!(
            get(&format!("127.0.0.1:{port}"), "/health").map(|it| it.0),
            Some(200)
        );
    }
    folder
        .sinops(&["status"])
        .expect(0)
        .says(&["store", "web", "running"]);
    folder
        .sinops(&["run", "deploy", "--dry-run", "--exit-code"])
        .expect(0);
    folder
        .sinops(&["run", "deploy"])
        .expect(0)
        .says(&["nothing to do"]);
    folder.sinops(&["down"]).expect(0);
    for port in [first, second] {
        assert_eq!(
            get(&format!("127.0.0.1:{port}"), "/health"),
            None,
            "{port} still answers"
        );
    }
    folder
        .sinops(&["run", "deploy", "--dry-run", "--exit-code"])
        .expect(2);
}

#[test]
fn a_gate_that_fails_undoes_the_run_and_says_why() {
    let folder = Folder::new();
    let (first, second) = stack(&folder);
    let _down = Down(&folder);
    let mut command = folder.command(&["run", "deploy"]);
    let failed = sinops_tests::ran(command.env("FAIL", "health")).expect(1);
    failed.says(&["web", "curl -f", "503", "undone"]);
    for port in [first, second] {
        assert_eq!(
            get(&format!("127.0.0.1:{port}"), "/"),
            None,
            "{port} still answers"
        );
    }
    // The cause away, the same command succeeds.
    folder.sinops(&["run", "deploy"]).expect(0);
}

#[test]
fn a_service_that_ends_fails_at_once() {
    let folder = Folder::new();
    stack(&folder);
    let _down = Down(&folder);
    folder.write("sinops.yaml", "engine: process\ngate: { timeout: 10m }\n");
    let mut command = folder.command(&["run", "deploy"]);
    sinops_tests::ran(command.env("FAIL", "start"))
        .expect(1)
        .says(&["web", "ended with"]);
}
