//! Which networks a container is in, under which names and addresses.

use super::super::ContainerSpec;
use super::EngineError;
use super::body::{Lookups, pairs, unsupported};
use super::connect::Api;
use bollard::models::{EndpointIpamConfig, EndpointSettings};
use sinops_compose::{Service, ServiceNetwork};
use std::collections::HashMap;

/// Option of an endpoint that names its interface in the container.
const INTERFACE_NAME: &str = "com.docker.network.endpoint.ifname";

/// How the container gets into its networks.
#[derive(Debug)]
pub(super) struct Attachments {
    pub(super) network_mode: String,
    /// In the create call, by network name.
    pub(super) endpoints: HashMap<String, EndpointSettings>,
    /// By calls of their own before it starts.
    pub(super) connect: Vec<(String, EndpointSettings)>,
    /// Of the whole container, for engines that know no other.
    pub(super) mac_address: Option<String>,
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
            mac_address: service.mac_address.clone(),
        });
    }
    let nothing = ServiceNetwork::default();
    let mut wanted: Vec<(&str, &ServiceNetwork)> = service
        .networks
        .iter()
        .map(|(key, network)| (key.as_str(), network.as_ref().unwrap_or(&nothing)))
        .collect();
    // The first one is the way out; among equals the name decides, as in docker compose.
    wanted.sort_by_key(|(key, network)| (-network.priority.unwrap_or_default(), *key));

    let mut found = Vec::new();
    let mut mac_address = None;
    for (place, (key, network)) in wanted.into_iter().enumerate() {
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
        let mut settings = endpoint(spec, network);
        let declared = network
            .mac_address
            .as_ref()
            .or(service.mac_address.as_ref().filter(|_| place == 0));
        if api >= Api(44) {
            settings.mac_address = declared.cloned();
        } else if place == 0 {
            mac_address = declared.cloned();
        } else if declared.is_some() {
            return Err(unsupported(
                spec,
                &format!(
                    "networks.{key}.mac_address of a network that is not the first (needs API 1.44)"
                ),
            ));
        }
        found.push((name, settings));
    }
    let mut found = found.into_iter();
    let Some((first, settings)) = found.next() else {
        return Ok(Attachments {
            network_mode: "none".to_owned(),
            endpoints: HashMap::new(),
            connect: Vec::new(),
            mac_address: service.mac_address.clone(),
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
        mac_address,
    })
}

fn endpoint(spec: &ContainerSpec, network: &ServiceNetwork) -> EndpointSettings {
    let mut aliases = vec![spec.name.clone(), spec.service_name.clone()];
    for alias in &network.aliases {
        if !aliases.contains(alias) {
            aliases.push(alias.clone());
        }
    }
    let fixed = network.ipv4_address.is_some()
        || network.ipv6_address.is_some()
        || !network.link_local_ips.is_empty();
    let mut options = pairs(&network.driver_opts);
    if let Some(name) = &network.interface_name {
        options.insert(INTERFACE_NAME.to_owned(), name.clone());
    }
    let links = links(spec);
    EndpointSettings {
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: network.ipv4_address.clone(),
            ipv6_address: network.ipv6_address.clone(),
            link_local_ips: (!network.link_local_ips.is_empty())
                .then(|| network.link_local_ips.clone()),
        }),
        aliases: Some(aliases),
        links: (!links.is_empty()).then_some(links),
        driver_opts: (!options.is_empty()).then_some(options),
        gw_priority: network.gw_priority.filter(|priority| *priority != 0),
        ..EndpointSettings::default()
    }
}

/// `container:alias` for each container of a linked service, under the names that
/// compose gives them, and for containers of others as they are written.
pub(super) fn links(spec: &ContainerSpec) -> Vec<String> {
    let mut all = Vec::new();
    for link in &spec.service.links {
        let (service, alias) = link.split_once(':').unwrap_or((link, link));
        let names = spec.siblings.get(service).map(Vec::as_slice);
        for (number, name) in (1..).zip(names.unwrap_or_default()) {
            all.push(format!("{name}:{alias}"));
            all.push(format!("{name}:{service}-{number}"));
            all.push(format!("{name}:{}-{service}-{number}", spec.project));
        }
    }
    for link in &spec.service.external_links {
        let (name, alias) = link.split_once(':').unwrap_or((link, link));
        all.push(format!("{name}:{alias}"));
    }
    all
}

/// Services whose containers must be there before this one can be made.
pub(super) fn shared_services(service: &Service) -> Vec<&str> {
    let modes = [&service.network_mode, &service.pid, &service.ipc];
    let modes = modes
        .into_iter()
        .flatten()
        .filter_map(|mode| mode.strip_prefix("service:"));
    let volumes = service
        .volumes_from
        .iter()
        .filter(|text| !text.starts_with("container:"))
        .map(|text| text.split(':').next().unwrap_or(text));
    let mut all: Vec<&str> = modes.chain(volumes).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// `container[:mode]` of `volumes_from`.
pub(super) fn volumes_from(
    spec: &ContainerSpec,
    lookups: &Lookups,
) -> Result<Vec<String>, EngineError> {
    let each = spec.service.volumes_from.iter().map(|text| {
        if let Some(container) = text.strip_prefix("container:") {
            return Ok(container.to_owned());
        }
        let (service, mode) = match text.split_once(':') {
            Some((service, mode)) => (service, Some(mode)),
            None => (text.as_str(), None),
        };
        let container = container_of(spec, lookups, "volumes_from", service)?;
        Ok(mode.map_or_else(|| container.clone(), |mode| format!("{container}:{mode}")))
    });
    each.collect()
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
    container_of(spec, lookups, attribute, service).map(|id| format!("container:{id}"))
}

fn container_of(
    spec: &ContainerSpec,
    lookups: &Lookups,
    attribute: &str,
    service: &str,
) -> Result<String, EngineError> {
    lookups
        .services
        .get(service)
        .cloned()
        .ok_or_else(|| EngineError::NotFound {
            what: format!(
                "a container of service {service}, which services.{}.{attribute} names,",
                spec.service_name
            ),
        })
}
