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
    older_forms(spec, host)?;
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
        if let Some(cpus) = cpus {
            host.nano_cpus = Some(nano_cpus(*cpus));
        }
        if let Some(memory) = memory {
            host.memory = Some(amounts.bytes("deploy.resources.limits.memory", memory)?);
        }
        host.pids_limit = pids.or(host.pids_limit);
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
            let requests = device_requests(spec, devices)?;
            host.device_requests
                .get_or_insert_default()
                .extend(requests);
        }
    }
    Ok(())
}

/// What stood in a service before there was `deploy.resources`, which goes before it.
fn older_forms(spec: &ContainerSpec, host: &mut HostConfig) -> Result<(), EngineError> {
    let service = &spec.service;
    let amounts = Amounts::of(spec);
    let bytes = |name: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| amounts.bytes(name, text))
            .transpose()
    };
    host.memory = bytes("mem_limit", &service.mem_limit)?;
    host.memory_reservation = bytes("mem_reservation", &service.mem_reservation)?;
    host.memory_swap = match service.memswap_limit.as_deref() {
        Some("-1") => Some(-1),
        _ => bytes("memswap_limit", &service.memswap_limit)?,
    };
    host.memory_swappiness = service
        .mem_swappiness
        .as_deref()
        .map(|text| {
            text.parse()
                .map_err(|_| unsupported(spec, &format!("mem_swappiness: {text}")))
        })
        .transpose()?;
    host.nano_cpus = service.cpus.map(nano_cpus);
    host.cpu_count = service.cpu_count;
    host.cpu_percent = service.cpu_percent.map(hundredths);
    host.cpu_period = service.cpu_period;
    host.cpu_quota = service.cpu_quota;
    host.cpu_realtime_period = service.cpu_rt_period;
    host.cpu_realtime_runtime = service.cpu_rt_runtime;
    host.cpu_shares = service.cpu_shares;
    host.cpuset_cpus.clone_from(&service.cpuset);
    host.cgroup_parent.clone_from(&service.cgroup_parent);
    host.pids_limit = service.pids_limit.filter(|limit| *limit != 0);
    host.oom_kill_disable = service.oom_kill_disable.then_some(true);
    host.oom_score_adj = service.oom_score_adj;
    host.device_cgroup_rules =
        (!service.device_cgroup_rules.is_empty()).then(|| service.device_cgroup_rules.clone());
    let mut requests: Vec<DeviceRequest> = service.gpus.iter().map(gpu).collect();
    let cdi = service.devices.iter().filter(|device| is_cdi(device));
    let cdi: Vec<String> = cdi.map(|device| device.source.clone()).collect();
    if !cdi.is_empty() {
        requests.push(DeviceRequest {
            driver: Some("cdi".to_owned()),
            device_ids: Some(cdi),
            ..DeviceRequest::default()
        });
    }
    host.device_requests = (!requests.is_empty()).then_some(requests);
    Ok(())
}

/// Whether an entry of `devices` is the name of a device that is described to the engine
/// (Container Device Interface, `vendor.com/class=name`), and no path.
pub(super) fn is_cdi(device: &sinops_compose::Device) -> bool {
    let kind = device.source.split_once('=').map(|(kind, _)| kind);
    let vendor = kind.and_then(|kind| kind.split_once('/'));
    device.source == device.target && vendor.is_some_and(|(vendor, _)| !vendor.is_empty())
}

/// An entry of `gpus`: a request of devices that have to be GPUs.
fn gpu(declared: &sinops_compose::DeviceRequest) -> DeviceRequest {
    let mut capabilities = declared.capabilities.clone();
    if !capabilities.iter().any(|one| one == "gpu") {
        capabilities.push("gpu".to_owned());
    }
    let ids = (!declared.device_ids.is_empty()).then(|| declared.device_ids.clone());
    DeviceRequest {
        capabilities: Some(vec![capabilities]),
        driver: declared.driver.clone(),
        count: declared.count.or(ids.is_none().then_some(-1)),
        device_ids: ids,
        options: (!declared.options.is_empty()).then(|| super::body::pairs(&declared.options)),
    }
}

/// Per cent as the engine counts them.
fn hundredths(percent: f64) -> i64 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a number of per cent is far below 2^63, and the cast saturates"
    )]
    let whole = (percent * 100.0).round() as i64;
    whole
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
