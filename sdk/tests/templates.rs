//! The templates of `sinops plugin new`: a project made from each passes its
//! own tests.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::Path;
use std::process::Command;

const ROLES: [&str; 4] = ["collector", "deploy-step", "evaluator", "notifier"];

#[test]
fn a_project_of_each_role_passes_its_tests() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Where cargo puts what tests make; one target folder for all four.
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("templates");
    for role in ROLES {
        let package = format!("{role}-example");
        let filled = |file: &str| {
            let text = std::fs::read_to_string(sdk.join("templates").join(file)).unwrap();
            text.replace(
                "\"sdk-dependency\"",
                &format!("{{ path = {:?} }}", sdk.display().to_string()),
            )
            .replace("plugin-package", &package)
            .replace("plugin_crate", &package.replace('-', "_"))
            .replace("PluginType", "Example")
        };
        let project = scratch.join(&package);
        std::fs::create_dir_all(project.join("src")).unwrap();
        std::fs::create_dir_all(project.join("tests")).unwrap();
        for (from, to) in [
            ("Cargo.toml.in".to_owned(), "Cargo.toml"),
            (format!("{role}/lib.rs"), "src/lib.rs"),
            (format!("{role}/contract.rs"), "tests/contract.rs"),
        ] {
            std::fs::write(project.join(to), filled(&from)).unwrap();
        }
        // The versions that this repository is built with: nothing is fetched.
        std::fs::copy(sdk.join("../Cargo.lock"), project.join("Cargo.lock")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--offline", "--target-dir"])
            .arg(scratch.join("target"))
            .current_dir(&project)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{package}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
