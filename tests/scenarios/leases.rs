//! The lease in the engine: two machines cannot deploy one project at the same time.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::http::until;
use sinops_tests::proxy::{Fault, Matching, Proxy};
use sinops_tests::{Folder, ran};
use std::process::{Command, Stdio};

/// A stack whose `web` never becomes healthy where `FAIL` is `health`.
fn stack(name: &str) -> Folder {
    let folder = Folder::new();
    folder.write(
        "compose.yaml",
        &format!(
            r#"
name: {name}
services:
  web:
    image: sinops-demo:1
    environment: {{ DEMO_FAIL: "${{FAIL:-}}" }}
    healthcheck: {{ test: [CMD, curl, -f, "http://localhost:8080/health"], retries: 99 }}
"#
        ),
    );
    folder.write("sinops.yaml", "gate: { timeout: 25s }\n");
    folder
}

/// Two folders with one project, as on two machines.
fn two() -> (Folder, Folder, Project, String) {
    let one = Folder::new();
    let name = one.project();
    (stack(&name), stack(&name), Project::guard(&name, &[]), name)
}

fn leases(project: &str) -> Vec<String> {
    let filter = format!("label=sinops.lease={project}");
    docker(&["volume", "ls", "-q", "--filter", &filter])
}

/// A claim of somebody on another machine.
fn foreign(project: &str, generation: u64) -> String {
    let name = format!("{project}_sinops-lease-{generation}");
    let labels = [
        format!("sinops.lease={project}"),
        format!("sinops.lease.generation={generation}"),
        "sinops.lease.token=theirs".to_owned(),
        "sinops.lease.who=ann@build-7".to_owned(),
        "sinops.lease.pid=4711".to_owned(),
        "sinops.lease.machine=another".to_owned(),
        "sinops.lease.since=2026-01-02T03:04:05Z".to_owned(),
    ];
    let mut create = Command::new("docker");
    create.args(["volume", "create"]);
    for label in &labels {
        create.args(["--label", label]);
    }
    assert_eq!(ran(create.arg(&name)).code, 0);
    name
}

#[test]
fn a_claim_of_another_machine_is_respected_and_named() {
    if !engine::answers() {
        return;
    }
    let (folder, _, project, name) = two();
    let claim = foreign(&name, 3);
    folder.sinops(&["run", "deploy"]).expect(1).says(&[
        "another run of",
        "ann@build-7 (process 4711)",
        "since 2026-01-02T03:04:05Z",
        "expires in",
    ]);
    assert!(project.containers().is_empty());
    assert_eq!(leases(&name), [claim.as_str()]);
    let _ = docker(&["volume", "rm", &claim]);
    folder.sinops(&["run", "deploy"]).expect(0);
    assert!(leases(&name).is_empty());
    folder.sinops(&["down"]).expect(0);
    assert!(leases(&name).is_empty());
}

#[test]
fn a_run_elsewhere_is_refused_until_this_one_is_over_or_dead() {
    if !engine::answers() {
        return;
    }
    let (one, two, project, name) = two();
    let mut command = one.command(&["run", "deploy"]);
    command.env("FAIL", "health");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("it runs", || (project.running().len() == 1).then_some(()));
    let process = format!("process {}", child.id());
    two.sinops(&["run", "deploy"])
        .expect(1)
        .says(&["another run of", &process]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(leases(&name).len(), 1, "nobody gave it back");
    // Its owner is known to be dead: nobody waits for it to expire.
    two.sinops(&["run", "deploy"]).expect(0);
    assert!(leases(&name).is_empty());
    assert_eq!(project.running().len(), 1);
}

#[test]
fn who_loses_the_lease_does_nothing_more() {
    if !engine::answers() {
        return;
    }
    let (one, _, project, name) = two();
    let mut command = one.command(&["run", "deploy"]);
    command.env("FAIL", "health");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("it runs", || (project.running().len() == 1).then_some(()));
    let mine = leases(&name).concat();
    let generation = mine.rsplit_once('-').unwrap().1.parse::<u64>().unwrap();
    // Somebody takes the next generation, as if ours had expired.
    let claim = foreign(&name, generation + 1);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the lease was lost"), "{text}");
    assert_eq!(project.running().len(), 1, "nothing was taken back");
    assert_eq!(leases(&name), [claim.as_str()], "theirs is theirs");
    let _ = docker(&["volume", "rm", &claim]);
}

#[test]
fn killed_while_it_takes_or_gives_back_the_lease() {
    if !engine::answers() {
        return;
    }
    let (folder, _, project, name) = two();
    let proxy = Proxy::start();
    let mut kills = 0;
    for nth in 1..10 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            proxy.plan(Matching::Lease, nth, fault);
            let mut command = folder.command(&["run", "deploy"]);
            command.env("DOCKER_HOST", proxy.endpoint());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            proxy.spawn(&mut command).wait().unwrap();
            kills += usize::from(proxy.struck().is_some());
            folder.sinops(&["run", "deploy"]).expect(0);
            assert!(leases(&name).is_empty(), "{:?}", proxy.struck());
            assert_eq!(project.running().len(), 1);
        }
        if proxy.struck().is_none() {
            break;
        }
    }
    // Taking it, giving it back; and a dead one's that goes first.
    assert!(kills >= 4, "{kills}");
}
