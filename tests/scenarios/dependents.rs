//! Services that have to follow one that is replaced: those in its network, and those that
//! say `restart: true`.

use sinops_tests::engine::{self, Stack, docker};
use sinops_tests::{Ran, ran};

const COMPOSE: &str = r#"
services:
  gateway:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080", V: "${V:-1}" }
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }
  inside:
    image: sinops-demo:1
    network_mode: service:gateway
    environment: { DEMO_PORT: "8081", DEMO_FAIL: "${FAIL:-}" }
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }
  worker:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    depends_on: { gateway: { condition: service_healthy, restart: true } }
  other:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    depends_on: { gateway: { condition: service_healthy } }
"#;

struct Stage {
    stack: Stack,
}

impl Stage {
    fn new() -> Self {
        let stack = Stack::new(COMPOSE);
        Self { stack }
    }

    fn deploy(&self, environment: &[(&str, &str)]) -> Ran {
        let mut command = self.stack.folder.command(&["run", "deploy"]);
        ran(command.envs(environment.iter().copied()))
    }

    fn id(&self, service: &str) -> String {
        self.stack.inspect(service, "{{.Id}}")
    }

    fn started(&self, service: &str) -> String {
        self.stack.inspect(service, "{{.State.StartedAt}}")
    }

    fn lives_in_the_gateway(&self) {
        let mode = self.stack.inspect("inside", "{{.HostConfig.NetworkMode}}");
        assert_eq!(mode, format!("container:{}", self.id("gateway")));
        let answer = docker(&[
            "exec",
            &self.stack.container("inside"),
            "curl",
            "-f",
            "http://localhost:8080/health",
        ]);
        assert!(!answer.is_empty());
    }
}

#[test]
fn what_depends_on_a_replaced_service_follows_and_comes_back_with_it() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new();
    stage.deploy(&[]).expect(0);
    stage.lives_in_the_gateway();
    let services = ["gateway", "inside", "worker", "other"];
    let ids = services.map(|service| stage.id(service));
    let starts = services.map(|service| stage.started(service));

    stage.deploy(&[("V", "2")]).expect(0);
    stage.lives_in_the_gateway();
    let kept = services.map(|service| ids.contains(&stage.id(service)));
    assert_eq!(kept, [false, false, true, true]);
    let ran_on = services.map(|service| starts.contains(&stage.started(service)));
    assert_eq!(
        ran_on,
        [false, false, false, true],
        "the worker was started again"
    );
    stage
        .deploy(&[("V", "2")])
        .expect(0)
        .says(&["nothing to do"]);

    // A failure brings both back, the one inside only after the one that it lives in.
    let before = stage.stack.project.running();
    stage
        .deploy(&[("V", "3"), ("FAIL", "start")])
        .expect(1)
        .says(&["inside", "undone"]);
    assert_eq!(stage.stack.project.running(), before);
    stage.lives_in_the_gateway();

    // Started again by hand, the gateway has another network namespace than before.
    let _ = docker(&["stop", "-t", "1", &stage.stack.container("gateway")]);
    stage.deploy(&[("V", "2")]).expect(0);
    assert_eq!(stage.stack.project.running(), before);
    stage.lives_in_the_gateway();
}
