//! The engine itself is started again in the middle of a deploy: a second one, of this
//! test alone.

use sinops_tests::engine;
use sinops_tests::http::until;
use sinops_tests::proxy::{Fault, Matching, Proxy};
use sinops_tests::{Folder, Ran, ran};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A dockerd with a folder, a socket and a network namespace of its own: without a bridge it
/// would take away the one of the first.
struct Daemon {
    folder: tempfile::TempDir,
}

impl Daemon {
    /// None where none can be started: not root, no dockerd.
    fn start() -> Option<Self> {
        let root = ran(Command::new("id").arg("-u")).stdout.trim() == "0";
        if !root || ran(Command::new("dockerd").arg("--version")).code != 0 {
            println!("skipped: a second engine needs root and dockerd");
            return None;
        }
        let daemon = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        std::fs::write(daemon.path("start"), daemon.script()).expect("it is written");
        let started = ran(Command::new("sh").arg(daemon.path("start")));
        if started.code != 0 {
            let log = std::fs::read_to_string(daemon.path("log")).unwrap_or_default();
            println!("skipped: a second engine does not start here: {log}");
            return None;
        }
        Some(daemon)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts it, and comes back when it answers. Containers go on while it does not.
    fn script(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "exec 2>>{folder}/log\n\
             echo '{{}}' >{folder}/daemon.json\n\
             nohup unshare --net dockerd --config-file {folder}/daemon.json --host unix://{folder}/docker.sock --data-root {folder}/data \
             --exec-root {folder}/exec --pidfile {folder}/pid --bridge none --iptables=false \
             --ip6tables=false --storage-driver vfs --live-restore \
             --containerd {} >>{folder}/log 2>&1 </dev/null &\n\
             for _ in $(seq 100); do\n\
             docker --host unix://{folder}/docker.sock version >/dev/null 2>&1 && exit 0\n\
             sleep 0.1\n\
             done\n\
             exit 1\n",
            containerd().display()
        )
    }

    /// Kills it and starts it again, from within a run.
    fn restart(&self) -> &'static str {
        let folder = self.folder.path().display();
        let script = format!("kill -9 $(cat {folder}/pid); rm -f {folder}/pid; sh {folder}/start");
        // Leaks: faults live as long as the program.
        Box::leak(script.into_boxed_str())
    }

    fn docker(&self, arguments: &[&str]) -> Ran {
        let host = format!("unix://{}", self.path("docker.sock").display());
        ran(Command::new("docker")
            .args(["--host", &host])
            .args(arguments))
    }
}

/// The one of the first engine: two do not get along on one machine.
fn containerd() -> &'static Path {
    let own = Path::new("/run/containerd/containerd.sock");
    if own.exists() {
        own
    } else {
        Path::new("/var/run/docker/containerd/containerd.sock")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let all = self.docker(&["ps", "-aq"]).stdout;
        for id in all.lines() {
            self.docker(&["rm", "-f", id]);
        }
        let pid = std::fs::read_to_string(self.path("pid")).unwrap_or_default();
        ran(Command::new("kill").arg(pid.trim()));
        until("the second engine has ended", || {
            (!self.path("pid").exists()).then_some(())
        });
    }
}

#[test]
fn a_deploy_outlives_a_restart_of_the_engine_or_is_taken_back() {
    if !engine::answers() {
        return;
    }
    let Some(daemon) = Daemon::start() else {
        return;
    };
    let image = daemon.path("image.tar");
    let saved = ran(Command::new("docker")
        .args(["save", "-o"])
        .arg(&image)
        .arg("sinops-demo:1"));
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    let loaded = daemon.docker(&["load", "-i", &image.display().to_string()]);
    assert_eq!(loaded.code, 0, "{}", loaded.stderr);

    let folder = Folder::new();
    folder.write(
        "compose.yaml",
        r#"
services:
  store: &service
    image: sinops-demo:1
    network_mode: none
    environment: { DEMO_PORT: "8080", V: "${V:-1}" }
    healthcheck: { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }
  web:
    <<: *service
    depends_on: { store: { condition: service_healthy } }
"#,
    );
    folder.write("sinops.yaml", "parallel: 1\ngate: { timeout: 30s }\n");
    let proxy = Proxy::before(&daemon.path("docker.sock").display().to_string());
    let deploy = |version: &str| {
        let mut command = folder.command(&["run", "deploy"]);
        command
            .env("DOCKER_HOST", proxy.endpoint())
            .env("V", version);
        ran(&mut command)
    };
    let running = || {
        let listed = daemon
            .docker(&["ps", "--format", "{{.Names}} {{.ID}}"])
            .stdout;
        let mut lines: Vec<String> = listed.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    proxy.pass();
    deploy("1").expect(0);
    for (version, at) in [
        ("2", "POST /containers/create"),
        ("3", "POST /containers/*/rename"),
        ("4", "POST /containers/*/start"),
    ] {
        let before = running();
        assert_eq!(before.len(), 2, "{before:?}");
        let restart = Fault::First(daemon.restart());
        proxy.plan(Matching::Prefix(at), 1, restart);
        let run = deploy(version);
        assert!(proxy.struck().is_some(), "nothing happened at {at}");
        let after = running();
        assert_eq!(after.len(), 2, "{at}: {}\n{after:?}", run.text());
        if run.code != 0 {
            assert_eq!(after, before, "{at}: it is taken back: {}", run.text());
        }
        proxy.pass();
        deploy(version).expect(0);
        let all = daemon
            .docker(&["ps", "-a", "--format", "{{.Names}}"])
            .stdout;
        assert_eq!(all.lines().count(), 2, "{at}: nothing is left over: {all}");
        proxy.pass();
        deploy(version).expect(0).says(&["nothing to do"]);
    }
}
