//! Every attribute that an engine is told: containers of sinops are as `docker compose`
//! makes them, sinops takes over those that compose made, and a change of each attribute is
//! seen, in both, and named.

mod normal;
mod table;

use normal::Made;
use serde_json::Value;
use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, Ran, ran, tool};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use table::{ANEW, ANEW_BY_COMPOSE, COMPOSE, DELIBERATE, FILLINGS, changes};

/// What variables of the files and the environments of services are filled in with.
const VARIABLES: [(&str, &str); 1] = [("PASSED", "passed-on")];

struct Stage {
    // Containers go before the files that they mount.
    project: Project,
    folder: Folder,
    compose: PathBuf,
    name: String,
    text: String,
}

impl Stage {
    fn new() -> Option<Self> {
        if !engine::answers() {
            return None;
        }
        let compose = tool("docker-compose")?;
        let folder = Folder::new();
        let name = folder.project();
        let machine = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let text = COMPOSE
            .replace("PROJECT", &name)
            .replace("PLATFORM", &format!("linux/{machine}"));
        folder
            .write("bound/here", "bound")
            .write("key", "key of test")
            .write("plain.conf", "config of test")
            .write(
                "profile.json",
                "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\"\n}\n",
            );
        let stage = Self {
            project: Project::guard(&name, &[]),
            folder,
            compose,
            name,
            text,
        };
        stage.write(&stage.text, false);
        Some(stage)
    }

    /// Writes the services, and the files that they are filled in from.
    fn write(&self, services: &str, changed: bool) {
        let text = format!("name: {}\n{services}", self.name);
        self.folder.write("compose.yaml", &text);
        for filling in FILLINGS {
            let text = if changed {
                filling.changed
            } else {
                filling.text
            };
            self.folder.write(filling.file, text);
        }
    }

    fn compose(&self, arguments: &[&str]) -> Ran {
        let mut command = self.folder.compose(&self.compose);
        // Engine 20.10 miscounts what is in a network when many containers go at once.
        command.env("COMPOSE_PARALLEL_LIMIT", "4").envs(VARIABLES);
        ran(command.args(arguments))
    }

    fn sinops(&self, arguments: &[&str]) -> Ran {
        ran(self.folder.command(arguments).envs(VARIABLES))
    }

    /// Removes the containers one by one. Engine 20.10 miscounts who is in a network when
    /// many leave at once, and would not remove it any more, whoever asks.
    fn empty(&self) {
        for container in self.project.containers() {
            let _ = docker(&["rm", "-f", "-v", &container]);
        }
    }

    /// Containers, networks and volumes as the engine inspects them, by their names.
    fn made(&self) -> Made {
        let inspected = |list: &[&str], look: &[&str]| -> Vec<Value> {
            let label = format!("label=com.docker.compose.project={}", self.name);
            let names = docker(&[list, &["--filter", &label]].concat());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let text = docker(&[look, &names].concat()).concat();
            serde_json::from_str(&text).unwrap()
        };
        normal::made(
            &self.name,
            &self.text,
            inspected(&["ps", "-aq", "--no-trunc"], &["inspect"]),
            inspected(&["network", "ls", "-q"], &["network", "inspect"]),
            inspected(&["volume", "ls", "-q"], &["volume", "inspect"]),
        )
    }

    /// Services that a plan would make anew, with the fields that it says differ.
    fn plan(&self) -> BTreeMap<String, BTreeSet<String>> {
        let text = self.sinops(&["plan", "--format", "json"]).expect(0).stdout;
        let plan: Value = serde_json::from_str(&text).unwrap();
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for action in plan["actions"].as_array().unwrap() {
            if action["operation"]["kind"] == "create-container" {
                let service = action["service"].as_str().unwrap().to_owned();
                let changes = action["changes"].as_array().into_iter().flatten();
                let paths = changes.map(|it| it["path"].as_str().unwrap().to_owned());
                found.entry(service).or_default().extend(paths);
            }
        }
        found
    }

    /// Every change of the table at once must be seen, in its service and in no other;
    /// `of_compose` says whose containers there are.
    fn changes_are_seen(&self, of_compose: bool) {
        let mut text = self.text.clone();
        let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut expect = |service: &str, fields: &[&str]| {
            let all = expected.entry(service.to_owned()).or_default();
            all.extend(fields.iter().map(|it| it.replace("PROJECT", &self.name)));
        };
        for change in changes() {
            text = change.made_in(&text);
            let fields = if of_compose {
                change.live
            } else {
                change.fields
            };
            if !fields.is_empty() {
                expect(change.service, &fields);
            }
        }
        for (service, field) in FILLINGS.iter().flat_map(|it| it.differing) {
            expect(service, &[field]);
        }
        for (service, fields) in ANEW.iter().filter(|_| of_compose) {
            expect(service, fields);
        }
        self.write(&text, true);
        let found = self.plan();
        self.write(&self.text, false);
        let said = |all: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
            all.iter()
                .flat_map(|(service, fields)| {
                    let fields = fields
                        .iter()
                        .map(move |field| format!("{service}: {field}"));
                    fields.chain([format!("{service} is made anew")])
                })
                .collect()
        };
        let (expected, found) = (said(&expected), said(&found));
        let missing: Vec<_> = expected.difference(&found).collect();
        let more: Vec<_> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "of compose: {of_compose}; not seen: {missing:#?}\nseen besides: {more:#?}"
        );
    }
}

#[test]
fn containers_are_as_compose_makes_them() {
    let Some(stage) = Stage::new() else { return };
    stage.compose(&["up", "-d"]).expect(0);
    let of_compose = stage.made();

    // Taken over as they are, but for what compose cannot have made.
    let anew: BTreeSet<String> = ANEW
        .iter()
        .map(|(service, _)| (*service).to_owned())
        .collect();
    let plan = stage.plan();
    assert_eq!(
        plan.keys().cloned().collect::<BTreeSet<_>>(),
        anew,
        "{plan:#?}"
    );
    let all = stage.compose(&["config", "--services"]).expect(0).stdout;
    let others = all.lines().filter(|service| !anew.contains(*service));
    let arguments: Vec<&str> = ["plan", "--exit-code"].into_iter().chain(others).collect();
    stage.sinops(&arguments).expect(0).says(&["nothing to do"]);
    stage.changes_are_seen(true);
    stage.empty();
    stage.compose(&["down", "-v", "-t", "0"]).expect(0);
    stage.sinops(&["run", "deploy"]).expect(0);
    let of_sinops = stage.made();
    let found = normal::differences(&of_compose, &of_sinops);
    let why = |line: &String| DELIBERATE.iter().find(|(place, _)| line.starts_with(place));
    let wrong: Vec<&String> = found.iter().filter(|line| why(line).is_none()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (place, reason) in DELIBERATE {
        let there = found.iter().any(|line| line.starts_with(place));
        assert!(
            there,
            "{place} is the same by now: take it out of the table ({reason})"
        );
    }

    stage.sinops(&["drift", "--exit-code"]).expect(0);
    stage.changes_are_seen(false);
    // And back.
    stage
        .sinops(&["run", "deploy", "--dry-run", "--exit-code"])
        .expect(0);

    // Compose too finds all as its files say.
    let running = stage.project.running();
    stage.compose(&["up", "-d"]).expect(0);
    let now = stage.project.running();
    let others = now.iter().filter(|it| !running.contains(it));
    let others: BTreeSet<&str> = others.filter_map(|it| it.split(' ').next()).collect();
    let expected = ANEW_BY_COMPOSE
        .iter()
        .map(|(service, _)| format!("{}-{service}-1", stage.name));
    let expected: Vec<String> = expected.collect();
    assert_eq!(others, expected.iter().map(String::as_str).collect());

    stage.empty();
    stage.sinops(&["down", "--volumes"]).expect(0);
    assert!(stage.project.containers().is_empty() && stage.project.volumes().is_empty());
}
