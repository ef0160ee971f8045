//! What the documents name is there.

use sinops_tests::root;

#[test]
fn paths_that_the_documents_name_exist() {
    let mut missing = Vec::new();
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/from-dockprom.md",
    ] {
        let text = std::fs::read_to_string(root().join(document)).expect(document);
        for word in text.split('`').skip(1).step_by(2) {
            let first = word.split('/').next().unwrap_or_default();
            let ours = [
                "host", "plugins", "wit", "sdk", "examples", "tests", "xtask",
            ]
            .contains(&first);
            let plain = !word.contains([' ', '<', '*', '…', '{']) && word.contains('/');
            if ours && plain && !root().join(word).exists() {
                missing.push(format!("{document}: {word}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_plugin_has_its_papers() {
    let entries = std::fs::read_dir(root().join("plugins")).unwrap().flatten();
    // `shared` holds libraries that plugins use.
    let plugins = entries.filter(|it| it.path().is_dir() && it.file_name() != "shared");
    for entry in plugins {
        for name in ["Cargo.toml", "README.md", "sample.yaml", "src/lib.rs"] {
            let path = entry.path().join(name);
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}
