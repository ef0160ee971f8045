//! The Docker Engine as a witness: what really is there.

use crate::{Folder, ran};
use std::process::Command;

/// Whether an engine answers; says that the scenario is skipped if not.
#[must_use]
pub fn answers() -> bool {
    let there =
        ran(Command::new("docker").args(["version", "--format", "{{.Server.Version}}"])).code == 0;
    if !there {
        println!("skipped: no Docker Engine answers");
    }
    there
}

/// Runs the docker client and returns its lines.
#[must_use]
pub fn docker(arguments: &[&str]) -> Vec<String> {
    let result = ran(Command::new("docker").args(arguments));
    assert_eq!(result.code, 0, "docker {arguments:?}: {}", result.stderr);
    result.stdout.lines().map(str::to_owned).collect()
}

/// A project whose containers, networks and volumes are removed at the end of a test.
#[derive(Debug)]
pub struct Project {
    label: String,
    networks: Vec<String>,
}

impl Project {
    /// Guards a project, and external networks by name. Leftovers of a test that was killed go first.
    #[must_use]
    pub fn guard(name: &str, networks: &[&str]) -> Self {
        let project = Self {
            label: format!("label=com.docker.compose.project={name}"),
            networks: networks.iter().map(|&name| name.to_owned()).collect(),
        };
        project.remove();
        project
    }

    /// Names of its containers, running or not.
    #[must_use]
    pub fn containers(&self) -> Vec<String> {
        let mut names = docker(&[
            "ps",
            "-a",
            "--filter",
            &self.label,
            "--format",
            "{{.Names}}",
        ]);
        names.sort();
        names
    }

    /// Names and ids of its containers that run.
    #[must_use]
    pub fn running(&self) -> Vec<String> {
        let mut names = docker(&[
            "ps",
            "--filter",
            &self.label,
            "--format",
            "{{.Names}} {{.ID}}",
        ]);
        names.sort();
        names
    }

    /// Names of its volumes.
    #[must_use]
    pub fn volumes(&self) -> Vec<String> {
        docker(&[
            "volume",
            "ls",
            "--filter",
            &self.label,
            "--format",
            "{{.Name}}",
        ])
    }

    /// Names of its networks and of those named to the guard, if they exist.
    #[must_use]
    pub fn networks(&self) -> Vec<String> {
        let mut names = docker(&[
            "network",
            "ls",
            "--filter",
            &self.label,
            "--format",
            "{{.Name}}",
        ]);
        let all = docker(&["network", "ls", "--format", "{{.Name}}"]);
        names.extend(
            self.networks
                .iter()
                .filter(|name| all.contains(name))
                .cloned(),
        );
        names
    }

    fn remove(&self) {
        let each = |list: Vec<String>, command: &[&str]| {
            if !list.is_empty() {
                ran(Command::new("docker").args(command).args(list));
            }
        };
        each(
            docker(&["ps", "-aq", "--filter", &self.label]),
            &["rm", "-f", "-v"],
        );
        each(self.networks(), &["network", "rm"]);
        each(self.volumes(), &["volume", "rm", "-f"]);
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.remove();
    }
}

/// A compose project in a folder of its own, under a name that no other test has.
#[derive(Debug)]
pub struct Stack {
    // Containers go before the files that they mount.
    /// What is on the engine.
    pub project: Project,
    /// Its files.
    pub folder: Folder,
    /// Of the project.
    pub name: String,
}

impl Stack {
    /// Writes `compose.yaml`; nothing is deployed. `compose` has no `name:`.
    #[must_use]
    pub fn new(compose: &str) -> Self {
        let folder = Folder::new();
        let name = folder.project();
        folder.write("compose.yaml", &format!("name: {name}\n{compose}"));
        Self {
            project: Project::guard(&name, &[]),
            folder,
            name,
        }
    }

    /// Name of the first container of a service.
    #[must_use]
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.name)
    }

    /// What the engine says of it, by a template.
    #[must_use]
    pub fn inspect(&self, service: &str, what: &str) -> String {
        docker(&["inspect", "--format", what, &self.container(service)]).concat()
    }
}
