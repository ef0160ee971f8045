//! Labels by which `docker compose` and sinops know a project's containers,
//! networks and volumes again. The same on every engine.

use super::{ContainerSpec, NetworkSpec, VolumeSpec};
use sinops_core::contents::Contents;
use std::collections::BTreeMap;

/// Compose project.
pub(super) const PROJECT: &str = "com.docker.compose.project";
/// Compose service.
pub(super) const SERVICE: &str = "com.docker.compose.service";
/// Number of the container, from 1.
pub(super) const NUMBER: &str = "com.docker.compose.container-number";
/// `True` on a container that runs once and is nobody's replica.
pub(super) const ONE_OFF: &str = "com.docker.compose.oneoff";
/// Our own hash. Compose's hash is computed otherwise, so ours needs its own
/// name: were it only in compose's label, it would look like a change to both.
pub(super) const CONFIG_HASH: &str = "sinops.config-hash";

/// What the hash is over, as JSON, secrets concealed.
const DEFINITION: &str = "sinops.definition";
/// Hashes of the files, configs and secrets that it was given, as JSON.
const CONTENTS: &str = "sinops.contents";

const COMPOSE_CONFIG_HASH: &str = "com.docker.compose.config-hash";
const COMPOSE_VERSION: &str = "com.docker.compose.version";

/// All labels of a container: what the service declares, and ours over it.
pub(super) fn of_container(
    spec: &ContainerSpec,
    image_id: Option<&str>,
) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = spec
        .service
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let dependencies: Vec<String> = spec
        .service
        .depends_on
        .iter()
        .map(|(name, dependency)| format!("{name}:{}:{}", dependency.condition, dependency.restart))
        .collect();
    let ours = [
        (PROJECT, spec.project.clone()),
        (SERVICE, spec.service_name.clone()),
        (NUMBER, spec.number.to_string()),
        (
            ONE_OFF,
            if spec.one_off { "True" } else { "False" }.to_owned(),
        ),
        (
            "com.docker.compose.project.working_dir",
            spec.project_directory.clone(),
        ),
        (
            "com.docker.compose.project.config_files",
            spec.config_files.join(","),
        ),
        ("com.docker.compose.depends_on", dependencies.join(",")),
        (COMPOSE_VERSION, env!("CARGO_PKG_VERSION").to_owned()),
        // Most commands of compose see only what carries this label.
        (COMPOSE_CONFIG_HASH, spec.config_hash.clone()),
        (CONFIG_HASH, spec.config_hash.clone()),
        (DEFINITION, spec.definition.to_string()),
        (
            CONTENTS,
            serde_json::to_string(&spec.contents).unwrap_or_default(),
        ),
    ];
    labels.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    if let Some(id) = image_id {
        labels.insert("com.docker.compose.image".to_owned(), id.to_owned());
    }
    labels
}

/// The label by which compose itself sees whether a container is up to date.
pub(super) fn compose_hash(hash: String) -> (String, String) {
    (COMPOSE_CONFIG_HASH.to_owned(), hash)
}

/// What a container was made from, and hashes of what it was given; none where it does not say.
pub(super) fn made_from<'a>(
    label: impl Fn(&str) -> Option<&'a String>,
) -> (Option<serde_json::Value>, Option<Contents>) {
    let definition = label(DEFINITION).and_then(|text| serde_json::from_str(text).ok());
    let contents = label(CONTENTS).and_then(|text| serde_json::from_str(text).ok());
    (definition, contents)
}

/// All labels of a network. One made for no project carries only its own.
pub(super) fn of_network(spec: &NetworkSpec) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = spec
        .network
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(project) = &spec.project {
        labels.insert(PROJECT.to_owned(), project.clone());
        labels.insert("com.docker.compose.network".to_owned(), spec.key.clone());
        labels.insert(
            COMPOSE_VERSION.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        );
        if let Ok(definition) = serde_json::to_string(&spec.network) {
            labels.insert(DEFINITION.to_owned(), definition);
        }
    }
    labels
}

/// All labels of a volume.
pub(super) fn of_volume(spec: &VolumeSpec) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = spec
        .volume
        .labels
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    labels.insert(PROJECT.to_owned(), spec.project.clone());
    labels.insert("com.docker.compose.volume".to_owned(), spec.key.clone());
    labels.insert(
        COMPOSE_VERSION.to_owned(),
        env!("CARGO_PKG_VERSION").to_owned(),
    );
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use sinops_compose::{Dependency, Service};

    #[test]
    fn a_container_carries_what_compose_looks_for_whatever_the_service_says() {
        let mut service = Service::default();
        service.labels.insert("team".to_owned(), "web".to_owned());
        service
            .labels
            .insert(PROJECT.to_owned(), "other".to_owned());
        service.depends_on.insert(
            "db".to_owned(),
            Dependency {
                condition: "service_healthy".to_owned(),
                restart: true,
                required: true,
            },
        );
        let labels = of_container(
            &ContainerSpec {
                project: "shop".to_owned(),
                service_name: "api".to_owned(),
                number: 2,
                config_hash: "abc".to_owned(),
                config_files: vec!["/a.yml".to_owned(), "/b.yml".to_owned()],
                service,
                ..ContainerSpec::default()
            },
            Some("sha256:1"),
        );
        for (key, value) in [
            ("team", "web"),
            (PROJECT, "shop"),
            (SERVICE, "api"),
            (NUMBER, "2"),
            (CONFIG_HASH, "abc"),
            (COMPOSE_CONFIG_HASH, "abc"),
            ("com.docker.compose.oneoff", "False"),
            ("com.docker.compose.project.config_files", "/a.yml,/b.yml"),
            ("com.docker.compose.depends_on", "db:service_healthy:true"),
            ("com.docker.compose.image", "sha256:1"),
        ] {
            assert_eq!(labels.get(key).map(String::as_str), Some(value), "{key}");
        }
    }
}
