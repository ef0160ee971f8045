//! How much of the machine a container may use.

use super::super::ContainerSpec;
use super::super::amounts::Amounts;
use super::super::limits as shared;
use super::EngineError;
use super::body::unsupported;
use bollard::models::{DeviceRequest, HostConfig, ResourcesUlimits};
use serde_json::Value;
use sinops_compose::ResourceAmounts;

pub(super) fn ulimits(spec: &ContainerSpec) -> Result<Vec<ResourcesUlimits>, EngineError> {
    let limits = shared::ulimits(&spec.service.ulimits)
        .map_err(|what| unsupported(spec, &format!("ulimits.{what}")))?;
    Ok(limits
        .into_iter()
        .map(|(name, soft, hard)| ResourcesUlimits {
            name: Some(name),
            soft: Some(soft),
            hard: Some(hard),
        })
        .collect())
}

pub(super) fn resources(spec: &ContainerSpec, host: &mut HostConfig) -> Result<(), EngineError> {
    let amounts = Amounts::of(spec);
    if let Some(memory) = &spec.service.mem_limit {
        host.memory = Some(amounts.bytes("mem_limit", memory)?);
    }
    let Some(deploy) = &spec.service.deploy else {
        return Ok(());
    };
    if let Some(limits) = &deploy.resources.limits {
        let ResourceAmounts {
            cpus,
            memory,
            pids,
            devices,
            ..
        } = limits;
        if devices.is_some() {
            return Err(unsupported(spec, "deploy.resources.limits.devices"));
        }
        host.nano_cpus = cpus.map(nano_cpus);
        if let Some(memory) = memory {
            host.memory = Some(amounts.bytes("deploy.resources.limits.memory", memory)?);
        }
        host.pids_limit = *pids;
    }
    if let Some(reservations) = &deploy.resources.reservations {
        let ResourceAmounts {
            cpus,
            memory,
            pids,
            devices,
            ..
        } = reservations;
        if pids.is_some() {
            return Err(unsupported(spec, "deploy.resources.reservations.pids"));
        }
        if cpus.is_some() {
            // Every stack that was written with Swarm in mind has it.
            tracing::warn!(
                service = spec.service_name,
                "deploy.resources.reservations.cpus has no effect: a single engine reserves no CPU"
            );
        }
        if let Some(memory) = memory {
            host.memory_reservation =
                Some(amounts.bytes("deploy.resources.reservations.memory", memory)?);
        }
        if let Some(devices) = devices {
            host.device_requests = Some(device_requests(spec, devices)?);
        }
    }
    Ok(())
}

fn nano_cpus(cpus: f64) -> i64 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a number of CPUs is far below 2^63 nanos, and the cast saturates"
    )]
    let nanos = (cpus * 1e9).round() as i64;
    nanos
}

fn device_requests(
    spec: &ContainerSpec,
    devices: &Value,
) -> Result<Vec<DeviceRequest>, EngineError> {
    let refused = |what: &str| {
        unsupported(
            spec,
            &format!("deploy.resources.reservations.devices{what}"),
        )
    };
    let texts = |value: &Value| -> Option<Vec<String>> {
        value
            .as_array()?
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    devices
        .as_array()
        .ok_or_else(|| refused(""))?
        .iter()
        .map(|device| {
            let mut request = DeviceRequest::default();
            for (key, value) in device.as_object().ok_or_else(|| refused(""))? {
                let wrong = || refused(&format!(".{key}: `{value}`"));
                match key.as_str() {
                    "capabilities" => {
                        request.capabilities = Some(vec![texts(value).ok_or_else(wrong)?]);
                    }
                    "device_ids" => {
                        request.device_ids = Some(texts(value).ok_or_else(wrong)?);
                    }
                    "driver" => request.driver = value.as_str().map(str::to_owned),
                    "count" => {
                        request.count = Some(match value {
                            Value::String(all) if all == "all" => -1,
                            Value::String(text) => text.parse().map_err(|_| wrong())?,
                            number => number.as_i64().ok_or_else(wrong)?,
                        });
                    }
                    "options" => {
                        let options = value.as_object().ok_or_else(wrong)?;
                        request.options = Some(
                            options
                                .iter()
                                .map(|(key, value)| {
                                    (key.clone(), value.as_str().unwrap_or_default().to_owned())
                                })
                                .collect(),
                        );
                    }
                    _ => return Err(wrong()),
                }
            }
            if request.count.is_none() && request.device_ids.is_none() {
                request.count = Some(-1);
            }
            Ok(request)
        })
        .collect()
}
