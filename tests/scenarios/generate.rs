//! `sinops generate`: writes files below one folder and nothing else, and never a
//! person's without a word.

use sinops_tests::{Folder, free_port, root};
use std::path::Path;

fn example() -> Folder {
    Folder::copy_of(&root().join("examples/sin-solver"))
}

fn read(folder: &Folder, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap_or_default()
}

/// Files outside of a folder, with their texts.
fn elsewhere(folder: &Folder, out: &str) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let out = folder.path().join(out);
    // The cache of compiled plugins is the user's, in HOME, which lies here.
    let cache = folder.path().join(".cache");
    let mut listing = folder.listing();
    listing.retain(|(path, _)| !path.starts_with(&out) && !path.starts_with(&cache));
    listing
}

#[test]
fn files_are_written_below_the_folder_and_nothing_else_changes() {
    let folder = example();
    let before = elsewhere(&folder, "out");
    let mut command = folder.command(&["generate", "monitoring", "--out", "out"]);
    // No engine is needed.
    let ran = sinops_tests::ran(command.env("DOCKER_HOST", "unix:///nowhere.sock")).expect(0);
    ran.says(&["prometheus/prometheus.yml", "written"]);
    assert_eq!(elsewhere(&folder, "out"), before);
    for file in [
        "prometheus/prometheus.yml",
        "loki/loki.yaml",
        "alloy/config.alloy",
        "grafana/provisioning/datasources/sinops.yaml",
        "grafana/provisioning/dashboards/sinops/stack.json",
    ] {
        assert!(folder.path().join("out").join(file).is_file(), "{file}");
    }
    // The same input gives the same bytes.
    let first = folder.listing();
    folder
        .sinops(&["generate", "--out", "out", "--dry-run", "--exit-code"])
        .expect(0);
    folder
        .sinops(&["generate", "--out", "out"])
        .expect(0)
        .says(&["0 written"]);
    folder.sinops(&["generate", "--out", "second"]).expect(0);
    for (path, text) in first {
        let Ok(rest) = path.strip_prefix(folder.path().join("out")) else {
            continue;
        };
        let second = folder.path().join("second").join(rest);
        assert_eq!(
            std::fs::read(&second).ok(),
            Some(text),
            "{}",
            second.display()
        );
    }
}

#[test]
fn looking_writes_nothing_and_says_what_would_change() {
    let folder = example();
    let before = folder.listing();
    let looked = |arguments: &[&str]| {
        let mut all = vec!["generate", "--out", "out"];
        all.extend_from_slice(arguments);
        folder.sinops(&all)
    };
    looked(&["--diff"]).expect(0).says(&[
        "--- /dev/null",
        "+++ out/loki/loki.yaml",
        "+auth_enabled: false",
    ]);
    looked(&["--diff", "--exit-code"]).expect(2);
    let json = looked(&["--dry-run", "--exit-code", "--format", "json"]).expect(2);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let files = document["files"].as_array().expect("files");
    assert!(files.len() > 10, "{document}");
    assert!(
        files.iter().all(|file| file["state"] == "new"),
        "{document}"
    );
    looked(&["--exit-code"]).expect(1);
    assert_eq!(folder.listing(), before);
}

#[test]
fn a_persons_edit_is_not_overwritten_and_a_kept_section_stays() {
    let folder = example();
    folder.sinops(&["generate", "--out", "out"]).expect(0);
    let path = "out/loki/loki.yaml";
    let ours = read(&folder, path);
    let edited = ours.replace("http_listen_port: 3100", "http_listen_port: 3101");
    assert_ne!(edited, ours);
    folder.write(path, &edited);
    folder
        .sinops(&["generate", "--out", "out"])
        .expect(1)
        .says(&["loki/loki.yaml", "changed by hand", "--out out --diff"]);
    assert_eq!(read(&folder, path), edited);
    folder
        .sinops(&["generate", "--out", "out", "--diff"])
        .expect(0)
        .says(&["overwrites your edit of", "-  http_listen_port: 3101"]);
    folder
        .sinops(&["generate", "--out", "out", "--overwrite"])
        .expect(0)
        .says(&["overwritten"]);
    assert_eq!(read(&folder, path), ours);

    // Theirs by agreement.
    let section = "# sinops:keep begin mine\nruler:\n  enable_api: true\n# sinops:keep end\n";
    folder.write(path, &format!("{ours}{section}"));
    folder
        .sinops(&["generate", "--out", "out", "--dry-run", "--exit-code"])
        .expect(0);
    let settings = read(&folder, "sinops.yaml");
    let longer = "plugins:\n  deploy-loki: { settings: { retention: 96h } }\n";
    folder.write("sinops.yaml", &settings.replace("plugins:\n", longer));
    folder.sinops(&["generate", "--out", "out"]).expect(0);
    let kept = read(&folder, path);
    assert!(kept.contains("retention_period: \"96h\""), "{kept}");
    assert!(kept.contains(section), "{kept}");
}

#[test]
fn a_deploy_does_not_overwrite_an_edit_unless_it_may() {
    let folder =
        Folder::with_one_service("pipelines: { deploy: { steps: [deploy-loki, deploy-tiers] } }\n");
    let loki = format!(
        "  loki:\n    image: grafana/loki:3.5.7\n    x-sinops: {{ process: {{ command: [demo] }} }}\n    environment: {{ DEMO_PORT: \"{}\" }}\n",
        free_port()
    );
    folder.write("compose.yaml", &(read(&folder, "compose.yaml") + &loki));
    let path = ".sinops/generated/loki/loki.yaml";
    folder.sinops(&["run", "deploy"]).expect(0);
    let ours = read(&folder, path);
    assert!(!ours.is_empty());
    let edited = format!("{ours}# mine\n");
    folder.write(path, &edited);
    folder
        .sinops(&["run", "deploy"])
        .expect(1)
        .says(&["overwrites your edit of loki/loki.yaml", "sinops:keep"]);
    assert_eq!(read(&folder, path), edited);
    let settings = read(&folder, "sinops.yaml") + "output: { overwrite: true }\n";
    folder.write("sinops.yaml", &settings);
    folder.sinops(&["run", "deploy"]).expect(0);
    assert_eq!(read(&folder, path), ours);
    let _ = folder.sinops(&["down"]);
}

#[test]
fn a_link_leads_nowhere() {
    let folder = example();
    folder.write("outside/keep", "x");
    std::fs::create_dir(folder.path().join("out")).expect("a folder");
    std::os::unix::fs::symlink(
        folder.path().join("outside"),
        folder.path().join("out/loki"),
    )
    .expect("a link");
    folder.sinops(&["generate", "--out", "out"]).expect(1);
    let outside: Vec<_> = std::fs::read_dir(folder.path().join("outside"))
        .expect("a folder")
        .flatten()
        .collect();
    assert_eq!(outside.len(), 1, "{outside:?}");
    assert!(Path::new(&folder.path().join("out/loki")).is_symlink());
}
