//! What a plan is made from, as facts that can be compared with those of another day.
//! Values are short, for people, and hold no secrets: contents are hashes under a salt.

use super::contents::Reader;
use super::planner::Setup;
use crate::plugins::Plugin;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sinops_core::contents::brief;
use sinops_core::observed::{ContainerStatus, Observed, PathKind};
use sinops_core::plan::Facts;
use std::collections::HashSet;

/// As much of an id as people compare.
const ID: usize = 12;

pub(super) fn of<'a>(
    setup: &Setup,
    observed: &Observed,
    plugins: impl Iterator<Item = (&'a str, &'a Plugin)>,
    salt: &str,
) -> Facts {
    let mut facts = Facts::new();
    let mut add = |what: String, value: String| facts.insert(what, value);
    add("engine".into(), observed.engine_version.clone());
    for (name, plugin) in plugins {
        let version = &plugin.description().version;
        add(
            format!("plugin {name}"),
            format!("{version} ({})", brief(plugin.digest())),
        );
    }
    declared(setup, salt, &mut add);
    let stack = &setup.stack;
    let ours = |project: &Option<String>| project.as_ref() == Some(&stack.project);
    for container in observed.containers.iter().filter(|it| ours(&it.project)) {
        let id = container.id.get(..ID).unwrap_or(&container.id);
        let mut value = format!("{id} {}", status(container.status));
        if let Some(code) = container.exit_code {
            value = format!("{value} ({code})");
        }
        add(format!("container {}", container.name), value);
    }
    let networks: HashSet<&str> = stack.networks.iter().map(|it| it.name.as_str()).collect();
    let known = observed.networks.iter();
    for network in known.filter(|it| networks.contains(it.name.as_str()) || ours(&it.project)) {
        let id = network.id.get(..ID).unwrap_or(&network.id);
        let value = [id, network.driver.as_str()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .chain(network.subnets.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        add(format!("network {}", network.name), value);
    }
    let volumes: HashSet<&str> = observed.volumes.iter().map(|it| it.name.as_str()).collect();
    for volume in stack
        .volumes
        .iter()
        .filter(|it| volumes.contains(it.name.as_str()))
    {
        add(format!("volume {}", volume.name), "there".into());
    }
    for image in &observed.images {
        add(format!("image {}", image.reference), brief(&image.id));
    }
    for path in &observed.paths {
        let kind = match path.kind {
            PathKind::Missing => "missing",
            PathKind::File => "file",
            PathKind::Directory => "folder",
            PathKind::Special => "special",
        };
        add(format!("path {}", path.path), kind.into());
    }
    for file in &observed.files {
        add(
            format!("generated file {}", file.path),
            hash(salt, file.content.as_bytes()),
        );
    }
    facts
}

/// What the files of the user say.
fn declared(setup: &Setup, salt: &str, add: &mut impl FnMut(String, String) -> Option<String>) {
    let stack = &setup.stack;
    let value = |value: &Value| hash(salt, value.to_string().as_bytes());
    add("project".into(), stack.project.clone());
    for tier in &stack.tiers {
        let members = tier.services.join(" ");
        let text = format!("{members} {:?}", tier.gate_timeout);
        add(format!("tier {}", tier.name), hash(salt, text.as_bytes()));
    }
    for network in &stack.networks {
        add(
            format!("networks.{}", network.key),
            value(&network.definition),
        );
    }
    for volume in &stack.volumes {
        add(format!("volumes.{}", volume.key), value(&volume.definition));
    }
    let mut reader = Reader::below(&setup.project_directory);
    for service in &stack.services {
        let name = &service.name;
        add(format!("services.{name}"), value(&service.definition));
        let contents = reader.of(&setup.project, service, salt);
        for (path, file) in &contents.files {
            add(format!("content of {path}"), brief(&file.hash));
        }
        for (key, hash) in &contents.configs {
            add(format!("configs.{key}"), brief(hash));
        }
        for (key, hash) in &contents.secrets {
            add(format!("secrets.{key}"), brief(hash));
        }
    }
}

fn status(status: ContainerStatus) -> &'static str {
    match status {
        ContainerStatus::Created => "created",
        ContainerStatus::Running => "running",
        ContainerStatus::Paused => "paused",
        ContainerStatus::Restarting => "restarting",
        ContainerStatus::Exited => "exited",
        ContainerStatus::Dead => "dead",
    }
}

/// Definitions hold secrets: a bare hash of a short one could be guessed at once.
fn hash(salt: &str, bytes: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update([0])
        .chain_update(bytes)
        .finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    brief(&hex)
}
