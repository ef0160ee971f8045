//! What `run monitor --listen` serves: whether a deploy is under way, its own rounds, and
//! what the collectors brought.

use sinops_tests::engine::{self, Stack};
use sinops_tests::{Folder, Running, free_port, http, ran, tool};
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs until it is dropped.
struct Monitor {
    _running: Running,
    address: String,
}

impl Monitor {
    fn start(folder: &Folder) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        Self {
            _running: folder.monitor(&address),
            address,
        }
    }

    fn page(&self) -> Option<String> {
        let (status, page) = http::get(&self.address, "/metrics")?;
        assert_eq!(status, 200);
        Some(page)
    }

    /// Waits until a line is on the page.
    fn says(&self, line: &str) -> String {
        http::until(line, || {
            self.page().filter(|page| page.lines().any(|it| it == line))
        })
    }
}

/// Deploys while a monitor watches; the service takes its time to get healthy.
fn a_deploy_is_seen(folder: &Folder, deploying: &str) {
    let monitor = Monitor::start(folder);
    let idle = monitor.says(&format!("{deploying} 0"));
    assert!(idle.contains("\nsinops_engine_up 1\n"), "{idle}");
    assert!(!idle.contains("sinops_release_number{"), "{idle}");
    let mut deploy = folder.command(&["run", "deploy"]).spawn().unwrap();
    monitor.says(&format!("{deploying} 1"));
    assert!(deploy.wait().unwrap().success());
    let released = monitor.says(&format!("{deploying} 0"));
    let release = deploying.replace("deploy_in_progress", "release_number");
    assert!(released.contains(&format!("\n{release} 1\n")), "{released}");
    http::until("the service is up", || {
        monitor.page()?.lines().find(|line| {
            line.starts_with("sinops_service_up{") && line.ends_with("service=\"web\"} 1")
        })?;
        Some(())
    });
    is_taken_by_promtool(&monitor.page().unwrap());
}

fn is_taken_by_promtool(page: &str) {
    let Some(promtool) = tool("promtool") else {
        return;
    };
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = check.stdin.take().unwrap();
    to.write_all(page.as_bytes()).unwrap();
    drop(to);
    let said = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.trim().is_empty(), "{said}\n{page}");
}

#[test]
fn a_deploy_is_seen_on_a_docker_engine() {
    if !engine::answers() {
        return;
    }
    let stack = Stack::new(
        "services:\n  web:\n    image: sinops-demo:1\n    stop_grace_period: 0s\n    \
         environment: { DEMO_READY_DELAY_MS: \"2000\" }\n    \
         healthcheck: { test: [CMD, curl, -f, \"http://localhost:8080/health\"], interval: 1s }\n",
    );
    stack
        .folder
        .write("sinops.yaml", "monitor: { interval: 1s }\n");
    let deploying = format!("sinops_deploy_in_progress{{project=\"{}\"}}", stack.name);
    a_deploy_is_seen(&stack.folder, &deploying);
}

#[test]
fn a_deploy_of_processes_is_seen_and_a_killed_one_is_over() {
    let folder = Folder::with_one_service("monitor: { interval: 1s }\n");
    let slow = std::fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    let slow = slow.replace("DEMO_PORT:", "DEMO_READY_DELAY_MS: \"2000\", DEMO_PORT:");
    folder.write("compose.yaml", &slow);
    let deploying = format!(
        "sinops_deploy_in_progress{{project=\"{}\"}}",
        folder.project()
    );
    a_deploy_is_seen(&folder, &deploying);
    folder.sinops(&["down"]).expect(0);

    let monitor = Monitor::start(&folder);
    let mut deploy = folder.command(&["run", "deploy"]).spawn().unwrap();
    monitor.says(&format!("{deploying} 1"));
    deploy.kill().unwrap();
    deploy.wait().unwrap();
    monitor.says(&format!("{deploying} 0"));
    folder.sinops(&["run", "deploy"]).expect(0);
    folder.sinops(&["down"]).expect(0);
}

#[test]
fn other_questions_are_refused_and_a_taken_port_is_named() {
    let folder = Folder::with_one_service("");
    let monitor = Monitor::start(&folder);
    monitor.says("sinops_monitor_rounds_total 1");
    assert_eq!(http::get(&monitor.address, "/").unwrap().0, 404);
    ran(&mut folder.command(&["run", "monitor", "--listen", &monitor.address]))
        .expect(1)
        .says(&["/metrics cannot be served at", &monitor.address, "--listen"]);
    folder
        .sinops(&["run", "deploy", "--listen", &monitor.address])
        .expect(1)
        .says(&["belong to `run monitor`"]);
    folder
        .sinops(&["run", "monitor", "--listen", "9464"])
        .expect(1)
        .says(&["`9464` is no address and port: write `127.0.0.1:9464`"]);
}
