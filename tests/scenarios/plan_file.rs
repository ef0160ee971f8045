//! A plan that is kept, and carried out as it is or not at all.

use sinops_tests::{Folder, root};

const PLAN: [&str; 5] = ["--engine", "process", "plan", "-o", "plan.json"];
const RUN: [&str; 6] = [
    "--engine",
    "process",
    "run",
    "deploy",
    "--plan",
    "plan.json",
];

/// A stack of two processes; a value of its environment is a secret.
fn stack(level: &str) -> String {
    format!(
        "services:
  one:
    image: one:1
    x-sinops: {{ process: [sleep, '1000'] }}
    environment: {{ LEVEL: {level}, DB_PASSWORD: hunter2-of-the-plan }}
  two:
    image: two:1
    x-sinops: {{ process: [sleep, '1000'] }}
"
    )
}

struct Stack(Folder);

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.0.sinops(&["--engine", "process", "down"]);
    }
}

fn stopped_at_the_end(level: &str) -> Stack {
    let folder = Folder::new();
    folder.write("compose.yaml", &stack(level));
    Stack(folder)
}

#[test]
fn a_kept_plan_is_carried_out_once() {
    let Stack(folder) = &stopped_at_the_end("info");
    let before = folder.listing();
    folder
        .sinops(&PLAN)
        .expect(0)
        .says(&["there is no container yet", "kept in plan.json"]);
    let kept = std::fs::read_to_string(folder.path().join("plan.json")).expect("a plan");
    assert!(!kept.contains("hunter2"), "{kept}");
    std::fs::remove_file(folder.path().join("plan.json")).expect("gone");
    assert_eq!(folder.listing(), before, "nothing else was written");

    folder.write("plan.json", &kept);
    folder.sinops(&RUN).expect(0).says(&["one", "two"]);
    // What it was made from is no more: the containers are there.
    folder.sinops(&RUN).expect(1).says(&[
        "plan.json is not carried out",
        "container",
        "not there ->",
    ]);
    folder
        .sinops(&["--engine", "process", "plan", "--exit-code"])
        .expect(0)
        .says(&["nothing to do"]);
}

#[test]
fn a_plan_is_refused_when_something_moved() {
    let Stack(folder) = &stopped_at_the_end("info");
    folder.sinops(&PLAN).expect(0);
    folder.write("compose.yaml", &stack("debug"));
    folder
        .sinops(&RUN)
        .expect(1)
        .says(&["services.one: sha256:", "sinops plan -o plan.json"]);
    folder.write("compose.yaml", &stack("info"));
    folder.write("sinops.yaml", "parallel: 2\n");
    folder
        .sinops(&RUN)
        .expect(1)
        .says(&["sinops.yaml: sha256:"]);
    std::fs::remove_file(folder.path().join("sinops.yaml")).expect("gone");

    let path = folder.path().join("plan.json");
    let kept = std::fs::read_to_string(&path).expect("a plan");
    for (from, to, words) in [
        (
            "\"create:one:1\"",
            "\"create:one:2\"",
            "it was changed after",
        ),
        (
            "\"sinops-plan\": 1",
            "\"sinops-plan\": 7",
            "it has the format 7",
        ),
        (
            "\"sinops-plan\": 1",
            "\"plan-of\": 1",
            "it is no plan of sinops",
        ),
    ] {
        let other = kept.replace(from, to);
        assert_ne!(other, kept, "{from} is not in {kept}");
        folder.write("plan.json", &other);
        folder.sinops(&RUN).expect(1).says(&[words]);
    }
    folder.write("plan.json", &kept);
    folder
        .sinops(&["--engine", "process", "run", "other", "--plan", "plan.json"])
        .expect(1)
        .says(&["a plan of the pipeline `deploy`"]);
    let nothing = folder.sinops(&["--engine", "process", "status", "--format", "json"]);
    assert!(!nothing.stdout.contains("running"), "{}", nothing.stdout);
    folder.sinops(&RUN).expect(0);
}

#[test]
fn the_quickstart_can_be_planned_for_one_service() {
    let folder = Folder::copy_of(&root().join("examples/quickstart"));
    let one = folder
        .sinops(&["--engine", "process", "plan", "store", "--format", "json"])
        .expect(0);
    let plan: serde_json::Value = serde_json::from_str(&one.stdout).expect("one document");
    let services: Vec<&str> = plan["actions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|action| action["service"].as_str())
        .collect();
    assert!(
        !services.is_empty() && services.iter().all(|name| *name == "store"),
        "{plan}"
    );
}
