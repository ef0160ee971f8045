//! One look at the engine: four lists and the named images, side by side.

use super::super::{Scope, View, labels};
use super::hooks::Hooks;
use super::{DockerEngine, EngineError, resources};
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum, ImageInspect};
use bollard::query_parameters as query;
use futures::{StreamExt, TryStreamExt};
use sinops_core::observed::{Container, ContainerStatus, Health, Image, Network, PortUse, Volume};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::SystemTime;

/// More at once gain nothing: the engine serialises what lies behind.
const AT_ONCE: usize = 4;

impl DockerEngine {
    pub(super) async fn look(&self, scope: &Scope) -> Result<View, EngineError> {
        let containers = async {
            let options = query::ListContainersOptionsBuilder::default()
                .all(true)
                .build();
            self.docker
                .list_containers(Some(options))
                .await
                .map_err(|error| self.fault("list containers", error))
        };
        let networks = async {
            self.docker
                .list_networks(None::<query::ListNetworksOptions>)
                .await
                .map_err(|error| self.fault("list networks", error))
        };
        let volumes = async {
            self.docker
                .list_volumes(None::<query::ListVolumesOptions>)
                .await
                .map_err(|error| self.fault("list volumes", error))
        };
        let (containers, networks, volumes, images, machine) = tokio::try_join!(
            containers,
            networks,
            volumes,
            self.images(&scope.images),
            self.machine(scope.machine)
        )?;

        for found in &containers {
            if let Some(id) = &found.id {
                self.know_hooks(id, Hooks::of(found.labels.as_ref()));
            }
        }
        let mut addresses = addresses(&containers);
        let networks = networks
            .into_iter()
            .filter_map(resources::network)
            .map(|network| Network {
                addresses: addresses.remove(&network.name).unwrap_or_default(),
                ..network
            })
            .collect();
        let mut volumes: Vec<Volume> = volumes
            .volumes
            .unwrap_or_default()
            .into_iter()
            .filter(|volume| !volume.labels.contains_key(super::lease::LEASE))
            .map(resources::volume)
            .collect();
        volumes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let wanted_names: HashSet<&String> = scope.container_names.iter().collect();
        Ok(View {
            engine_version: self.version.clone(),
            ports: containers.iter().flat_map(ports).collect(),
            containers: containers
                .into_iter()
                .filter(|found| !is_one_off(found))
                .map(container)
                .filter(|found| {
                    found.project.as_deref() == Some(scope.project.as_str())
                        || wanted_names.contains(&found.name)
                })
                .collect(),
            networks,
            volumes,
            images,
            machine,
        })
    }

    async fn images(&self, references: &[String]) -> Result<Vec<Image>, EngineError> {
        let wanted: BTreeSet<String> = references.iter().cloned().collect();
        let found: Vec<Option<Image>> = futures::stream::iter(wanted)
            .map(|reference| async move {
                match self
                    .docker
                    .inspect_image(&reference)
                    .await
                    .map_err(|error| self.fault(&format!("look at image {reference}"), error))
                {
                    Ok(image) => Ok(Some(facts(&reference, image))),
                    Err(EngineError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let found: Vec<Image> = found.into_iter().flatten().collect();
        if let Ok(mut ids) = self.image_ids.lock() {
            // Whatever was known before, a tag may have moved since.
            for reference in references {
                ids.remove(reference);
            }
            ids.extend(
                found
                    .iter()
                    .map(|image| (image.reference.clone(), image.id.clone())),
            );
        }
        Ok(found)
    }
}

fn facts(reference: &str, image: ImageInspect) -> Image {
    let config = image.config.unwrap_or_default();
    let mut exposed_ports = config.exposed_ports.unwrap_or_default();
    exposed_ports.sort_unstable();
    Image {
        reference: reference.to_owned(),
        id: image.id.unwrap_or_default(),
        digests: image.repo_digests.unwrap_or_default(),
        exposed_ports,
        has_health_check: config
            .healthcheck
            .and_then(|check| check.test)
            .is_some_and(|test| test.first().is_some_and(|kind| kind != "NONE")),
        age: image
            .metadata
            .and_then(|metadata| metadata.last_tag_time)
            .and_then(|time| humantime::parse_rfc3339_weak(&time).ok())
            .and_then(|time| SystemTime::now().duration_since(time).ok()),
    }
}

/// Links add names with a further slash.
fn name(container: &ContainerSummary) -> String {
    container
        .names
        .iter()
        .flatten()
        .filter_map(|name| name.strip_prefix('/'))
        .find(|name| !name.contains('/'))
        .unwrap_or_default()
        .to_owned()
}

/// Address of a container by network; of a stopped one the fixed address.
fn endpoints(container: &ContainerSummary) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = container
        .network_settings
        .iter()
        .filter_map(|settings| settings.networks.as_ref())
        .flatten()
        .map(|(network, endpoint)| {
            let fixed = endpoint
                .ipam_config
                .as_ref()
                .and_then(|ipam| ipam.ipv4_address.clone());
            let address = endpoint
                .ip_address
                .clone()
                .filter(|address| !address.is_empty())
                .or(fixed)
                .unwrap_or_default();
            (network.clone(), address)
        })
        .collect();
    all.sort_unstable();
    all
}

/// Container and address, by network.
fn addresses(containers: &[ContainerSummary]) -> BTreeMap<String, Vec<(String, String)>> {
    let mut all: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for container in containers {
        for (network, address) in endpoints(container) {
            if !address.is_empty() {
                all.entry(network)
                    .or_default()
                    .push((name(container), address));
            }
        }
    }
    all
}

fn ports(container: &ContainerSummary) -> Vec<PortUse> {
    container
        .ports
        .iter()
        .flatten()
        .filter_map(|port| {
            Some(PortUse {
                port: port.public_port?,
                protocol: port.typ.map(|kind| kind.to_string()).unwrap_or_default(),
                address: port.ip.clone().unwrap_or_default(),
                container: Some(name(container)),
            })
        })
        .collect()
}

/// `docker compose run` and our own one-offs: they are nobody's replica.
fn is_one_off(container: &ContainerSummary) -> bool {
    let label = container
        .labels
        .as_ref()
        .and_then(|labels| labels.get(labels::ONE_OFF));
    label.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn container(found: ContainerSummary) -> Container {
    let text = found.status.clone().unwrap_or_default();
    let (health, exit_code) = status_text(&text);
    let labels = found.labels.clone().unwrap_or_default();
    let label = |key: &str| labels.get(key).cloned();
    let (definition, contents) = labels::made_from(|key| labels.get(key));
    Container {
        definition,
        contents,
        image_id: found.image_id.clone().unwrap_or_default(),
        differences: Vec::new(),
        name: name(&found),
        addresses: endpoints(&found),
        id: found.id.unwrap_or_default(),
        service: label(labels::SERVICE),
        number: label(labels::NUMBER)
            .and_then(|number| number.parse().ok())
            .unwrap_or_default(),
        project: label(labels::PROJECT),
        status: match found.state {
            Some(ContainerSummaryStateEnum::RUNNING | ContainerSummaryStateEnum::STOPPING) => {
                ContainerStatus::Running
            }
            Some(ContainerSummaryStateEnum::PAUSED) => ContainerStatus::Paused,
            Some(ContainerSummaryStateEnum::RESTARTING) => ContainerStatus::Restarting,
            Some(ContainerSummaryStateEnum::EXITED) => ContainerStatus::Exited,
            Some(ContainerSummaryStateEnum::DEAD | ContainerSummaryStateEnum::REMOVING) => {
                ContainerStatus::Dead
            }
            Some(ContainerSummaryStateEnum::CREATED | ContainerSummaryStateEnum::EMPTY) | None => {
                ContainerStatus::Created
            }
        },
        health,
        exit_code,
        image: found.image.unwrap_or_default(),
        config_hash: label(labels::CONFIG_HASH),
        created: found
            .created
            .and_then(|seconds| u64::try_from(seconds).ok())
            .unwrap_or_default()
            .saturating_mul(1000),
    }
}

/// `Up 3 seconds (health: starting)`, `Exited (137) 2 minutes ago`: the list
/// has both only in words, and an inspect of each would cost more than all else.
fn status_text(text: &str) -> (Health, Option<i32>) {
    let bracket = text
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(inside, _)| inside);
    let health = match bracket {
        Some("healthy") => Health::Healthy,
        Some("unhealthy") => Health::Unhealthy,
        Some("health: starting") => Health::Starting,
        _ => Health::None,
    };
    let exit_code = bracket
        .filter(|_| text.starts_with("Exited") || text.starts_with("Restarting"))
        .and_then(|code| code.parse().ok());
    (health, exit_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_text_tells_health_and_exit_code() {
        for (text, expected) in [
            ("Up 3 seconds", (Health::None, None)),
            ("Up About a minute (healthy)", (Health::Healthy, None)),
            ("Up 1 second (health: starting)", (Health::Starting, None)),
            ("Up 2 hours (unhealthy)", (Health::Unhealthy, None)),
            ("Up 2 hours (Paused)", (Health::None, None)),
            ("Exited (137) 2 minutes ago", (Health::None, Some(137))),
            ("Restarting (1) 5 seconds ago", (Health::None, Some(1))),
            ("Created", (Health::None, None)),
        ] {
            assert_eq!(status_text(text), expected, "{text}");
        }
    }
}
