//! Networks and volumes: read in the words of compose, and made where they are missing.

use super::super::{NetworkSpec, VolumeSpec, labels};
use super::body::pairs;
use super::{DockerEngine, Effect, EngineError};
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, VolumeCreateRequest};
use bollard::query_parameters as query;
use sinops_core::observed;
use std::collections::{BTreeMap, HashMap};

/// A network as a compose file would declare it.
pub(super) fn network(found: bollard::models::Network) -> Option<observed::Network> {
    let ipam = found.ipam.unwrap_or_default();
    let pools = ipam.config.unwrap_or_default().into_iter();
    let live = sinops_compose::Network {
        name: found.name?,
        driver: found.driver,
        driver_opts: sorted(found.options),
        ipam: sinops_compose::Ipam {
            driver: ipam.driver,
            config: pools
                .map(|pool| sinops_compose::IpamPool {
                    subnet: pool.subnet,
                    gateway: pool.gateway,
                    ip_range: pool.ip_range.filter(|range| !range.is_empty()),
                    aux_addresses: sorted(pool.auxiliary_addresses),
                    ..Default::default()
                })
                .collect(),
            options: sorted(ipam.options),
            ..Default::default()
        },
        internal: found.internal.unwrap_or_default(),
        attachable: found.attachable.unwrap_or_default(),
        enable_ipv6: found.enable_ipv6,
        enable_ipv4: found.enable_ipv4,
        labels: sorted(found.labels),
        ..Default::default()
    };
    let pools = live.ipam.config.iter();
    Some(observed::Network {
        id: found.id.unwrap_or_default(),
        name: live.name.clone(),
        driver: live.driver.clone().unwrap_or_default(),
        subnets: pools.filter_map(|pool| pool.subnet.clone()).collect(),
        project: live.labels.get(labels::PROJECT).cloned(),
        definition: labels::made_from(|key| live.labels.get(key)).0,
        live,
        ..Default::default()
    })
}

/// A volume as a compose file would declare it.
pub(super) fn volume(found: bollard::models::Volume) -> observed::Volume {
    observed::Volume {
        name: found.name.clone(),
        live: sinops_compose::Volume {
            name: found.name,
            driver: Some(found.driver),
            driver_opts: sorted(Some(found.options)),
            labels: sorted(Some(found.labels)),
            ..Default::default()
        },
        differences: Vec::new(),
    }
}

fn sorted(pairs: Option<HashMap<String, String>>) -> sinops_compose::Map<String> {
    let pairs: BTreeMap<String, String> = pairs.into_iter().flatten().collect();
    pairs.into_iter().collect()
}

const UNCHANGED: Effect = Effect {
    changed: false,
    id: None,
};

impl DockerEngine {
    pub(super) async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Effect, EngineError> {
        let network = &spec.network;
        let operation = format!("create network {}", network.name);
        let _one_at_a_time = self.making_network.lock().await;
        match self
            .docker
            .inspect_network(&network.name, None::<query::InspectNetworkOptions>)
            .await
            .map_err(|error| self.fault(&format!("look at network {}", network.name), error))
        {
            // The engine also finds a network by the beginning of its id.
            Ok(found) if found.name.as_deref() == Some(network.name.as_str()) => {
                return Ok(Effect {
                    changed: false,
                    id: found.id,
                });
            }
            Ok(_) | Err(EngineError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        if network.enable_ipv4 == Some(false) && self.api < super::connect::Api(48) {
            return Err(EngineError::Unsupported {
                engine: self.version.clone(),
                feature: format!("networks.{}.enable_ipv4: false (needs API 1.48)", spec.key),
            });
        }
        let pools: Vec<IpamConfig> = network
            .ipam
            .config
            .iter()
            .map(|pool| IpamConfig {
                subnet: pool.subnet.clone(),
                gateway: pool.gateway.clone(),
                ip_range: pool.ip_range.clone(),
                auxiliary_addresses: (!pool.aux_addresses.is_empty())
                    .then(|| pairs(&pool.aux_addresses)),
            })
            .collect();
        let request = NetworkCreateRequest {
            name: network.name.clone(),
            driver: network.driver.clone(),
            internal: Some(network.internal),
            attachable: Some(network.attachable),
            ipam: Some(Ipam {
                driver: network.ipam.driver.clone(),
                config: (!pools.is_empty()).then_some(pools),
                options: (!network.ipam.options.is_empty()).then(|| pairs(&network.ipam.options)),
            }),
            enable_ipv6: network.enable_ipv6,
            enable_ipv4: network.enable_ipv4.filter(|enabled| !enabled),
            options: Some(pairs(&network.driver_opts)),
            labels: Some(labels::of_network(spec).into_iter().collect()),
            ..NetworkCreateRequest::default()
        };
        let made = self
            .docker
            .create_network(request)
            .await
            .map_err(|error| self.fault(&operation, error))?;
        if !made.warning.is_empty() {
            tracing::warn!(network = network.name, "{}", made.warning);
        }
        Ok(Effect {
            changed: true,
            id: Some(made.id),
        })
    }

    pub(super) async fn remove_network(&self, name: &str) -> Result<Effect, EngineError> {
        let removed = self.docker.remove_network(name).await;
        let removed = self.removed(&format!("remove network {name}"), removed);
        match removed {
            Err(EngineError::Conflict { message }) => Err(EngineError::Conflict {
                message: self.in_use(name, message).await,
            }),
            removed => removed,
        }
    }

    /// Who is in a network that cannot be removed. Old engines miscount when many containers
    /// leave at once, and are wrong until they are started again.
    async fn in_use(&self, name: &str, message: String) -> String {
        let options = None::<query::InspectNetworkOptions>;
        let Ok(found) = self.docker.inspect_network(name, options).await else {
            return message;
        };
        let containers = found.containers.unwrap_or_default().into_values();
        let mut names: Vec<String> = containers.filter_map(|it| it.name).collect();
        names.sort_unstable();
        if names.is_empty() {
            format!(
                "{message}, though the engine names no container in it: it has lost count; \
                 restart the engine (`systemctl restart docker`) and try again"
            )
        } else {
            format!("{message}: {} use it", names.join(", "))
        }
    }

    pub(super) async fn ensure_volume(&self, spec: &VolumeSpec) -> Result<Effect, EngineError> {
        let volume = &spec.volume;
        match self
            .docker
            .inspect_volume(&volume.name)
            .await
            .map_err(|error| self.fault(&format!("look at volume {}", volume.name), error))
        {
            Ok(_) => return Ok(UNCHANGED),
            Err(EngineError::NotFound { .. }) if !volume.external => {}
            Err(error) => return Err(error),
        }
        let request = VolumeCreateRequest {
            name: Some(volume.name.clone()),
            driver: volume.driver.clone(),
            driver_opts: Some(pairs(&volume.driver_opts)),
            labels: Some(labels::of_volume(spec).into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        self.docker
            .create_volume(request)
            .await
            .map_err(|error| self.fault(&format!("create volume {}", volume.name), error))?;
        Ok(Effect {
            changed: true,
            id: Some(volume.name.clone()),
        })
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<Effect, EngineError> {
        let removed = self
            .docker
            .remove_volume(name, None::<query::RemoveVolumeOptions>)
            .await;
        self.removed(&format!("remove volume {name}"), removed)
    }

    /// What is not there any more needs no removing.
    fn removed(
        &self,
        operation: &str,
        outcome: Result<(), bollard::errors::Error>,
    ) -> Result<Effect, EngineError> {
        match outcome.map_err(|error| self.fault(operation, error)) {
            Ok(()) => Ok(Effect {
                changed: true,
                id: None,
            }),
            Err(EngineError::NotFound { .. }) => Ok(UNCHANGED),
            Err(error) => Err(error),
        }
    }
}
