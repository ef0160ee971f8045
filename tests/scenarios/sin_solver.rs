//! The example of 37 services, whole and with one service broken.

use sinops_tests::engine::{self, Project};
use sinops_tests::{Folder, alone, root};

#[test]
fn all_37_come_up_then_one_broken_in_the_second_tier_is_undone() {
    if !engine::answers() {
        return;
    }
    let _alone = alone();
    let folder = Folder::copy_of(&root().join("examples/sin-solver"));
    let project = Project::guard("sin-solver", &[]);
    folder.sinops(&["run", "deploy"]).expect(0);
    let healthy = project.running();
    assert_eq!(healthy.len(), 37, "{healthy:#?}");

    let broken = [
        "-f",
        "compose.yaml",
        "-f",
        "compose.monitoring.yaml",
        "-f",
        "broken.yaml",
        "run",
        "deploy",
    ];
    let failed = folder.sinops(&broken).expect(1);
    failed.says(&["room-04-redis-cache", "redis-cli", "undone"]);
    assert_eq!(
        project.running(),
        healthy,
        "the containers of before serve again"
    );

    folder.sinops(&["down", "--volumes"]).expect(0);
    assert!(
        project.containers().is_empty(),
        "{:?}",
        project.containers()
    );
    assert!(project.networks().is_empty() && project.volumes().is_empty());
}

#[test]
fn broken_from_nothing_it_leaves_nothing() {
    if !engine::answers() {
        return;
    }
    let _alone = alone();
    let folder = Folder::copy_of(&root().join("examples/sin-solver"));
    let project = Project::guard("sin-solver", &[]);
    let broken = [
        "-f",
        "compose.yaml",
        "-f",
        "compose.monitoring.yaml",
        "-f",
        "broken.yaml",
        "run",
        "deploy",
    ];
    folder
        .sinops(&broken)
        .expect(1)
        .says(&["room-04-redis-cache", "data"]);
    assert!(
        project.containers().is_empty(),
        "{:?}",
        project.containers()
    );
    assert!(project.networks().is_empty() && project.volumes().is_empty());
}
