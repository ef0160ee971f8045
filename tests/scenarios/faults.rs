//! The engine fails in the middle of a deploy: it is told in words, nothing is left
//! half done, and the next run completes.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::proxy::{Fault, Matching, Proxy};
use sinops_tests::{Folder, Ran, ran};
use std::process::Command;

struct Stage {
    folder: Folder,
    project: Project,
    proxy: Proxy,
}

impl Stage {
    /// Two services of an image, deployed; the change of `V` makes both anew.
    fn new(image: &str) -> Self {
        let folder = Folder::new();
        let name = folder.project();
        folder.write(
            "compose.yaml",
            &format!(
                r#"
name: {name}
services:
  store:
    image: {image}
    environment: {{ DEMO_PORT: "8080", V: "${{V:-1}}" }}
    healthcheck: &check {{ test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }}
    volumes: [data:/data]
  web:
    image: {image}
    environment: {{ DEMO_PORT: "8080", V: "${{V:-1}}" }}
    healthcheck: *check
    depends_on: {{ store: {{ condition: service_healthy }} }}
volumes: {{ data: {{}} }}
"#
            ),
        );
        folder.write(
            "sinops.yaml",
            "parallel: 1\nengine-timeout: 4s\ngate: { timeout: 30s }\n",
        );
        let stage = Self {
            project: Project::guard(&name, &[]),
            folder,
            proxy: Proxy::start(),
        };
        stage.deploy("1").expect(0);
        stage
    }

    fn deploy(&self, version: &str) -> Ran {
        let mut command = self.folder.command(&["run", "deploy"]);
        command
            .env("DOCKER_HOST", self.proxy.endpoint())
            .env("V", version);
        ran(&mut command)
    }

    /// The change fails as told, everything is as before, and the same again succeeds.
    fn fails_and_then_completes(&self, at: &'static str, fault: Fault, words: &[&str]) {
        let before = self.project.running();
        self.proxy.plan(Matching::Prefix(at), 1, fault);
        let failed = self.deploy("2").expect(1).says(words);
        assert!(self.proxy.struck().is_some(), "nothing happened at {at}");
        assert_eq!(self.project.running(), before, "{}", failed.text());
        assert_eq!(self.project.containers().len(), 2, "{}", failed.text());
        self.proxy.pass();
        self.deploy("2").expect(0);
        assert_eq!(self.project.running().len(), 2);
        self.proxy.pass();
        self.deploy("2").expect(0);
        assert_eq!(self.proxy.changes(), [""; 0], "nothing was left to do");
        // For the next fault.
        self.deploy("1").expect(0);
    }
}

#[test]
fn a_lost_answer_an_error_and_a_hung_call_are_taken_back() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new("sinops-demo:1");
    for (at, words) in [
        ("POST /containers/create", "create container"),
        ("POST /containers/*/rename", "rename"),
        ("POST /containers/*/start", "start"),
        ("POST /containers/*/stop", "stop"),
    ] {
        stage.fails_and_then_completes(at, Fault::Cut, &[words, "undone"]);
    }
    stage.fails_and_then_completes(
        "POST /containers/create",
        Fault::Answer("no space left on device"),
        &["no space left on device", "undone"],
    );
    stage.fails_and_then_completes(
        "POST /containers/*/start",
        Fault::Hang,
        &["start container", "did not answer within 4s", "undone"],
    );
}

#[test]
fn an_image_that_vanishes_between_plan_and_create_is_named() {
    if !engine::answers() {
        return;
    }
    let image = "sinops-test-vanishing:1";
    let tag = || docker(&["tag", "sinops-demo:1", image]);
    tag();
    let stage = Stage::new(image);
    let before = stage.project.running();
    stage.proxy.plan(
        Matching::Prefix("POST /containers/create"),
        1,
        // By force: containers of before are still made from it.
        Fault::First("docker rmi -f sinops-test-vanishing:1"),
    );
    stage
        .deploy("2")
        .expect(1)
        .says(&[image, "not found", "undone"]);
    assert_eq!(stage.project.running(), before);
    stage.proxy.pass();
    tag();
    stage.deploy("2").expect(0);
    assert_eq!(stage.project.running().len(), 2);
    assert_eq!(stage.project.containers().len(), 2);
    let _ = ran(Command::new("docker").args(["rmi", "-f", image]));
}

/// A full disk below `state:`: a tiny file system that the journal fills.
#[test]
fn a_full_disk_in_the_journal_is_told_and_taken_back() {
    if !engine::answers() {
        return;
    }
    let stage = Stage::new("sinops-demo:1");
    let state = stage.folder.path().join("small");
    std::fs::create_dir(&state).expect("a folder");
    let Some(_mounted) = Mounted::tmpfs(&state, 32) else {
        return;
    };
    stage.folder.write(
        "sinops.yaml",
        "parallel: 1\nstate: small\ngate: { timeout: 30s }\n",
    );
    let before = stage.project.running();
    let (filler, mut filled) = (state.join("filler"), 0);
    // The less is free, the earlier in the run it is full.
    for free in 0..4 {
        // As much as there is room for, less so many pages.
        std::fs::write(&filler, vec![0; 64 << 10]).unwrap_err();
        let length = std::fs::metadata(&filler).expect("it is there").len();
        let file = std::fs::OpenOptions::new().write(true).open(&filler);
        file.and_then(|file| file.set_len(length - free * 4096))
            .expect("it is cut");
        let run = stage.deploy("2");
        if run.code == 0 {
            break;
        }
        filled += 1;
        let run = run.expect(1).says(&["no space left on device"]);
        assert_eq!(stage.project.running(), before, "{}", run.text());
        assert_eq!(stage.project.containers().len(), 2, "{}", run.text());
        std::fs::remove_file(&filler).expect("it is removed");
        let _ = std::fs::remove_dir_all(state.join("journal"));
    }
    assert!(filled > 1, "the disk was full {filled} times only");
    let _ = std::fs::remove_file(state.join("filler"));
    stage.deploy("2").expect(0);
    assert_ne!(stage.project.running(), before);
    assert_eq!(stage.project.containers().len(), 2);
}

/// A file system of its own, while it lives.
struct Mounted(std::path::PathBuf);

impl Mounted {
    /// `None`, after saying so, where this may not be done.
    fn tmpfs(at: &std::path::Path, kibibytes: usize) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"])
            .arg(at);
        if ran(&mut mount).code != 0 {
            println!("skipped: no file system may be mounted here");
            return None;
        }
        Some(Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
