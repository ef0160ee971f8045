//! What this engine cannot be told, refused by name before anything is made.

use super::super::ContainerSpec;
use super::EngineError;
use super::body::unsupported;
use super::connect::Api;
use serde_json::Value;
use sinops_compose::Service;

/// The attributes that a service declares and that need a newer engine: name, and
/// minor number of the API version.
pub(super) fn newer(service: &Service, api: Api) -> Option<(String, Api)> {
    let on_networks = |declared: fn(&sinops_compose::ServiceNetwork) -> bool| {
        let mut networks = service.networks.iter();
        networks
            .find(|(_, network)| network.as_ref().is_some_and(declared))
            .map(|(key, _)| key.clone())
    };
    let network =
        |declared, name: &str| on_networks(declared).map(|key| format!("networks.{key}.{name}"));
    [
        (
            (!service.annotations.is_empty()).then(|| "annotations".to_owned()),
            Api(43),
        ),
        (
            network(|it| it.gw_priority.is_some_and(|it| it != 0), "gw_priority"),
            Api(48),
        ),
        (
            network(|it| it.interface_name.is_some(), "interface_name"),
            Api(49),
        ),
    ]
    .into_iter()
    .find_map(|(name, needs)| Some((name?, needs)).filter(|_| api < needs))
}

/// Refuses the first attribute that cannot be honoured.
pub(super) fn check(spec: &ContainerSpec, api: Api) -> Result<(), EngineError> {
    let service = &spec.service;
    let generic = service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.resources.reservations.as_ref())
        .is_some_and(|amounts| amounts.generic_resources.is_some());
    for (declared, name) in [
        (
            service.credential_spec.is_some(),
            "credential_spec (Windows alone has it)",
        ),
        (
            !service.models.is_empty(),
            "models (needs Docker Model Runner)",
        ),
        (
            service.provider.is_some(),
            "provider (its program would act outside of the plan)",
        ),
        (
            generic,
            "deploy.resources.reservations.generic_resources (kept by Swarm)",
        ),
    ] {
        if declared {
            return Err(unsupported(spec, name));
        }
    }
    if let Some((name, needs)) = newer(service, api) {
        return Err(unsupported(spec, &format!("{name} (needs API {needs})")));
    }
    swarm_only(spec)
}

/// What only a cluster can honour. `update_config`, `rollback_config`,
/// `replicas` and labels are the deploy's and not the container's.
fn swarm_only(spec: &ContainerSpec) -> Result<(), EngineError> {
    let Some(deploy) = &spec.service.deploy else {
        return Ok(());
    };
    if let Some(mode) = deploy.mode.as_deref().filter(|mode| *mode != "replicated") {
        return Err(unsupported(spec, &format!("deploy.mode: {mode}")));
    }
    if let Some(mode) = deploy
        .endpoint_mode
        .as_deref()
        .filter(|mode| *mode != "vip")
    {
        return Err(unsupported(spec, &format!("deploy.endpoint_mode: {mode}")));
    }
    let placed = match &deploy.placement {
        Value::Object(parts) => parts.values().any(|part| match part {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            _ => true,
        }),
        _ => false,
    };
    if placed {
        return Err(unsupported(spec, "deploy.placement"));
    }
    Ok(())
}
