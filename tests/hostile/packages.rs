//! Files that are no plugins.

use crate::sandbox::{Rogue, assert_names, assert_unharmed, built, crafted};
use sinops_runtime::plugins::PluginError;
use std::path::PathBuf;

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

async fn refused(name: &str, bytes: &[u8]) -> PluginError {
    let (_folder, path) = file(name, bytes);
    let error = Rogue::at("rogue", path).load().await.unwrap_err();
    assert_names(&error, &[name]);
    error
}

async fn other(name: &str) -> PluginError {
    let error = Rogue::at("rogue", crafted(name)).load().await.unwrap_err();
    assert_names(&error, &[&format!("{name}.wasm")]);
    error
}

#[tokio::test]
async fn a_component_of_another_world_is_refused() {
    let error = other("other-world").await;
    assert_names(
        &error,
        &[
            "another world",
            "acme:other/thing@1.0.0",
            "sinops:plugin/deploy-step",
        ],
    );
    assert_names(&other("nothing").await, &["it exports nothing"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_plugin_of_another_version_is_refused() {
    assert_names(&other("other-version").await, &["0.9.0", "speaks 0.1"]);
}

#[tokio::test]
async fn an_export_with_the_right_name_and_the_wrong_shape_is_refused() {
    let error = other("other-shape").await;
    assert!(matches!(error, PluginError::Link { .. }), "{error:?}");
    assert_names(&error, &["notifier", "describe"]);
}

#[tokio::test]
async fn a_missing_import_is_named() {
    let error = other("missing-import").await;
    assert!(matches!(error, PluginError::Link { .. }), "{error:?}");
    assert_names(&error, &["`acme:db/query@1.0.0`", "does not offer"]);
}

#[tokio::test]
async fn a_core_module_is_refused() {
    let error = other("core").await;
    assert_names(
        &error,
        &["core WebAssembly module", "wasm32-wasip2", "expected"],
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let whole = std::fs::read(built("rogue-notifier")).unwrap();
    for length in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        let error = refused("cut.wasm", &whole[..length]).await;
        assert!(
            matches!(error, PluginError::Package { .. }),
            "{length}: {error:?}"
        );
    }
    assert_names(
        &refused("cut.wasm", &whole[..whole.len() / 2]).await,
        &["cut off"],
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn random_bytes_are_refused() {
    // Always the same ones: a failure can be repeated.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes: Vec<u8> = (0..100_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect();
    assert_names(&refused("random.wasm", &bytes).await, &["no WebAssembly"]);
    // The same behind the first bytes of a component.
    bytes[..8].copy_from_slice(b"\0asm\x0d\0\x01\0");
    assert_names(&refused("behind.wasm", &bytes).await, &["damaged"]);
    assert_unharmed().await;
}

#[tokio::test]
async fn a_flipped_bit_never_harms_the_host() {
    let whole = std::fs::read(crafted("behaves")).unwrap();
    for at in (8..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let (_folder, path) = file("flipped.wasm", &bytes);
        // Some are still plugins; none may do harm.
        let _ = Rogue::at("rogue", path).load().await;
    }
    assert_unharmed().await;
}

#[tokio::test]
async fn a_file_of_500_megabytes_is_refused_unread() {
    let (_folder, path) = file("large.wasm", b"\0asm\x0d\0\x01\0");
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(500 << 20)
        .unwrap();
    let error = Rogue::at("rogue", path).load().await.unwrap_err();
    assert!(
        matches!(
            error,
            PluginError::Limit {
                key: "component",
                ..
            }
        ),
        "{error:?}"
    );
    assert_names(
        &error,
        &["load", "large.wasm", "524288000", "`component`", "33554432"],
    );
    assert_unharmed().await;
}

#[tokio::test]
async fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Rogue::at("rogue", folder.path().to_owned())
        .load()
        .await
        .unwrap_err();
    assert_names(&error, &["a folder"]);
    let error = Rogue::at("rogue", folder.path().join("absent.wasm"))
        .load()
        .await
        .unwrap_err();
    assert!(matches!(error, PluginError::Unreadable { .. }), "{error:?}");
    let error = Rogue::at("rogue", "/dev/zero".into())
        .load()
        .await
        .unwrap_err();
    assert_names(&error, &["no regular file"]);
}

#[tokio::test]
async fn a_grant_that_is_not_understood_is_refused() {
    for origin in ["https://a.org/path", "*", "https://*", "a.org"] {
        let error = Rogue::notifier().http(origin).load().await.unwrap_err();
        assert!(
            matches!(error, PluginError::Grant { .. }),
            "{origin}: {error:?}"
        );
        assert_names(&error, &["grants.http", origin]);
    }
}
