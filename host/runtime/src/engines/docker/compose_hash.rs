//! The hash by which `docker compose up` knows that a container is as its files say: with it
//! compose leaves alone what sinops made. It is over the service as compose has it at that
//! moment, with the ids of the containers whose namespaces and volumes it shares.

use super::super::ContainerSpec;
use super::body::Lookups;

/// None where compose's form of the service cannot be had: compose then makes it anew.
pub(super) fn of(spec: &ContainerSpec, lookups: &Lookups) -> Option<String> {
    let mut service = spec.service.clone();
    let id = |name: &str| lookups.services.get(name);
    let modes = [
        &mut service.network_mode,
        &mut service.ipc,
        &mut service.pid,
    ];
    for mode in modes {
        if let Some(name) = mode.as_deref().and_then(|it| it.strip_prefix("service:")) {
            *mode = Some(format!("container:{}", id(name)?));
        }
    }
    for from in &mut service.volumes_from {
        // What follows the name is left out by compose.
        *from = match from.strip_prefix("container:") {
            Some(named) => named.split(':').next().unwrap_or_default().to_owned(),
            None => id(from.split(':').next().unwrap_or_default())?.clone(),
        };
    }
    sinops_compose::service_hash(&service, None).ok()
}
