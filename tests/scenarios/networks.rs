//! Networks and volumes that are declared otherwise than they are.

use sinops_tests::engine::{self, Stack, docker};
use sinops_tests::{Ran, ran};

const COMPOSE: &str = r#"
services:
  store:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    networks: { back: { ipv4_address: "${NET:-10.213.1}.9" }, side: {} }
    volumes: [data:/data]
  web:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080", DEMO_FAIL: "${FAIL:-}" }
    depends_on: [store]
    networks: [back]
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s, retries: 2 }
  apart:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080" }
    networks: [side]
networks:
  back:
    internal: ${INTERNAL:-false}
    ipam: { config: [{ subnet: "${NET:-10.213.1}.0/24" }] }
  side: {}
volumes:
  data:
    driver_opts: { type: tmpfs, device: tmpfs, o: "size=${SIZE:-1m}" }
"#;

/// Networks of their own for each test, so that they can run beside each other.
struct Stage {
    stack: Stack,
    first: String,
    second: String,
}

impl Stage {
    fn new(octet: u8) -> Self {
        let compose = COMPOSE.replace("10.213.1", &format!("10.213.{octet}"));
        Self {
            stack: Stack::new(&compose),
            first: format!("10.213.{octet}"),
            second: format!("10.213.{}", octet + 1),
        }
    }

    fn run(&self, words: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.stack.folder.command(words);
        ran(command.envs(environment.iter().copied()))
    }

    fn network(&self, what: &str) -> String {
        let name = format!("{}_back", self.stack.folder.project());
        docker(&["network", "inspect", "--format", what, &name]).concat()
    }

    fn subnet(&self) -> String {
        self.network("{{(index .IPAM.Config 0).Subnet}} {{.Internal}}")
    }

    /// Whether a container reaches the store at an address.
    fn reaches(&self, service: &str, address: &str) -> bool {
        let url = format!("http://{address}:8080/health");
        let container = self.stack.container(service);
        !docker(&["exec", &container, "curl", "-f", &url]).is_empty()
    }

    fn ids(&self) -> [String; 3] {
        ["store", "web", "apart"].map(|service| self.stack.inspect(service, "{{.Id}}"))
    }
}

#[test]
fn a_network_that_is_declared_otherwise_is_made_anew_and_a_failed_run_brings_it_back() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new(10);
    stage.run(&["run", "deploy"], &[]).expect(0);
    let old = stage.ids();
    assert_eq!(stage.subnet(), format!("{}.0/24 false", stage.first));

    let changed = [("NET", stage.second.as_str()), ("INTERNAL", "true")];
    stage
        .run(&["run", "deploy", "--dry-run"], &changed)
        .expect(0)
        .says(&[
            "internal: + true",
            "its network `back` is made anew",
            "create  as it is declared now",
        ]);
    assert_eq!(stage.ids(), old);

    let broken = [changed[0], changed[1], ("FAIL", "health")];
    stage
        .run(&["run", "deploy"], &broken)
        .expect(1)
        .says(&["restore network", "start container"]);
    assert_eq!(stage.subnet(), format!("{}.0/24 false", stage.first));
    assert_eq!(stage.ids(), old);
    assert!(stage.reaches("web", &format!("{}.9", stage.first)));
    assert!(stage.reaches("web", "store"));
    stage
        .run(&["run", "deploy", "--dry-run", "--exit-code"], &[])
        .expect(0);

    stage.run(&["run", "deploy"], &changed).expect(0);
    assert_eq!(stage.subnet(), format!("{}.0/24 true", stage.second));
    let new = stage.ids();
    assert_eq!(
        [old[0] == new[0], old[1] == new[1], old[2] == new[2]],
        [false, false, true]
    );
    assert!(stage.reaches("web", &format!("{}.9", stage.second)));
    stage
        .run(&["run", "deploy", "--dry-run", "--exit-code"], &changed)
        .expect(0);
    stage.run(&["rollback"], &[]).expect(0);
    assert_eq!(stage.subnet(), format!("{}.0/24 false", stage.first));
    assert!(stage.reaches("web", "store"));
}

#[test]
fn nobody_else_is_cut_off_and_no_volume_is_made_anew() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new(20);
    stage.run(&["run", "deploy"], &[]).expect(0);
    let ids = stage.ids();
    let internal = [("INTERNAL", "true")];
    stage
        .run(&["run", "deploy", "apart", "store"], &internal)
        .expect(1)
        .says(&["has to be made anew (internal)", "-web-1` would be cut off"]);
    let stranger = format!("{}-stranger", stage.stack.folder.project());
    let network = format!("{}_back", stage.stack.folder.project());
    let _ = docker(&[
        "run",
        "-d",
        "--name",
        &stranger,
        "--network",
        &network,
        "sinops-demo:1",
    ]);
    let refused = stage.run(&["run", "deploy"], &internal);
    let _ = docker(&["rm", "-f", &stranger]);
    refused.expect(1).says(&[
        "would be cut off",
        "-stranger`",
        "docker network disconnect",
    ]);
    assert_eq!(stage.ids(), ids);

    stage
        .run(&["run", "deploy"], &[("SIZE", "2m")])
        .expect(0)
        .says(&["stays as it is", "driver_opts.o"]);
}
