//! A compose service as the body of the engine's create call: a plain
//! function. What the engine has no word for is refused by name.

use super::super::amounts::Amounts;
use super::super::{ContainerSpec, labels};
use super::EngineError;
use super::attach::{self, Attachments};
use super::connect::Api;
use super::{blkio, hooks, limits, mounts, refusals, restart, security};
use bollard::models::{
    ContainerCreateBody, DeviceMapping, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigIsolationEnum, HostConfigLogConfig,
};
use sinops_compose::HealthCheck;
use std::collections::HashMap;
use std::time::Duration;

/// What the engine has to be asked for before the body can be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookups {
    pub(super) image_id: Option<String>,
    /// Where the engine is reached on this machine, if by a socket.
    pub(super) socket: Option<String>,
    /// Containers of services whose namespaces or volumes are shared.
    pub(super) services: HashMap<String, String>,
    /// Texts of the seccomp profiles named in `security_opt`.
    pub(super) seccomp: HashMap<String, String>,
}

/// The body, and the networks that need a call of their own.
pub(super) struct Plan {
    pub(super) body: ContainerCreateBody,
    pub(super) connect: Vec<(String, bollard::models::EndpointSettings)>,
    /// Of the first network, where the engine takes it for the whole container only.
    pub(super) mac_address: Option<String>,
}

/// Refuses an attribute by its name.
pub(super) fn unsupported(spec: &ContainerSpec, attribute: &str) -> EngineError {
    EngineError::Unsupported {
        engine: "docker".to_owned(),
        feature: format!("services.{}.{attribute}", spec.service_name),
    }
}

/// The reference of the image: compose's name for one that is built here.
pub(super) fn image(spec: &ContainerSpec) -> Result<String, EngineError> {
    match (&spec.service.image, &spec.service.build) {
        (Some(image), _) => Ok(image.clone()),
        (None, Some(_)) => Ok(format!("{}-{}", spec.project, spec.service_name)),
        (None, None) => Err(unsupported(spec, "image (none is declared)")),
    }
}

pub(super) fn plan(spec: &ContainerSpec, lookups: &Lookups, api: Api) -> Result<Plan, EngineError> {
    let service = &spec.service;
    refusals::check(spec, api)?;
    let amounts = Amounts::of(spec);
    let Attachments {
        network_mode,
        endpoints,
        connect,
        mac_address,
    } = attach::attachments(spec, lookups, api)?;
    let mounts = mounts::mounts(spec, lookups.socket.as_deref(), api)?;
    let (ports, exposed) = super::ports::ports(spec, &network_mode)?;
    let stop_timeout = service
        .stop_grace_period
        .as_deref()
        .map(|text| amounts.duration("stop_grace_period", text))
        .transpose()?
        .map(whole_seconds);

    let shared = |attribute: &str, mode: &Option<String>| {
        let mode = mode.as_deref().filter(|mode| !mode.is_empty());
        mode.map(|mode| attach::of_service(spec, lookups, attribute, mode))
            .transpose()
    };

    let mut host = HostConfig {
        binds: some(mounts.binds),
        mounts: some(mounts.mounts),
        tmpfs: some(mounts.tmpfs),
        port_bindings: some(ports),
        restart_policy: restart::policy(spec)?,
        dns: some(service.dns.clone()),
        extra_hosts: some(
            service
                .extra_hosts
                .iter()
                .map(|host| extra_host(host))
                .collect(),
        ),
        dns_options: some(service.dns_opt.clone()),
        dns_search: some(service.dns_search.clone()),
        group_add: some(service.group_add.clone()),
        links: legacy_links(spec, &network_mode),
        network_mode: Some(network_mode),
        pid_mode: shared("pid", &service.pid)?,
        ipc_mode: shared("ipc", &service.ipc)?,
        uts_mode: service.uts.clone(),
        userns_mode: service.userns_mode.clone(),
        cgroupns_mode: service
            .cgroup
            .as_deref()
            .map(|mode| match mode {
                "host" => Ok(HostConfigCgroupnsModeEnum::HOST),
                "private" => Ok(HostConfigCgroupnsModeEnum::PRIVATE),
                other => Err(unsupported(spec, &format!("cgroup: {other}"))),
            })
            .transpose()?,
        isolation: service
            .isolation
            .as_deref()
            .map(|text| {
                text.parse::<HostConfigIsolationEnum>()
                    .map_err(|_| unsupported(spec, &format!("isolation: {text}")))
            })
            .transpose()?,
        annotations: some(pairs(&service.annotations)),
        runtime: service.runtime.clone(),
        storage_opt: some(pairs(&service.storage_opt)),
        volumes_from: some(attach::volumes_from(spec, lookups)?),
        privileged: service.privileged.then_some(true),
        readonly_rootfs: service.read_only.then_some(true),
        shm_size: service
            .shm_size
            .as_deref()
            .map(|text| amounts.bytes("shm_size", text))
            .transpose()?,
        sysctls: some(pairs(&service.sysctls)),
        ulimits: some(limits::ulimits(spec)?),
        init: service.init,
        devices: some(
            service
                .devices
                .iter()
                .filter(|device| !limits::is_cdi(device))
                .map(|device| DeviceMapping {
                    path_on_host: Some(device.source.clone()),
                    path_in_container: Some(device.target.clone()),
                    cgroup_permissions: Some(device.permissions.clone()),
                })
                .collect(),
        ),
        log_config: service.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: Some(
                logging
                    .driver
                    .clone()
                    .unwrap_or_else(|| "json-file".to_owned()),
            ),
            config: some(pairs(&logging.options)),
        }),
        ..HostConfig::default()
    };
    security::apply(spec, lookups, &mut host);
    limits::resources(spec, &mut host)?;
    blkio::apply(spec, &mut host)?;

    let body = ContainerCreateBody {
        hostname: service.hostname.clone(),
        domainname: service.domainname.clone(),
        user: service.user.clone(),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: service.tty.then_some(true),
        open_stdin: service.stdin_open.then_some(true),
        exposed_ports: some(exposed),
        env: some(
            service
                .environment
                .iter()
                .map(|(name, value)| match value {
                    Some(value) => format!("{name}={value}"),
                    // Without `=`, the engine takes it out of what the image sets.
                    None => name.clone(),
                })
                .collect(),
        ),
        cmd: service.command.clone(),
        entrypoint: service.entrypoint.clone(),
        healthcheck: service
            .healthcheck
            .as_ref()
            .map(|check| health(&amounts, check, api))
            .transpose()?,
        image: Some(image(spec)?),
        working_dir: service.working_dir.clone(),
        labels: Some(
            labels::of_container(spec, lookups.image_id.as_deref())
                .into_iter()
                .chain(hooks::label(service))
                .collect(),
        ),
        stop_signal: service.stop_signal.clone(),
        stop_timeout,
        networking_config: (!endpoints.is_empty()).then_some(bollard::models::NetworkingConfig {
            endpoints_config: Some(endpoints),
        }),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    };
    Ok(Plan {
        body,
        connect,
        mac_address,
    })
}

/// On the engine's own bridge, links are the container's and not the endpoint's.
fn legacy_links(spec: &ContainerSpec, network_mode: &str) -> Option<Vec<String>> {
    (network_mode == "bridge" || network_mode == "default")
        .then(|| attach::links(spec))
        .and_then(some)
}

pub(super) trait Emptiness {
    fn nothing(&self) -> bool;
}
impl<T> Emptiness for Vec<T> {
    fn nothing(&self) -> bool {
        self.is_empty()
    }
}
impl<K, V> Emptiness for HashMap<K, V> {
    fn nothing(&self) -> bool {
        self.is_empty()
    }
}

/// An empty list is not sent: it would take away what the image sets.
pub(super) fn some<T: Emptiness>(value: T) -> Option<T> {
    (!value.nothing()).then_some(value)
}

pub(super) fn pairs(map: &sinops_compose::Map<String>) -> HashMap<String, String> {
    map.iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs() + u64::from(time.subsec_nanos() > 0)).unwrap_or(i64::MAX)
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// `name=address` as `name:address`; an IPv6 address stands without brackets.
pub(super) fn extra_host(text: &str) -> String {
    let (name, address) = text
        .split_once('=')
        .or_else(|| text.split_once(':'))
        .unwrap_or((text, ""));
    format!("{name}:{}", address.trim_matches(['[', ']']))
}

fn health(
    amounts: &Amounts<'_>,
    check: &HealthCheck,
    api: Api,
) -> Result<HealthConfig, EngineError> {
    if check.disable {
        return Ok(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        });
    }
    let time = |name: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| amounts.duration(&format!("healthcheck.{name}"), text))
            .transpose()
            .map(|time| time.map(nanoseconds))
    };
    Ok(HealthConfig {
        test: some(check.test.clone()),
        interval: time("interval", &check.interval)?,
        timeout: time("timeout", &check.timeout)?,
        retries: check
            .retries
            .map(|number| i64::try_from(number).unwrap_or(i64::MAX)),
        start_period: time("start_period", &check.start_period)?,
        // Older engines refuse the field. Nothing is lost while deploying:
        // gates run the check themselves, and sooner.
        start_interval: time("start_interval", &check.start_interval)?.filter(|_| api >= Api(44)),
    })
}

#[cfg(test)]
#[path = "body/tests.rs"]
mod tests;
