//! The binary as a user meets it, without an engine: files, messages, streams
//! and exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder with files in it.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sinops"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_clear();
    command.env("HOME", folder);
    command
}

fn sinops(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const SHOP: &str =
    "services:\n  web:\n    image: web:1\n    depends_on: [db]\n  db:\n    image: postgres:15\n";

#[test]
fn nothing_to_work_on_is_said_with_what_to_do() {
    let folder = folder(&[]);
    let output = sinops(folder.path(), &["config"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "");
    let said = err(&output);
    assert!(said.contains("no compose file"), "{said}");
    assert!(said.contains("help: name it with -f FILE"), "{said}");
}

#[test]
fn a_mistyped_key_is_shown_where_it_stands() {
    let folder = folder(&[("compose.yaml", "services:\n  web:\n    imgae: nginx\n")]);
    let output = sinops(folder.path(), &["config"]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("compose.yaml:3:5"), "{said}");
    assert!(said.contains("did you mean `image`?"), "{said}");
    assert!(
        !said.contains('\u{1b}'),
        "no colours without a terminal: {said}"
    );
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
}

#[test]
fn a_mistyped_key_of_sinops_yaml_is_shown_where_it_stands() {
    let folder = folder(&[
        ("compose.yaml", SHOP),
        ("sinops.yaml", "engine: docker\ntires: []\n"),
    ]);
    let output = sinops(folder.path(), &["run", "deploy", "--dry-run"]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("sinops.yaml:2:1"), "{said}");
    assert!(said.contains("did you mean `tiers`?"), "{said}");
}

#[test]
fn a_missing_file_names_the_nearest_one() {
    let folder = folder(&[("compose.prod.yaml", SHOP)]);
    let output = sinops(folder.path(), &["-f", "compose.prd.yaml", "config"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("did you mean `compose.prod.yaml`?"),
        "{}",
        err(&output)
    );
}

#[test]
fn a_tier_that_matches_nothing_is_an_error_with_its_line() {
    let tiers = "tiers:\n  - name: data\n    services: [dbb]\n";
    let folder = folder(&[("compose.yaml", SHOP), ("sinops.yaml", tiers)]);
    let output = sinops(folder.path(), &["status"]);
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output);
    assert!(said.contains("`dbb` matches no service"), "{said}");
    assert!(said.contains("did you mean `db`?"), "{said}");
    assert!(said.contains("sinops.yaml:"), "{said}");
}

#[test]
fn wrong_usage_is_not_taken_for_a_plan_with_changes() {
    let folder = folder(&[]);
    for arguments in [
        &["run", "deploy", "--exit-cod"][..],
        &["run", "deploy", "--exit-code"],
        &["nonsense"],
        &[],
    ] {
        let output = sinops(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
    assert_eq!(sinops(folder.path(), &["--help"]).status.code(), Some(0));
}

#[test]
fn flags_that_mean_nothing_here_are_refused() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    for (arguments, words) in [
        (
            &["run", "deploy", "--once"][..],
            "--once and --listen belong to `run monitor`",
        ),
        (&["run", "monitor", "--dry-run"], "takes neither"),
        (&["run", "monitor", "web"], "takes neither"),
    ] {
        let output = sinops(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(err(&output).contains(words), "{}", err(&output));
    }
}

#[test]
fn config_prints_the_project_on_standard_output_and_nothing_else() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let services = sinops(folder.path(), &["config", "--services"]);
    assert_eq!(services.status.code(), Some(0));
    assert_eq!(out(&services).lines().count(), 2);
    let document = sinops(folder.path(), &["-p", "shop", "config", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out(&document)).unwrap();
    assert_eq!(document["name"], "shop");
    assert_eq!(
        document["services"]["web"]["depends_on"]["db"]["condition"],
        "service_started"
    );
    assert_eq!(err(&services), "");
}

#[test]
fn config_lists_the_names_of_one_kind() {
    let text = "services:\n  web: { image: 'web:1', volumes: ['data:/d'], networks: [front], models: [talk] }\n  own: { build: ., profiles: [more, dev] }\n  job: { image: job, profiles: [dev] }\nvolumes: { data: , unused: }\nnetworks: { front: , unused: }\nmodels: { talk: { model: ai/small } }\n";
    let folder = folder(&[("compose.yaml", text)]);
    for (flag, names) in [
        ("--services", "web\nown\n"),
        ("--images", "web:1\nshop-own\n"),
        ("--volumes", "data\n"),
        ("--networks", "front\ndefault\n"),
        ("--models", "ai/small\n"),
        ("--profiles", "dev\nmore\n"),
    ] {
        let arguments = ["-p", "shop", "--profile", "more", "config", flag];
        let output = sinops(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(out(&output), names, "{flag}");
    }
    let both = sinops(folder.path(), &["config", "--services", "--images"]);
    assert_eq!(both.status.code(), Some(1));
}

#[test]
fn config_of_some_services() {
    let text = "services:\n  web: { image: web, depends_on: [db] }\n  db: { image: db, volumes: ['data:/d'] }\n  own: { image: own, profiles: [more], networks: [n] }\nvolumes: { data: }\nnetworks: { n: }\n";
    let folder = folder(&[("compose.yaml", text), (".env", "A=from the file\n")]);
    for (services, names) in [
        (&["web"][..], "web\ndb\n"),
        (&["db"], "db\n"),
        (&["own"], "own\n"),
        (&["db", "own"], "db\nown\n"),
    ] {
        let arguments = [&["-p", "shop", "config", "--images"], services].concat();
        let output = sinops(folder.path(), &arguments);
        assert_eq!(out(&output), names, "{}", err(&output));
    }
    // As in docker compose, these names are not selected from.
    let output = sinops(folder.path(), &["config", "--services", "db"]);
    assert_eq!(out(&output), "web\ndb\n");
    let output = sinops(folder.path(), &["config", "own"]);
    assert!(!out(&output).contains("data"), "{}", out(&output));
    let output = sinops(folder.path(), &["config", "wbe"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("there is no service `wbe`"));
    let output = sinops(folder.path(), &["-p", "shop", "config", "--environment"]);
    let lines = out(&output);
    assert!(lines.lines().any(|line| line == "A=from the file"));
    assert!(
        lines
            .lines()
            .any(|line| line == "COMPOSE_PROJECT_NAME=shop")
    );
}

#[test]
fn config_writes_to_a_file() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let printed = sinops(folder.path(), &["config"]);
    let written = sinops(folder.path(), &["config", "-o", "out.yaml"]);
    assert_eq!(out(&written), "", "{}", err(&written));
    let text = fs::read_to_string(folder.path().join("out.yaml")).unwrap();
    assert_eq!(text.trim_end(), out(&printed).trim_end());
    let nowhere = sinops(folder.path(), &["config", "-o", "no/such/out.yaml"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(
        err(&nowhere).contains("cannot be written"),
        "{}",
        err(&nowhere)
    );
}

#[test]
fn what_config_prints_is_a_compose_file_again() {
    let text = "services:\n  web:\n    image: web\n    environment: { PRICE: '5$$', YES: 'no' }\n";
    let folder = folder(&[("compose.yaml", text)]);
    let first = sinops(folder.path(), &["-p", "shop", "config"]);
    fs::write(folder.path().join("again.yaml"), out(&first)).unwrap();
    let second = sinops(folder.path(), &["-f", "again.yaml", "config"]);
    assert_eq!(out(&first), out(&second), "{}", err(&second));
    assert!(out(&first).contains("5$$"), "{}", out(&first));
}

#[test]
fn unset_variables_are_collected_into_one_warning() {
    let text = "services:\n  web:\n    image: web:${TAG}\n    environment: { A: \"${A}${B}\" }\n";
    let folder = folder(&[("compose.yaml", text)]);
    let output = sinops(folder.path(), &["config", "--quiet"]);
    assert_eq!(output.status.code(), Some(0));
    let said = err(&output);
    assert!(said.contains("3 variables are not set"), "{said}");
    for variable in ["TAG (line 3)", "A (line 4)", "B (line 4)"] {
        assert!(
            said.replace("\n  │ ", " ").contains(variable),
            "{variable}: {said}"
        );
    }
}

#[test]
fn variables_come_from_env_files_under_those_of_the_shell() {
    let text = "services:\n  web:\n    image: ${A}-${B}-${C:-c}\n";
    let folder = folder(&[
        ("compose.yaml", text),
        (".env", "A=dot\nB=dot\n"),
        ("x.env", "A=x\nC=x\n"),
    ]);
    let image = |output: Output| {
        let document: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        document["services"]["web"]["image"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let arguments = ["config", "--format", "json"];
    let shell = command(folder.path(), &arguments)
        .env("B", "shell")
        .output()
        .unwrap();
    assert_eq!(image(shell), "dot-shell-c");
    let mut arguments = arguments.to_vec();
    arguments.extend(["--env-file", ".env", "--env-file", "x.env"]);
    assert_eq!(image(sinops(folder.path(), &arguments)), "x-dot-x");
    let missing = sinops(folder.path(), &["config", "--env-file", "y.env"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        err(&missing).contains("y.env is not there"),
        "{}",
        err(&missing)
    );
}

#[test]
fn compose_variables_name_files_project_and_profiles() {
    let two = "services:\n  extra:\n    image: extra\n    profiles: [more]\n";
    let folder = folder(&[("a.yml", SHOP), ("b.yml", two), ("sub/x", "")]);
    let run = |file: &str, profiles: &str| {
        command(&folder.path().join("sub"), &["config", "--format", "json"])
            .env("COMPOSE_FILE", file)
            .env("COMPOSE_PROFILES", profiles)
            .env("COMPOSE_PROJECT_NAME", "named")
            .output()
            .unwrap()
    };
    let document: serde_json::Value =
        serde_json::from_str(&out(&run("../a.yml:../b.yml", "more"))).unwrap();
    assert_eq!(document["name"], "named");
    assert!(document["services"]["extra"].is_object());
    let document: serde_json::Value =
        serde_json::from_str(&out(&run("../a.yml:../b.yml", ""))).unwrap();
    assert!(document["services"]["extra"].is_null());
}

#[test]
fn a_compose_file_is_found_in_a_parent_and_read_from_standard_input() {
    use std::io::Write;
    let folder = folder(&[("compose.yml", SHOP), ("deep/er/x", "")]);
    let output = sinops(&folder.path().join("deep/er"), &["config", "--services"]);
    assert_eq!(out(&output).lines().count(), 2, "{}", err(&output));
    let mut child = command(folder.path(), &["-f", "-", "config", "--services"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"services: { one: { image: x } }")
        .unwrap();
    assert_eq!(out(&child.wait_with_output().unwrap()), "one\n");
}

#[test]
fn init_suggests_tiers_and_does_not_overwrite() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let output = sinops(folder.path(), &["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let written = fs::read_to_string(folder.path().join("sinops.yaml")).unwrap();
    assert!(
        written.contains("- name: data\n    services:\n      - db\n"),
        "{written}"
    );
    assert!(
        written.contains("- name: applications\n    services:\n      - web\n"),
        "{written}"
    );
    fs::write(folder.path().join("sinops.yaml"), "mine: true\n").unwrap();
    let again = sinops(folder.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("--force"), "{}", err(&again));
    assert_eq!(
        fs::read_to_string(folder.path().join("sinops.yaml")).unwrap(),
        "mine: true\n"
    );
    assert_eq!(
        sinops(folder.path(), &["init", "--force"]).status.code(),
        Some(0)
    );
}

#[test]
fn init_names_files_that_are_not_found_by_themselves() {
    let folder = folder(&[("a.yml", SHOP), ("b.yml", "services: { c: { image: x } }")]);
    let output = sinops(folder.path(), &["init", "-f", "a.yml", "-f", "b.yml"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let services = sinops(folder.path(), &["config", "--services"]);
    assert_eq!(out(&services).lines().count(), 3, "{}", err(&services));
}

#[test]
fn without_an_engine_it_says_how_to_get_one() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let output = command(folder.path(), &["run", "deploy"])
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = err(&output).replace("\n        ", " ");
    assert!(
        said.contains("no engine answers at unix:///nonexistent/docker.sock"),
        "{said}"
    );
    assert!(said.contains("systemctl start docker"), "{said}");
    assert!(said.contains("--engine process"), "{said}");
}

#[test]
fn a_refused_run_is_an_event_for_programs() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let output = command(folder.path(), &["run", "deploy", "--format", "json"])
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let event: serde_json::Value = serde_json::from_str(out(&output).trim()).unwrap();
    assert_eq!(event["event"], "refused");
    let message = event["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("no engine answers"), "{message}");
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let folder = folder(&[]);
    let coloured = |arguments: &[&str], variable: Option<&str>| {
        let mut command = command(folder.path(), arguments);
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        err(&command.output().unwrap()).contains('\u{1b}')
    };
    assert!(!coloured(&["config"], None));
    assert!(!coloured(&["config"], Some("NO_COLOR")));
    assert!(coloured(&["config", "--color", "always"], None));
    assert!(!coloured(&["config", "--color", "never"], None));
}

#[test]
fn a_reader_who_leaves_is_no_failure() {
    let folder = folder(&[("compose.yaml", SHOP)]);
    let mut child = command(folder.path(), &["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The other end of the pipe is closed before anything is written.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(err(&output), "");
}

#[test]
fn a_full_disk_is_a_failure() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = folder(&[]);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(folder.path(), &["completions", "bash"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("standard output cannot be written"),
        "{}",
        err(&output)
    );
}
