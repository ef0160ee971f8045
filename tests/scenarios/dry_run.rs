//! A dry run changes nothing: no file, no container, no network.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, root};

#[test]
fn nothing_changes_on_the_disk() {
    let folder = Folder::copy_of(&root().join("examples/quickstart"));
    let before = folder.listing();
    folder
        .sinops(&[
            "--engine",
            "process",
            "run",
            "deploy",
            "--dry-run",
            "--exit-code",
        ])
        .expect(2)
        .says(&["store", "there is no container yet"]);
    let json = folder
        .sinops(&[
            "--engine",
            "process",
            "run",
            "deploy",
            "--dry-run",
            "--format",
            "json",
        ])
        .expect(0);
    let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("one JSON document");
    assert!(
        plan["actions"]
            .as_array()
            .is_some_and(|actions| !actions.is_empty()),
        "{plan}"
    );
    assert_eq!(folder.listing(), before);
}

#[test]
fn nothing_changes_on_the_engine() {
    if !engine::answers() {
        return;
    }
    let _alone = sinops_tests::alone();
    let project = Project::guard("quickstart", &[]);
    let folder = Folder::copy_of(&root().join("examples/quickstart"));
    let before = folder.listing();
    let since = docker(&["system", "info", "--format", "{{.SystemTime}}"]).remove(0);
    folder
        .sinops(&["--engine", "docker", "run", "deploy", "--dry-run"])
        .expect(0);
    let now = docker(&["system", "info", "--format", "{{.SystemTime}}"]).remove(0);
    let events = docker(&[
        "events",
        "--since",
        &since,
        "--until",
        &now,
        "--filter",
        "label=com.docker.compose.project=quickstart",
    ]);
    assert!(events.is_empty(), "{events:?}");
    assert!(
        project.containers().is_empty()
            && project.networks().is_empty()
            && project.volumes().is_empty()
    );
    assert_eq!(folder.listing(), before);
}
