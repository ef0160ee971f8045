//! Environment and files: nothing that was not granted, nothing besides it.

use crate::sandbox::{Rogue, assert_names, assert_unharmed, planning};
use serde_json::json;
use sinops_runtime::plugins::PluginError;
use std::path::Path;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(folder.path().join("outside.txt"), "the outside").unwrap();
    std::fs::write(inside.join("inside.txt"), "the inside").unwrap();
    std::os::unix::fs::symlink("../outside.txt", inside.join("relative")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("outside.txt"), inside.join("absolute")).unwrap();
    std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
    std::os::unix::fs::symlink("/proc/self", inside.join("proc")).unwrap();
    folder
}

fn granted(folder: &Path) -> Rogue {
    let path = folder.join("inside").display().to_string();
    Rogue::notifier().grants(|grants| {
        grants.directories.insert("/data".into(), path);
    })
}

#[tokio::test]
async fn the_environment_is_empty() {
    let text = Rogue::notifier()
        .does(json!({"do": "environment"}))
        .await
        .unwrap();
    assert!(text.starts_with("[] []"), "{text}");
    assert_unharmed().await;
}

#[tokio::test]
async fn no_file_is_there_without_a_grant() {
    for path in [
        "/etc/passwd",
        "etc/passwd",
        ".",
        "/",
        "../../etc/passwd",
        "/proc/self/environ",
    ] {
        let text = Rogue::notifier()
            .does(json!({"do": "read", "path": path}))
            .await
            .unwrap();
        assert!(text.starts_with("refused: "), "{path}: {text}");
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn a_granted_folder_can_be_read() {
    let folder = folder();
    let text = granted(folder.path())
        .does(json!({"do": "read", "path": "/data/inside.txt"}))
        .await
        .unwrap();
    assert_eq!(text, "the inside");
}

#[tokio::test]
async fn no_path_leads_out_of_a_granted_folder() {
    let folder = folder();
    for path in [
        "/data/../outside.txt",
        "/data/./../outside.txt",
        "/data/relative",
        "/data/absolute",
        "/data/up/outside.txt",
        "/data/proc/environ",
        "/data/../../../../../../etc/passwd",
    ] {
        let text = granted(folder.path())
            .does(json!({"do": "read", "path": path}))
            .await
            .unwrap();
        assert!(text.starts_with("refused: "), "{path}: {text}");
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn a_granted_folder_cannot_be_written_to() {
    let folder = folder();
    for (what, path) in [
        ("write", "/data/new.txt"),
        ("write", "/data/inside.txt"),
        ("remove", "/data/inside.txt"),
    ] {
        let text = granted(folder.path())
            .does(json!({"do": what, "path": path}))
            .await
            .unwrap();
        assert!(text.starts_with("refused: "), "{path}: {text}");
    }
    assert_eq!(
        std::fs::read_to_string(folder.path().join("inside/inside.txt")).unwrap(),
        "the inside"
    );
    assert!(!folder.path().join("inside/new.txt").exists());
}

#[tokio::test]
async fn planning_reads_no_file_even_if_granted() {
    let folder = folder();
    let path = folder.path().join("inside").display().to_string();
    let rogue = Rogue::step().grants(|grants| {
        grants.directories.insert("/data".into(), path);
    });
    let plugin = rogue.load().await.unwrap();
    let settings = json!({"do": "read", "path": "/data/inside.txt"});
    let error = plugin.plan(&planning(), &settings).await.unwrap_err();
    assert!(matches!(error, PluginError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_granted_folder_that_is_missing_is_told() {
    let error = Rogue::notifier()
        .grants(|grants| {
            grants
                .directories
                .insert("/data".into(), "/does/not/exist".into());
        })
        .does(json!({"do": "behave"}))
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Grant { .. }), "{error:?}");
    assert_names(&error, &["/does/not/exist"]);
}
