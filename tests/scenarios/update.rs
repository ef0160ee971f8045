//! A second deploy of a changed stack on the real engine.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, alone, ran, root};
use std::process::Command;

#[test]
fn only_what_changed_is_replaced_and_a_failed_change_brings_the_old_one_back() {
    if !engine::answers() {
        return;
    }
    let _alone = alone();
    let folder = Folder::copy_of(&root().join("examples/quickstart"));
    let project = Project::guard("quickstart", &[]);
    folder
        .sinops(&["--engine", "docker", "run", "deploy"])
        .expect(0);
    let first = project.running();
    assert_eq!(first.len(), 4, "{first:?}");

    folder.write(
        "change.yaml",
        "services: { api: { environment: { CHANGED: '1' } } }\n",
    );
    let changed = [
        "--engine",
        "docker",
        "-f",
        "compose.yaml",
        "-f",
        "change.yaml",
        "run",
        "deploy",
    ];
    folder.sinops(&changed).expect(0);
    let second = project.running();
    let kept = first
        .iter()
        .filter(|container| second.contains(container))
        .count();
    assert_eq!((second.len(), kept), (4, 3), "{first:?} {second:?}");

    let mut failing = folder.command(&changed);
    failing.env("API_FAILS", "health");
    ran(&mut failing).expect(1).says(&["api", "undone"]);
    assert_eq!(
        project.running(),
        second,
        "the container of before serves again"
    );
    assert_eq!(project.containers().len(), 4, "{:?}", project.containers());

    // The compose tool sees what sinops deployed.
    let compose = ran(Command::new("docker").args([
        "ps",
        "--filter",
        "label=com.docker.compose.project=quickstart",
        "--filter",
        "label=com.docker.compose.service=api",
        "--format",
        "{{.Names}}",
    ]));
    assert_eq!(compose.stdout.trim(), "quickstart-api-1");
    assert_eq!(
        docker(&[
            "inspect",
            "--format",
            "{{ index .Config.Labels \"com.docker.compose.oneoff\" }}",
            "quickstart-api-1"
        ]),
        ["False"]
    );
    folder
        .sinops(&["--engine", "docker", "down", "--volumes"])
        .expect(0);
    assert!(project.containers().is_empty() && project.volumes().is_empty());
}
