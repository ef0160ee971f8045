//! kill -9 at every place: before the engine hears of an action, and after it has done
//! it but before we know. The next run completes or reverts, and leaves nothing behind.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::proxy::{Fault, Matching, Proxy};
use sinops_tests::{Folder, Ran, component, ran};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

/// More requests than any of these runs makes.
const ENOUGH: usize = 60;

const COMPOSE: &str = r#"
services:
  store:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080", V: "${V:-1}" }
    healthcheck: &check { test: [CMD, curl, -f, "http://localhost:8080/health"], interval: 1s }
    volumes: [data:/data]
    networks: [inner]
  web:
    image: sinops-demo:1
    environment: { DEMO_PORT: "8080", V: "${V:-1}", DEMO_FAIL: "${FAIL:-}" }
    healthcheck: *check
    depends_on: { store: { condition: service_healthy } }
    networks: [inner]
    deploy: { replicas: "${N:-1}" }
networks: { inner: { internal: "${INTERNAL:-false}" } }
volumes: { data: {} }
"#;

/// Service, container name, id, and whether it runs.
type Seen = (String, String, String, bool);

struct Stage {
    folder: Folder,
    project: Project,
    proxy: Proxy,
    kills: BTreeMap<String, usize>,
}

impl Stage {
    fn new() -> Self {
        let folder = Folder::new();
        let name = folder.project();
        folder.write("compose.yaml", &format!("name: {name}\n{COMPOSE}"));
        folder.write("sinops.yaml", "parallel: 1\ngate: { timeout: 20s }\n");
        Self {
            project: Project::guard(&name, &[]),
            folder,
            proxy: Proxy::start(),
            kills: BTreeMap::new(),
        }
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = self.folder.command(arguments);
        command
            .env("DOCKER_HOST", self.proxy.endpoint())
            .envs(environment.iter().copied());
        command
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        self.proxy.pass();
        ran(&mut self.command(arguments, environment))
    }

    /// Runs until the fault; false if the run ended before. Checks what must hold right after.
    fn killed(
        &mut self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        nth: usize,
        fault: Fault,
    ) -> bool {
        let before = self.seen();
        self.proxy.plan(Matching::Stack, nth, fault);
        let mut command = self.command(arguments, environment);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.proxy.spawn(&mut command).wait().expect("it ends");
        let Some(change) = self.proxy.struck() else {
            return false;
        };
        *self.kills.entry(change).or_default() += 1;
        if arguments.first() != Some(&"down") {
            self.something_to_go_back_to(&before);
        }
        true
    }

    /// Runs until the journal has so many lines; false if the run ended before.
    fn killed_at_line(&mut self, lines: usize, environment: &[(&str, &str)]) -> bool {
        let folder = self.folder.path().join(".sinops/journal");
        let newest = || {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).max()
        };
        let before = newest();
        self.proxy.pass();
        let mut command = self.command(&DEPLOY, environment);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        while child.try_wait().expect("it can be asked").is_none() {
            let journal = newest().filter(|path| Some(path) != before.as_ref());
            let text = journal.and_then(|path| std::fs::read_to_string(path).ok());
            if text.is_some_and(|text| text.lines().count() >= lines) {
                child.kill().expect("it is killed");
                child.wait().expect("it ends");
                *self.kills.entry("journal".to_owned()).or_default() += 1;
                return true;
            }
            std::thread::sleep(std::time::Duration::from_micros(500));
        }
        false
    }

    /// How often `web` was told to read its configuration again.
    fn reloads(&self) -> usize {
        let name = format!("{}-web-1", self.folder.project());
        let logs = ran(Command::new("docker").args(["logs", &name])).text();
        logs.lines().filter(|line| line.contains("reload")).count()
    }

    fn ids(&self) -> BTreeSet<(String, String)> {
        let seen = self.seen().into_iter();
        seen.map(|seen| (seen.1, seen.2)).collect()
    }

    fn seen(&self) -> Vec<Seen> {
        let format = r#"{{.Label "com.docker.compose.service"}} {{.Names}} {{.ID}} {{.State}}"#;
        let filter = format!("label=com.docker.compose.project={}", self.folder.project());
        docker(&["ps", "-a", "--filter", &filter, "--format", format])
            .iter()
            .map(|line| {
                let mut words = line.split(' ').map(str::to_owned);
                let mut next = || words.next().unwrap_or_default();
                (next(), next(), next(), next() == "running")
            })
            .collect()
    }

    /// Whoever had a container has that one still, or another that serves.
    fn something_to_go_back_to(&self, before: &[Seen]) {
        let after = self.seen();
        let services: BTreeSet<&str> = before.iter().map(|seen| seen.0.as_str()).collect();
        for service in services {
            let of = |list: &[Seen]| -> Vec<Seen> {
                let mine = list.iter().filter(|seen| seen.0 == service);
                mine.cloned().collect()
            };
            let (old, new) = (of(before), of(&after));
            let kept = old
                .iter()
                .any(|seen| new.iter().any(|other| other.2 == seen.2));
            let serves = || {
                let check = ["curl", "-f", "http://localhost:8080/health"];
                new.iter().filter(|seen| seen.3).any(|seen| {
                    let mut exec = Command::new("docker");
                    ran(exec.args(["exec", &seen.2]).args(check)).code == 0
                })
            };
            assert!(
                kept || serves(),
                "{service} has nothing to go back to: {before:?} -> {after:?}"
            );
        }
    }

    /// What is declared is there and runs, and nothing else; and nothing is left to do.
    fn is_whole(&self, environment: &[(&str, &str)], replicas: usize) {
        let project = self.folder.project();
        let mut expected = vec![format!("{project}-store-1")];
        expected.extend((1..=replicas).map(|number| format!("{project}-web-{number}")));
        let mut running: Vec<String> = self
            .seen()
            .into_iter()
            .map(|(_, name, _, runs)| {
                if runs {
                    name
                } else {
                    format!("{name} (stopped)")
                }
            })
            .collect();
        running.sort();
        assert_eq!(running, expected);
        assert_eq!(self.project.networks(), [format!("{project}_inner")]);
        assert_eq!(self.project.volumes(), [format!("{project}_data")]);
        self.no_lease();
        self.run(&DEPLOY, environment).expect(0);
        assert_eq!(self.proxy.changes(), [""; 0], "there was nothing to do");
    }

    fn is_gone(&self) {
        assert_eq!(self.seen(), []);
        assert_eq!(self.project.networks(), [""; 0]);
        assert_eq!(self.project.volumes(), [""; 0]);
        self.no_lease();
    }

    fn no_lease(&self) {
        let filter = format!("label=sinops.lease={}", self.folder.project());
        assert_eq!(
            docker(&["volume", "ls", "-q", "--filter", &filter]),
            [""; 0]
        );
    }

    /// Fails unless so many kills were made, some of them at each of these requests.
    fn made(&self, least: usize, at: &[&str]) {
        let total: usize = self.kills.values().sum();
        println!("{total} kills: {:?}", self.kills);
        assert!(total >= least, "only {total} kills: {:?}", self.kills);
        for change in at {
            assert!(
                self.kills.contains_key(*change),
                "nothing was killed at {change}: {:?}",
                self.kills
            );
        }
    }
}

const DEPLOY: [&str; 2] = ["run", "deploy"];
const BROKEN: [(&str, &str); 2] = [("V", "2"), ("FAIL", "start")];
const BOTH: [Fault; 2] = [Fault::KillBefore, Fault::KillAfter];

#[test]
fn from_nothing_and_down() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    let (mut up_ended, mut down_ended) = (false, false);
    for (nth, fault) in (1..ENOUGH).flat_map(|nth| BOTH.map(|fault| (nth, fault))) {
        if !up_ended {
            up_ended = !stage.killed(&DEPLOY, &[], nth, fault);
        }
        stage.run(&DEPLOY, &[]).expect(0);
        stage.is_whole(&[], 1);
        if !down_ended {
            down_ended = !stage.killed(&["down", "--volumes"], &[], nth, fault);
        }
        stage.run(&["down", "--volumes"], &[]).expect(0);
        stage.is_gone();
        if up_ended && down_ended {
            break;
        }
    }
    stage.made(
        22,
        &[
            "POST /networks/create",
            "POST /volumes/create",
            "POST /containers/create",
            "POST /containers/*/start",
            "POST /containers/*/stop",
            "DELETE /containers/*",
            "DELETE /networks/*",
            "DELETE /volumes/*",
        ],
    );
}

#[test]
fn replacing_all() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.run(&DEPLOY, &[]).expect(0);
    let mut version = 1;
    for (nth, fault) in (1..ENOUGH).flat_map(|nth| BOTH.map(|fault| (nth, fault))) {
        version += 1;
        let version = version.to_string();
        let environment = [("V", version.as_str())];
        let ended = !stage.killed(&DEPLOY, &environment, nth, fault);
        stage.run(&DEPLOY, &environment).expect(0);
        stage.is_whole(&environment, 1);
        if ended {
            break;
        }
    }
    stage.made(
        16,
        &[
            "POST /containers/*/rename",
            "POST /containers/create",
            "POST /containers/*/stop",
            "POST /containers/*/start",
            "DELETE /containers/*",
        ],
    );
}

#[test]
fn scaling_up_and_down() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.run(&DEPLOY, &[]).expect(0);
    let (mut up_ended, mut down_ended) = (false, false);
    for (nth, fault) in (1..ENOUGH).flat_map(|nth| BOTH.map(|fault| (nth, fault))) {
        for (replicas, ended) in [(3, &mut up_ended), (1, &mut down_ended)] {
            let text = replicas.to_string();
            let environment = [("N", text.as_str())];
            if !*ended {
                *ended = !stage.killed(&DEPLOY, &environment, nth, fault);
            }
            stage.run(&DEPLOY, &environment).expect(0);
            stage.is_whole(&environment, replicas);
        }
        if up_ended && down_ended {
            break;
        }
    }
    stage.made(14, &["POST /containers/create", "DELETE /containers/*"]);
}

/// Kills before and after each request in turn, until `round` says that its run ended first.
fn each_kill(mut round: impl FnMut(usize, Fault) -> bool) {
    for (nth, fault) in (1..ENOUGH).flat_map(|nth| BOTH.map(|fault| (nth, fault))) {
        if round(nth, fault) {
            return;
        }
    }
}

#[test]
fn rolling_back() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.folder.write(
        "sinops.yaml",
        "parallel: 1\ngate: { timeout: 20s }\nreleases: { keep: 1000 }\n",
    );
    stage.run(&DEPLOY, &[]).expect(0);
    let back = ["rollback", "1"];
    each_kill(|nth, fault| {
        stage.run(&DEPLOY, &[("V", "2")]).expect(0);
        let ended = !stage.killed(&back, &[("V", "2")], nth, fault);
        stage.run(&back, &[("V", "2")]).expect(0);
        stage.is_whole(&[], 1);
        ended
    });
    stage.made(16, &["POST /containers/*/rename", "DELETE /containers/*"]);
}

/// The change breaks `web`; the kill comes on the way there or on the way back, and the
/// user gives the change up.
#[test]
fn on_the_way_there_and_back() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.run(&DEPLOY, &[]).expect(0);
    each_kill(|nth, fault| {
        let before = stage.ids();
        let ended = !stage.killed(&DEPLOY, &BROKEN, nth, fault);
        stage.run(&DEPLOY, &[]).expect(0);
        stage.is_whole(&[], 1);
        assert_eq!(before, stage.ids(), "killed at request {nth}, {fault:?}");
        ended
    });
    stage.made(24, &["POST /containers/*/rename", "DELETE /containers/*"]);
}

/// As before, but the user tries the same again: it fails again, and what the killed run
/// put aside comes back.
#[test]
fn a_failing_run_takes_back_what_a_killed_one_began() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.run(&DEPLOY, &[]).expect(0);
    each_kill(|nth, fault| {
        let before = stage.ids();
        let ended = !stage.killed(&DEPLOY, &BROKEN, nth, fault);
        let again = stage.run(&DEPLOY, &BROKEN).expect(1);
        stage.is_whole(&[], 1);
        let after = stage.ids();
        assert_eq!(
            before,
            after,
            "killed at request {nth}, {fault:?}: {}",
            again.text()
        );
        ended
    });
    stage.made(24, &["POST /containers/*/rename", "DELETE /containers/*"]);
}

/// The change breaks `web` and wants another network, for which all has to stop. Killed
/// before one request and after the next, or the other way round.
#[test]
fn a_network_made_anew_comes_back_too() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.run(&DEPLOY, &[]).expect(0);
    let broken = [BROKEN[0], BROKEN[1], ("INTERNAL", "true")];
    let network = format!("{}_inner", stage.folder.project());
    for nth in 1..ENOUGH {
        let [before, after] = BOTH;
        let fault = if nth % 2 == 0 { before } else { after };
        let ids = stage.ids();
        let ended = !stage.killed(&DEPLOY, &broken, nth, fault);
        let again = stage.run(&DEPLOY, &broken).expect(1);
        stage.is_whole(&[], 1);
        let internal = docker(&["network", "inspect", "--format", "{{.Internal}}", &network]);
        assert_eq!(
            (stage.ids(), internal.concat().as_str()),
            (ids, "false"),
            "killed at request {nth}, {fault:?}: {}",
            again.text()
        );
        if ended {
            break;
        }
    }
    stage.made(20, &["DELETE /networks/*", "POST /networks/create"]);
}

/// A file, a reload and a one-off, killed whenever the journal has grown by a line.
#[test]
fn at_every_line_of_the_journal() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    let name = stage.folder.project();
    stage.folder.write(
        "compose.yaml",
        &format!("name: {name}\n{COMPOSE}").replace(
            "networks: {",
            r#"  job:
    image: sinops-demo:1
    environment: { DEMO_EXIT_AFTER_MS: "1" }
  last:
    image: sinops-demo:1
    depends_on: { job: { condition: service_completed_successfully } }
networks: {"#,
        ),
    );
    let plugin = component("hostile/rogue-step");
    let settings = |content: &str| {
        format!(
            "parallel: 1\ngate: {{ timeout: 20s }}\n\
             plugins: {{ chores: {{ source: {}, settings: {{ do: chores, content: '{content}' }} }} }}\n\
             pipelines: {{ deploy: {{ steps: [deploy-preflight, deploy-tiers, chores] }} }}\n",
            plugin.display()
        )
    };
    stage.folder.write("sinops.yaml", &settings("0"));
    stage.run(&DEPLOY, &[]).expect(0);
    let generated = stage.folder.path().join(".sinops/generated/chores.conf");
    for lines in 1..ENOUGH {
        let (content, version) = (lines.to_string(), lines.to_string());
        // With and without a container to be replaced as well.
        let environment = [("V", if lines < 12 { "1" } else { version.as_str() })];
        stage.folder.write("sinops.yaml", &settings(&content));
        let told = stage.reloads();
        let ended = !stage.killed_at_line(lines, &environment);
        stage.run(&DEPLOY, &environment).expect(0);
        assert_eq!(std::fs::read_to_string(&generated).unwrap(), content);
        if lines < 12 {
            assert!(stage.reloads() > told, "killed at line {lines}: not told");
        }
        stage.run(&DEPLOY, &environment).expect(0);
        assert_eq!(stage.proxy.changes(), [""; 0], "there was nothing to do");
        let names: Vec<String> = stage.seen().into_iter().map(|seen| seen.1).collect();
        let left = names
            .iter()
            .filter(|name| name.contains(".previous") || name.contains("-run-"));
        assert_eq!((left.count(), names.len()), (0, 4), "{names:?}");
        if ended && lines > 12 {
            break;
        }
    }
    stage.made(20, &["journal"]);
}
