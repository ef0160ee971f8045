//! Services that have to follow one that is replaced: those in its network, and those that
//! say `restart: true`.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, Ran, ran};

struct Stage {
    folder: Folder,
    project: Project,
    name: String,
}

impl Stage {
    fn new() -> Self {
        let folder = Folder::new();
        let name = folder.project();
        folder.write(
            "compose.yaml",
            &format!(
                r#"
name: {name}
services:
  gateway:
    image: sinops-demo:1
    environment: {{ DEMO_PORT: "8080", V: "${{V:-1}}" }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }}
  inside:
    image: sinops-demo:1
    network_mode: service:gateway
    environment: {{ DEMO_PORT: "8081", DEMO_FAIL: "${{FAIL:-}}" }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }}
  worker:
    image: sinops-demo:1
    environment: {{ DEMO_PORT: "8080" }}
    depends_on: {{ gateway: {{ condition: service_healthy, restart: true }} }}
  other:
    image: sinops-demo:1
    environment: {{ DEMO_PORT: "8080" }}
    depends_on: {{ gateway: {{ condition: service_healthy }} }}
"#
            ),
        );
        Self {
            project: Project::guard(&name, &[]),
            folder,
            name,
        }
    }

    fn deploy(&self, environment: &[(&str, &str)]) -> Ran {
        let mut command = self.folder.command(&["run", "deploy"]);
        ran(command.envs(environment.iter().copied()))
    }

    fn inspect(&self, service: &str, what: &str) -> String {
        let container = format!("{}-{service}-1", self.name);
        docker(&["inspect", "--format", what, &container]).concat()
    }

    fn id(&self, service: &str) -> String {
        self.inspect(service, "{{.Id}}")
    }

    fn started(&self, service: &str) -> String {
        self.inspect(service, "{{.State.StartedAt}}")
    }

    fn lives_in_the_gateway(&self) {
        let mode = self.inspect("inside", "{{.HostConfig.NetworkMode}}");
        assert_eq!(mode, format!("container:{}", self.id("gateway")));
        let answer = docker(&[
            "exec",
            &format!("{}-inside-1", self.name),
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
    let before = stage.project.running();
    stage
        .deploy(&[("V", "3"), ("FAIL", "start")])
        .expect(1)
        .says(&["inside", "undone"]);
    assert_eq!(stage.project.running(), before);
    stage.lives_in_the_gateway();

    // Started again by hand, the gateway has another network namespace than before.
    let _ = docker(&["stop", "-t", "1", &format!("{}-gateway-1", stage.name)]);
    stage.deploy(&[("V", "2")]).expect(0);
    assert_eq!(stage.project.running(), before);
    stage.lives_in_the_gateway();
}
