//! Images on the real engine: built by its builder, pulled from a real registry with
//! the credentials of the Docker config.

use sinops_tests::engine::{self, Project, docker};
use sinops_tests::registry::Registry;
use sinops_tests::{Folder, free_port, ran, tool};
use std::process::Command;

/// A folder whose service `web` is built from a static busybox; none where there is none.
fn with_build(build: &str) -> Option<Folder> {
    let folder = Folder::new();
    let busybox = tool("busybox")?;
    std::fs::copy(busybox, folder.path().join("busybox")).expect("busybox is copied");
    folder
        .write(
            "Dockerfile",
            "FROM scratch AS base\nARG WORD=none\nCOPY busybox /bin/busybox\nCOPY data /data\n\
             RUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo built; echo $WORD > /word\"]\n\
             FROM base AS other\nLABEL stage=other\n",
        )
        .write("data/kept.txt", "one\n")
        .write("data/left.log", "out\n")
        .write(".dockerignore", "**/*.log\n");
    folder.write(
        "compose.yaml",
        &format!(
            "name: {}\nservices:\n  web:\n    build: {build}\n    command: [/bin/busybox, sleep, \"600\"]\n    stop_grace_period: 0s\n",
            folder.project()
        ),
    );
    Some(folder)
}

/// Takes a built image away at the end.
struct Image(String);

impl Drop for Image {
    fn drop(&mut self) {
        ran(Command::new("docker").args(["image", "rm", "-f", &self.0]));
    }
}

#[test]
fn a_service_is_built_where_its_image_is_missing_and_where_it_is_asked_for() {
    if !engine::answers() {
        return;
    }
    let Some(folder) =
        with_build("{ context: ., target: base, args: { WORD: hello }, labels: { team: shop } }")
    else {
        return;
    };
    let project = Project::guard(&folder.project(), &[]);
    let image = Image(format!("{}-web", folder.project()));
    let plan = folder.sinops(&["run", "deploy", "--dry-run"]).expect(0);
    assert!(plan.stdout.contains("build"), "{}", plan.stdout);
    let none = docker(&["images", "-q", &image.0]);
    assert!(none.is_empty(), "a dry run builds nothing");

    folder
        .sinops(&["run", "deploy"])
        .expect(0)
        .says(&["build image of web", "copy data"]);
    let exec = |arguments: &[&str]| {
        let name = format!("{}-web-1", folder.project());
        let mut all = vec!["exec", name.as_str(), "/bin/busybox"];
        all.extend(arguments);
        docker(&all)
    };
    assert_eq!(exec(&["cat", "/word"]), ["hello"]);
    assert_eq!(
        exec(&["ls", "/data"]),
        ["kept.txt"],
        ".dockerignore is honoured"
    );
    let label = |name: &str| {
        let format = format!("{{{{ index .Config.Labels \"{name}\" }}}}");
        docker(&["image", "inspect", "--format", &format, &image.0])
    };
    assert_eq!(label("team"), ["shop"]);
    assert_eq!(label("com.docker.compose.service"), ["web"]);

    // The same sources make the same image: nothing is touched.
    let before = project.running();
    let id = docker(&["images", "-q", "--no-trunc", &image.0]);
    folder.sinops(&["run", "deploy", "--build"]).expect(0);
    assert_eq!(docker(&["images", "-q", "--no-trunc", &image.0]), id);
    assert_eq!(project.running(), before);

    folder.write("data/kept.txt", "two\n");
    folder.sinops(&["run", "deploy", "--build"]).expect(0);
    assert_ne!(docker(&["images", "-q", "--no-trunc", &image.0]), id);
    folder.sinops(&["down"]).expect(0);
}

#[test]
fn a_build_that_fails_says_what_its_step_printed_and_leaves_nothing() {
    if !engine::answers() {
        return;
    }
    let Some(folder) = with_build("{ context: . }") else {
        return;
    };
    let project = Project::guard(&folder.project(), &[]);
    folder.write(
        "Dockerfile",
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo no such luck; exit 3\"]\n",
    );
    folder.sinops(&["run", "deploy"]).expect(1).says(&[
        "build image of web",
        "no such luck",
        "exit code: 3",
    ]);
    assert!(project.containers().is_empty());
    assert!(project.networks().is_empty(), "{:?}", project.networks());
}

#[test]
fn the_number_of_containers_is_the_command_lines() {
    if !engine::answers() {
        return;
    }
    let Some(folder) = with_build("{ context: . }") else {
        return;
    };
    let project = Project::guard(&folder.project(), &[]);
    let _image = Image(format!("{}-web", folder.project()));
    folder
        .sinops(&["run", "deploy", "--scale", "web=3"])
        .expect(0);
    assert_eq!(project.running().len(), 3);
    folder
        .sinops(&["run", "deploy", "--scale", "web=1"])
        .expect(0);
    assert_eq!(project.containers().len(), 1);
    folder
        .sinops(&["run", "deploy", "--scale", "wep=1"])
        .expect(1)
        .says(&["no service `wep`"]);
}

#[test]
fn an_image_is_pulled_with_the_credentials_of_the_docker_config() {
    if !engine::answers() {
        return;
    }
    let Some(registry) = Registry::start(free_port()) else {
        return;
    };
    let folder = Folder::new();
    let project = Project::guard(&folder.project(), &[]);
    let image = Image(format!("{}/{}:1", registry.address, folder.project()));
    registry.push("sinops-demo:1", &image.0);
    drop(docker(&["image", "rm", &image.0]));
    folder.write(
        "compose.yaml",
        &format!(
            "name: {}\nservices:\n  web:\n    image: {}\n",
            folder.project(),
            image.0
        ),
    );
    folder
        .sinops(&["run", "deploy"])
        .expect(1)
        .says(&["no basic auth credentials", "docker login"]);
    assert!(project.containers().is_empty());

    // As `docker login` writes it.
    folder.write(".docker/config.json", &registry.config(&registry.address));
    folder.sinops(&["run", "deploy"]).expect(0);
    assert_eq!(project.running().len(), 1);
    folder.sinops(&["down"]).expect(0);
    drop(docker(&["image", "rm", &image.0]));

    // A helper program, and a config elsewhere.
    folder
        .write(
            "helpers/docker-credential-scenario",
            &format!(
                "#!/bin/sh\nread -r server\n[ \"$server\" = {} ] || {{ echo 'credentials not found in native keychain'; exit 1; }}\n\
                 echo '{{\"ServerURL\": \"x\", \"Username\": \"me\", \"Secret\": \"sesame\"}}'\n",
                registry.address
            ),
        )
        .write("elsewhere/config.json", r#"{ "credsStore": "scenario" }"#);
    ran(Command::new("chmod")
        .arg("+x")
        .arg(folder.path().join("helpers/docker-credential-scenario")));
    let mut command = folder.command(&["run", "deploy"]);
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("DOCKER_CONFIG", folder.path().join("elsewhere"))
        .env(
            "PATH",
            format!("{}:{path}", folder.path().join("helpers").display()),
        );
    ran(&mut command).expect(0);
    assert_eq!(project.running().len(), 1);
    folder.sinops(&["down"]).expect(0);
}
