//! Update settings on the real engine: each of them changes what a deploy does.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, Ran, ran};

struct Stage {
    folder: Folder,
    project: Project,
}

impl Stage {
    /// A stack of one service with these attributes, deployed.
    fn new(attributes: &str, config: &str) -> Self {
        let folder = Folder::new();
        let name = folder.project();
        let stage = Self {
            project: Project::guard(&name, &[]),
            folder,
        };
        stage.write(attributes);
        stage.folder.write("sinops.yaml", config);
        stage.run("1", "").expect(0);
        stage
    }

    fn write(&self, attributes: &str) {
        let name = self.folder.project();
        self.folder.write(
            "compose.yaml",
            &format!(
                r#"
name: {name}
services:
  web:
    image: sinops-demo:1
    environment: {{ V: "${{V:-1}}", DEMO_FAIL: "${{FAIL:-}}", DEMO_EXIT_AFTER_MS: "${{AFTER:-}}" }}
    {attributes}
"#
            ),
        );
    }

    fn run(&self, version: &str, fail: &str) -> Ran {
        let mut command = self.folder.command(&["run", "deploy"]);
        ran(command.env("V", version).env("FAIL", fail))
    }

    /// How many containers the newest run made.
    fn made(&self) -> usize {
        let folder = self.folder.path().join(".sinops/journal");
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let newest = entries.map(|entry| entry.path()).max().unwrap();
        let text = std::fs::read_to_string(newest).unwrap();
        let begun = text.lines().filter(|line| line.contains("\"begin\""));
        begun.filter(|line| line.contains("\"create web")).count()
    }
}

#[test]
fn max_parallel_stops_at_the_first_wave_that_fails() {
    if !engine::answers() {
        return;
    }
    for settings in [
        "x-sinops: { update: { max-parallel: 1 } }",
        "deploy: { update_config: { parallelism: 1 } }",
    ] {
        let replicas = format!("scale: 3\n    {settings}");
        let stage = Stage::new(&replicas, "");
        let before = stage.project.running();
        stage.run("2", "start").expect(1);
        assert_eq!(stage.made(), 1, "{settings}");
        assert_eq!(stage.project.running(), before);
        stage.run("2", "").expect(0);
        assert_eq!(stage.made(), 3);
        assert_eq!(stage.project.containers().len(), 3);
    }
    // Without it all are replaced together.
    let stage = Stage::new("scale: 3", "");
    stage.run("2", "start").expect(1);
    assert_eq!(stage.made(), 3);
}

#[test]
fn without_auto_revert_a_failure_stays_until_somebody_mends_it() {
    if !engine::answers() {
        return;
    }
    for (attributes, config) in [
        ("x-sinops: { update: { auto-revert: false } }", ""),
        ("deploy: { update_config: { failure_action: pause } }", ""),
        ("restart: 'no'", "update: { auto-revert: false }\n"),
        (
            "restart: 'no'",
            "tiers: [{ name: all, services: ['*'], update: { auto-revert: false } }]\n",
        ),
    ] {
        let stage = Stage::new(attributes, config);
        let before = stage.project.running();
        stage
            .run("2", "start")
            .expect(1)
            .says(&["`auto-revert` of `web` is off", ".previous"]);
        let name = stage.folder.project();
        assert_eq!(
            stage.project.containers(),
            [format!("{name}-web-1"), format!("{name}-web-1.previous")]
        );
        // The change is given up.
        stage.run("1", "").expect(0);
        assert_eq!(stage.project.running(), before);
    }
}

#[test]
fn min_healthy_time_finds_what_dies_soon() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new("restart: 'no'", "");
    let dies = |stage: &Stage| {
        let mut command = stage.folder.command(&["run", "deploy"]);
        ran(command
            .env("V", "2")
            .env("FAIL", "exit")
            .env("AFTER", "1500"))
    };
    for settings in [
        "x-sinops: { update: { min-healthy-time: 10s } }",
        "deploy: { update_config: { monitor: 10s } }",
        "deploy: { update_config: { delay: 10s } }",
    ] {
        stage.write(settings);
        let before = docker(&[
            "ps",
            "-q",
            "--filter",
            &format!("name={}-web", stage.folder.project()),
        ]);
        dies(&stage).expect(1).says(&["web", "ended with 1"]);
        let after = docker(&[
            "ps",
            "-q",
            "--filter",
            &format!("name={}-web", stage.folder.project()),
        ]);
        assert_eq!(before, after, "{settings}");
    }
}

#[test]
fn healthy_deadline_goes_before_the_gate_of_the_tier() {
    if !engine::answers() {
        return;
    }
    let check =
        "healthcheck: { test: [CMD, curl, -f, 'http://localhost:8080/health'], retries: 99 }";
    let stage = Stage::new(
        &format!("{check}\n    x-sinops: {{ update: {{ healthy-deadline: 2s }} }}"),
        "gate: { timeout: 10m }\n",
    );
    stage
        .run("2", "health")
        .expect(1)
        .says(&["not healthy within 2s"]);
}

#[test]
fn what_is_not_honoured_is_refused() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new("restart: 'no'", "");
    for (attributes, part) in [
        (
            "deploy: { update_config: { failure_action: continue } }",
            "failure_action",
        ),
        (
            "deploy: { update_config: { max_failure_ratio: 0.5 } }",
            "max_failure_ratio",
        ),
        ("x-sinops: { update: { canaries: 1 } }", "canaries"),
    ] {
        stage.write(attributes);
        stage.run("2", "").expect(1).says(&[part, "services.web"]);
    }
}

#[test]
fn canaries_come_first_and_beside_the_old_ones() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new("scale: 3\n    x-sinops: { update: { canary: 1 } }", "");
    let before = stage.project.running();
    stage.run("2", "start").expect(1);
    assert_eq!(stage.made(), 1);
    assert_eq!(stage.project.running(), before);
    stage.run("2", "").expect(0);
    assert_eq!((stage.made(), stage.project.containers().len()), (3, 3));

    // Where old and new cannot be there together, nothing is begun.
    let port = sinops_tests::free_port();
    let alone = format!("ports: ['127.0.0.1:{port}:8080']");
    let stage = Stage::new(&alone, "");
    let before = stage.project.running();
    stage.write(&format!(
        "{alone}\n    x-sinops: {{ update: {{ canary: 1 }} }}"
    ));
    let refused = stage.run("2", "").expect(1);
    refused.says(&["`canary` needs old and new beside each other", "host port"]);
    assert_eq!(stage.project.running(), before);
}

#[test]
fn the_declared_order_decides_where_both_are_possible() {
    if !engine::answers() {
        return;
    }
    for (settings, config, word) in [
        ("restart: 'no'", "", "start-first"),
        (
            "x-sinops: { update: { order: stop-first } }",
            "",
            "stop-first",
        ),
        (
            "restart: 'no'",
            "update: { order: stop-first }\n",
            "stop-first",
        ),
        (
            "deploy: { update_config: { order: stop-first } }",
            "update: { order: start-first }\n",
            "stop-first",
        ),
    ] {
        let stage = Stage::new(settings, config);
        let mut command = stage.folder.command(&["run", "deploy", "--dry-run"]);
        ran(command.env("V", "2")).expect(0).says(&[word]);
    }
}
