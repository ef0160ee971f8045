//! With `docker compose`, both ways: it works on what sinops deployed, and sinops takes
//! over what it deployed.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, Ran, ran, tool};
use std::path::PathBuf;

/// Six services with a volume, two networks, replicas and a one-shot.
const STACK: &str = r#"
services:
  db:
    image: sinops-demo:1
    volumes: [ data:/data ]
    networks: { back: { aliases: [ store ] } }
    environment: { DEMO_NAME: db, EMPTY: "" }
    healthcheck: { test: [ CMD, curl, -f, "http://localhost:8080/health" ], interval: 2s }
    stop_grace_period: 1s
  migrate:
    image: sinops-demo:1
    entrypoint: [ "true" ]
    networks: [ back ]
    depends_on: { db: { condition: service_healthy } }
  api:
    image: sinops-demo:1
    networks: [ front, back ]
    scale: 2
    depends_on: { migrate: { condition: service_completed_successfully }, db: { condition: service_started, restart: true } }
    labels: { team: shop }
    ulimits: { nofile: { soft: 1000, hard: 2000 } }
    restart: unless-stopped
    stop_grace_period: 1s
  web:
    image: sinops-demo:1
    networks: [ front ]
    ports: [ "127.0.0.1::8080" ]
    volumes: [ "./page.txt:/page.txt:ro" ]
    tmpfs: [ /scratch ]
    depends_on: [ api ]
    stop_grace_period: 1s
  cache:
    image: sinops-demo:1
    networks: [ back ]
    mem_limit: 64m
    cap_drop: [ NET_RAW ]
    security_opt: [ "no-new-privileges:true" ]
    extra_hosts: [ "z:10.0.0.1", "a:10.0.0.2", "gate:host-gateway" ]
    expose: [ "9100-9102", "9000/udp" ]
    blkio_config: { weight: 300 }
    pid: host
    stop_grace_period: 1s
  side:
    image: sinops-demo:1
    network_mode: service:cache
    command: [ "/bin/demo" ]
    environment: { DEMO_PORT: "8081" }
    stop_grace_period: 1s
volumes: { data: {} }
networks: { front: {}, back: {} }
"#;

struct Stack {
    folder: Folder,
    project: Project,
    compose: PathBuf,
    name: String,
}

impl Stack {
    fn new() -> Option<Self> {
        if !engine::answers() {
            return None;
        }
        let compose = tool("docker-compose")?;
        let folder = Folder::new();
        let name = folder.project();
        folder
            .write("compose.yaml", &format!("name: {name}\n{STACK}"))
            .write("page.txt", "hello\n");
        Some(Self {
            project: Project::guard(&name, &[]),
            folder,
            compose,
            name,
        })
    }

    fn compose(&self, arguments: &[&str]) -> Ran {
        ran(self.folder.compose(&self.compose).args(arguments))
    }
}

#[test]
fn compose_works_on_what_sinops_deployed() {
    let Some(stack) = Stack::new() else { return };
    stack.folder.sinops(&["run", "deploy"]).expect(0);

    let made = stack.project.running();
    stack.compose(&["up", "-d"]).expect(0);
    assert_eq!(stack.project.running(), made, "all is as its files say");

    let listed = stack.compose(&["ls", "--format", "json"]).expect(0);
    assert!(listed.stdout.contains(&stack.name), "{}", listed.stdout);
    let shown = stack
        .compose(&["ps", "-a", "--format", "json"])
        .expect(0)
        .events();
    let mut states: Vec<String> = shown
        .iter()
        .map(|one| format!("{} {}", one["Service"], one["State"]).replace('"', ""))
        .collect();
    states.sort();
    assert_eq!(
        states,
        [
            "api running",
            "api running",
            "cache running",
            "db running",
            "migrate exited",
            "side running",
            "web running"
        ]
    );
    stack.compose(&["logs", "--tail", "5", "web"]).expect(0);
    let said = stack.compose(&["exec", "-T", "web", "curl", "-f", "http://api:8080/health"]);
    said.expect(0);
    stack.compose(&["top", "db"]).expect(0);
    stack.compose(&["stop", "web"]).expect(0);
    let stopped = stack
        .compose(&["ps", "--status", "exited", "--services"])
        .expect(0);
    assert!(stopped.stdout.contains("web"), "{}", stopped.stdout);
    stack.compose(&["start", "web"]).expect(0);
    stack.compose(&["restart", "api"]).expect(0);
    stack.compose(&["down", "--volumes"]).expect(0);
    assert!(stack.project.containers().is_empty());
    assert!(stack.project.networks().is_empty() && stack.project.volumes().is_empty());
}

#[test]
fn sinops_takes_over_what_compose_deployed() {
    let Some(stack) = Stack::new() else { return };
    stack.compose(&["up", "-d", "--wait"]);
    let ids = || {
        let label = format!("label=com.docker.compose.project={}", stack.name);
        let mut all = docker(&["ps", "-aq", "--filter", &label]);
        all.sort();
        all
    };
    let before = ids();
    assert_eq!(before.len(), 7, "compose made it all");

    let status = stack.folder.sinops(&["status"]).expect(0);
    for service in ["db", "api", "web", "cache"] {
        assert!(status.stdout.contains(service), "{}", status.stdout);
    }
    let plan = stack
        .folder
        .sinops(&["run", "deploy", "--dry-run"])
        .expect(0);
    stack.folder.sinops(&["run", "deploy"]).expect(0);
    assert_eq!(
        ids(),
        before,
        "all of it is taken as it is; the plan was\n{}",
        plan.text()
    );

    // What differs is replaced, and named.
    stack.folder.write(
        "compose.override.yaml",
        "services: { cache: { environment: { LEVEL: high } }, side: {} }\n",
    );
    let plan = stack
        .folder
        .sinops(&["run", "deploy", "--dry-run"])
        .expect(0);
    assert!(plan.text().contains("environment.LEVEL"), "{}", plan.text());
    stack.folder.sinops(&["run", "deploy"]).expect(0);
    let after = ids();
    let kept = before.iter().filter(|id| after.contains(id)).count();
    assert!(kept == 6 || kept == 5, "{before:?} {after:?}");

    stack.folder.sinops(&["down", "--volumes"]).expect(0);
    assert!(stack.project.containers().is_empty());
    assert!(stack.project.networks().is_empty() && stack.project.volumes().is_empty());
}
