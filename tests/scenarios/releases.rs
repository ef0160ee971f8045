//! Releases: written after a deploy that went well, listed, and brought back.

use serde_json::Value;
use sinops_tests::engine::{self, Project, docker};
use sinops_tests::{Folder, Ran, ran};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const SECRET: &str = "correct-horse-battery";

/// An image of its own, with an id that no other has.
struct Image {
    name: String,
    ids: Vec<String>,
}

impl Image {
    fn new(name: String) -> Self {
        Self {
            name,
            ids: Vec::new(),
        }
    }

    /// Makes another image and moves the tag to it.
    fn make(&mut self) -> String {
        let container = docker(&["create", "sinops-demo:1"]).concat();
        let label = format!("LABEL made={}", self.ids.len());
        let id = docker(&["commit", "--change", &label, &container, &self.name]).concat();
        let _ = docker(&["rm", &container]);
        self.ids.push(id.clone());
        id
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        ran(Command::new("docker").args(["rmi", "-f"]).args(&self.ids));
    }
}

struct Stage {
    // Containers go before their images.
    project: Project,
    image: Image,
    folder: Folder,
}

impl Stage {
    fn new() -> Self {
        let folder = Folder::new();
        let name = folder.project();
        folder.write(
            "compose.yaml",
            &format!(
                r#"
name: {name}
services:
  web:
    image: {name}:1
    environment: {{ V: "${{V:-1}}", DB_PASSWORD: "${{DB_PASSWORD}}", DEMO_FAIL: "${{FAIL:-}}" }}
    command: ["--url=http://u:${{DB_PASSWORD}}@db"]
    volumes: ["./conf:/conf:ro"]
"#
            ),
        );
        folder.write("conf", "one");
        folder.write(".env", &format!("DB_PASSWORD={SECRET}\n"));
        folder.write("sinops.yaml", "releases: { keep: 4 }\n");
        Self {
            project: Project::guard(&name, &[]),
            image: Image::new(format!("{name}:1")),
            folder,
        }
    }

    fn run(&self, arguments: &[&str], version: &str) -> Ran {
        ran(self.folder.command(arguments).env("V", version))
    }

    fn inspect(&self, what: &str) -> String {
        let name = format!("{}-web-1", self.folder.project());
        docker(&["inspect", "--format", what, &name]).concat()
    }

    fn history(&self) -> Vec<Value> {
        let text = self.folder.sinops(&["history", "--format", "json"]);
        serde_json::from_str(&text.expect(0).stdout).unwrap()
    }
}

#[test]
fn what_was_deployed_comes_back_with_its_image_although_the_tag_has_moved() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    let first = stage.image.make();
    stage
        .run(&["run", "deploy"], "1")
        .expect(0)
        .says(&["release 1"]);
    let path = stage.folder.path().join(".sinops/releases/1.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let second = stage.image.make();
    stage.folder.write("conf", "two");
    stage
        .run(&["run", "deploy"], "2")
        .expect(0)
        .says(&["release 2"]);
    assert_eq!(stage.inspect("{{.Image}}"), second);
    // Nothing to do, and a run that fails, are no releases.
    stage.run(&["run", "deploy"], "2").expect(0);
    let mut failing = stage.folder.command(&["run", "deploy"]);
    ran(failing.env("FAIL", "start")).expect(1);
    assert_eq!(stage.history().len(), 2);

    let before = stage.project.running();
    stage
        .run(&["rollback", "--dry-run", "--exit-code"], "2")
        .expect(2);
    assert_eq!(stage.project.running(), before);
    let done = stage.run(&["rollback"], "2").expect(0);
    done.says(&["rollback of 1", "conf"]);
    assert_eq!(stage.inspect("{{.Image}}"), first);
    let environment = stage.inspect("{{.Config.Env}} {{.Config.Cmd}}");
    assert!(environment.contains("V=1"), "{environment}");
    assert_eq!(environment.matches(SECRET).count(), 2, "{environment}");
    let history = stage.history();
    assert_eq!(
        (&history[0]["number"], &history[0]["rollback-of"]),
        (&3.into(), &1.into())
    );
    assert_eq!(
        history[0]["services"]["web"]["image-id"],
        history[2]["services"]["web"]["image-id"]
    );
    stage
        .folder
        .sinops(&["history", "show", "3"])
        .expect(0)
        .says(&["rollback of 1", "web", "env:DB_PASSWORD"]);
    stage
        .folder
        .sinops(&["rollback"])
        .expect(1)
        .says(&["no release before"]);

    // The files have the word again with the next deploy.
    stage.run(&["run", "deploy"], "2").expect(0);
    assert_eq!(stage.inspect("{{.Image}}"), second);
    let numbers: Vec<Value> = stage
        .history()
        .iter()
        .map(|it| it["number"].clone())
        .collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
}

#[test]
fn an_image_that_is_gone_is_told_before_anything_changes() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    let first = stage.image.make();
    stage.run(&["run", "deploy"], "1").expect(0);
    stage.image.make();
    stage.run(&["run", "deploy"], "2").expect(0);
    let _ = docker(&["rmi", &first]);
    let before = stage.project.running();
    stage.run(&["rollback"], "2").expect(1).says(&[
        "not on this engine any more",
        "web",
        "nothing was changed",
    ]);
    stage
        .folder
        .sinops(&["rollback", "9"])
        .expect(1)
        .says(&["no release 9", "kept are: 1, 2"]);
    assert_eq!(stage.project.running(), before);
}

#[test]
fn a_secret_that_is_not_there_any_more_is_named() {
    if !engine::answers() {
        return;
    }
    let mut stage = Stage::new();
    stage.image.make();
    stage.run(&["run", "deploy"], "1").expect(0);
    stage.folder.write(".env", "");
    let compose = stage.folder.path().join("compose.yaml");
    let text = std::fs::read_to_string(&compose).unwrap();
    std::fs::write(&compose, text.replace("${DB_PASSWORD}", "")).unwrap();
    stage
        .run(&["rollback", "1"], "1")
        .expect(1)
        .says(&["release 1 cannot be deployed", "env:DB_PASSWORD"]);
}
