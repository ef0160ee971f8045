//! Which networks a container is in, under which names and addresses.

use super::super::ContainerSpec;
use super::EngineError;
use super::body::{Lookups, pairs, unsupported};
use super::connect::Api;
use bollard::models::{EndpointIpamConfig, EndpointSettings};
use sinops_compose::ServiceNetwork;
use std::collections::HashMap;

/// How the container gets into its networks.
#[derive(Debug)]
pub(super) struct Attachments {
    pub(super) network_mode: String,
    /// In the create call, by network name.
    pub(super) endpoints: HashMap<String, EndpointSettings>,
    /// By calls of their own before it starts.
    pub(super) connect: Vec<(String, EndpointSettings)>,
}

pub(super) fn attachments(
    spec: &ContainerSpec,
    lookups: &Lookups,
    api: Api,
) -> Result<Attachments, EngineError> {
    let service = &spec.service;
    if let Some(mode) = &service.network_mode {
        return Ok(Attachments {
            network_mode: of_service(spec, lookups, "network_mode", mode)?,
            endpoints: HashMap::new(),
            connect: Vec::new(),
        });
    }
    let nothing = ServiceNetwork::default();
    let mut wanted: Vec<(&str, &ServiceNetwork)> = service
        .networks
        .iter()
        .map(|(key, network)| (key.as_str(), network.as_ref().unwrap_or(&nothing)))
        .collect();
    // The first one is the way out; the order of the files decides among equals.
    wanted.sort_by_key(|(_, network)| -network.priority.unwrap_or_default());

    let mut found = Vec::new();
    for (key, network) in wanted {
        let name = spec
            .networks
            .get(key)
            .map(|network| network.name.clone())
            .ok_or_else(|| EngineError::NotFound {
                what: format!(
                    "the declaration of network `{key}`, which service {} uses,",
                    spec.service_name
                ),
            })?;
        found.push((name, endpoint(spec, key, network, api)?));
    }
    let mut found = found.into_iter();
    let Some((first, settings)) = found.next() else {
        return Ok(Attachments {
            network_mode: "none".to_owned(),
            endpoints: HashMap::new(),
            connect: Vec::new(),
        });
    };
    let mut endpoints = HashMap::from([(first.clone(), settings)]);
    let mut connect = Vec::new();
    // An older engine takes one network in the create call.
    if api >= Api(44) {
        endpoints.extend(found);
    } else {
        connect.extend(found);
    }
    Ok(Attachments {
        network_mode: first,
        endpoints,
        connect,
    })
}

fn endpoint(
    spec: &ContainerSpec,
    key: &str,
    network: &ServiceNetwork,
    api: Api,
) -> Result<EndpointSettings, EngineError> {
    if network.mac_address.is_some() && api < Api(44) {
        return Err(unsupported(
            spec,
            &format!("networks.{key}.mac_address (needs API 1.44)"),
        ));
    }
    let mut aliases = vec![spec.name.clone(), spec.service_name.clone()];
    for alias in &network.aliases {
        if !aliases.contains(alias) {
            aliases.push(alias.clone());
        }
    }
    let fixed = network.ipv4_address.is_some()
        || network.ipv6_address.is_some()
        || !network.link_local_ips.is_empty();
    Ok(EndpointSettings {
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: network.ipv4_address.clone(),
            ipv6_address: network.ipv6_address.clone(),
            link_local_ips: (!network.link_local_ips.is_empty())
                .then(|| network.link_local_ips.clone()),
        }),
        aliases: Some(aliases),
        mac_address: network.mac_address.clone(),
        driver_opts: (!network.driver_opts.is_empty()).then(|| pairs(&network.driver_opts)),
        ..EndpointSettings::default()
    })
}

/// `service:name` as the container of that service; anything else as it is.
pub(super) fn of_service(
    spec: &ContainerSpec,
    lookups: &Lookups,
    attribute: &str,
    mode: &str,
) -> Result<String, EngineError> {
    let Some(service) = mode.strip_prefix("service:") else {
        return Ok(mode.to_owned());
    };
    lookups
        .services
        .get(service)
        .map(|id| format!("container:{id}"))
        .ok_or_else(|| EngineError::NotFound {
            what: format!(
                "a container of service {service}, which services.{}.{attribute} names,",
                spec.service_name
            ),
        })
}
