//! A client that asks all the time: no moment without an answer, whether the change
//! succeeds or fails.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::http::get;
use sinops_tests::{Folder, ran};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Asks these addresses in turn until one of them is healthy, again and again.
struct Client {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: JoinHandle<Vec<String>>,
}

impl Client {
    fn of(addresses: Vec<String>) -> Self {
        let (stop, asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (stopped, count) = (stop.clone(), asked.clone());
        let thread = std::thread::spawn(move || {
            let mut missed = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let answers = || {
                    addresses.iter().any(|address| {
                        get(address, "/health").is_some_and(|(status, _)| status == 200)
                    })
                };
                // One that goes while it is asked sends its client to the next.
                if !answers() && !answers() {
                    missed.push(format!("request {}", count.load(Ordering::Relaxed)));
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            missed
        });
        Self {
            stop,
            asked,
            thread,
        }
    }

    /// Fails the test if a request had no answer.
    #[track_caller]
    fn was_always_answered(self) {
        self.stop.store(true, Ordering::Relaxed);
        let missed = self.thread.join().expect("the client ends");
        let asked = self.asked.load(Ordering::Relaxed);
        assert!(asked > 20, "only {asked} requests were made");
        assert!(
            missed.is_empty(),
            "{} of {asked} missed: {missed:?}",
            missed.len()
        );
    }
}

/// As many ports in a row, free just now.
fn ports(count: u16) -> u16 {
    loop {
        let first = sinops_tests::free_port();
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if first < u16::MAX - count && (first..first + count).all(free) {
            return first;
        }
    }
}

/// A door with a range of ports, and behind it a last tier that may fail.
fn door() -> (Folder, Project, Vec<String>) {
    let folder = Folder::new();
    let (name, first) = (folder.project(), ports(4));
    folder.write(
        "compose.yaml",
        &format!(
            r#"
name: {name}
services:
  door:
    image: sinops-demo:1
    environment: {{ DEMO_PORT: "8080", DEMO_READY_DELAY_MS: "700", V: "${{V:-1}}" }}
    healthcheck: &check {{ test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s, retries: 30 }}
    ports: ["127.0.0.1:{first}-{last}:8080"]
  last:
    image: sinops-demo:1
    environment: {{ DEMO_PORT: "8080", V: "${{V:-1}}", DEMO_FAIL: "${{FAIL:-}}" }}
    healthcheck: *check
    depends_on: {{ door: {{ condition: service_healthy }} }}
"#,
            last = first + 3
        ),
    );
    folder.write("sinops.yaml", "gate: { timeout: 30s }\n");
    let addresses = (first..first + 4)
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    let project = Project::guard(&name, &[]);
    folder.sinops(&["run", "deploy"]).expect(0);
    (folder, project, addresses)
}

#[test]
fn a_change_that_starts_first_is_never_without_an_answer() {
    if !engine::answers() {
        return;
    }
    let (folder, project, addresses) = door();
    let before = project.running();
    let client = Client::of(addresses);
    for version in ["2", "3"] {
        let mut change = folder.command(&["run", "deploy"]);
        ran(change.env("V", version)).expect(0);
    }
    client.was_always_answered();
    assert!(project.running().iter().all(|now| !before.contains(now)));
    assert_eq!(project.containers().len(), 2, "{:?}", project.containers());
}

#[test]
fn a_change_that_fails_later_interrupts_nobody() {
    if !engine::answers() {
        return;
    }
    let (folder, project, _) = door();
    let before = project.running();
    let name = format!("{}-door-1", folder.project());
    // The very address at which the old one answers.
    let client = Client::of(docker(&["port", &name, "8080"]));
    let mut change = folder.command(&["run", "deploy"]);
    change.env("V", "2").env("FAIL", "start");
    ran(&mut change).expect(1).says(&["last", "undone"]);
    client.was_always_answered();
    assert_eq!(project.running(), before);
    assert_eq!(project.containers().len(), 2, "{:?}", project.containers());
}

#[test]
fn one_broken_of_37_that_all_change_leaves_the_37_of_before() {
    if !engine::answers() {
        return;
    }
    let (folder, project, _) = door();
    let services: String = (0..35)
        .map(|number| {
            let version = r#"{ DEMO_PORT: "8080", V: "${V:-1}" }"#;
            format!("  more-{number}: {{ image: sinops-demo:1, environment: {version} }}\n")
        })
        .collect();
    folder.write(
        "compose.override.yaml",
        &format!("services:\n{services}  last: {{ depends_on: [more-0, more-34] }}\n"),
    );
    folder.sinops(&["run", "deploy"]).expect(0);
    let before = project.running();
    assert_eq!(before.len(), 37, "{before:?}");
    let name = format!("{}-door-1", folder.project());
    let client = Client::of(docker(&["port", &name, "8080"]));
    let mut change = folder.command(&["run", "deploy"]);
    change.env("V", "2").env("FAIL", "start");
    ran(&mut change).expect(1).says(&["last", "undone"]);
    client.was_always_answered();
    assert_eq!(project.running(), before);
    assert_eq!(project.containers().len(), 37, "{:?}", project.containers());
}

#[test]
fn the_plan_says_which_order_and_why() {
    if !engine::answers() {
        return;
    }
    let (folder, _project, _) = door();
    let mut plan = folder.command(&["run", "deploy", "--dry-run", "--format", "json"]);
    let plan = ran(plan.env("V", "2")).expect(0);
    plan.says(&["start-first"]);
    folder.write(
        "compose.override.yaml",
        "services: { door: { networks: { default: { ipv4_address: 10.211.87.9 } } } }\n\
         networks: { default: { ipam: { config: [{ subnet: 10.211.87.0/24 }] } } }\n",
    );
    folder.sinops(&["run", "deploy"]).expect(0);
    let mut plan = folder.command(&["run", "deploy", "--dry-run", "--format", "json"]);
    ran(plan.env("V", "2")).says(&["stop-first: it has the static address 10.211.87.9"]);
}
