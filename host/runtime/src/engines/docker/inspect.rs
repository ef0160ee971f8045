//! State of one container.

use super::super::State;
use bollard::models::{ContainerInspectResponse, HealthStatusEnum};
use sinops_core::observed::Health;
use std::time::Duration;

/// `host` is where published ports are reached.
pub(super) fn state(found: &ContainerInspectResponse, host: &str) -> State {
    let state = found.state.clone().unwrap_or_default();
    let running = state.running.unwrap_or_default() && !state.restarting.unwrap_or_default();
    let health = state.health.unwrap_or_default();
    let check = found
        .config
        .as_ref()
        .and_then(|config| config.healthcheck.clone())
        .unwrap_or_default();
    let time = |nanos: Option<i64>| {
        nanos
            .and_then(|nanos| u64::try_from(nanos).ok())
            .filter(|nanos| *nanos > 0)
            .map(Duration::from_nanos)
    };
    let test = check
        .test
        .unwrap_or_default()
        .into_iter()
        .collect::<Vec<_>>();
    let has_test = test.first().is_some_and(|kind| kind != "NONE");
    State {
        running,
        health: match health.status {
            Some(HealthStatusEnum::STARTING) => Health::Starting,
            Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
            Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
            Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) | None => Health::None,
        },
        health_output: health
            .log
            .and_then(|log| log.into_iter().next_back())
            .and_then(|probe| probe.output)
            .unwrap_or_default(),
        restarts: found
            .restart_count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        exit_code: state
            .exit_code
            .filter(|_| !running && !never_ran(state.started_at.as_deref()))
            .and_then(|code| i32::try_from(code).ok()),
        health_test: if has_test { test } else { Vec::new() },
        health_timeout: time(check.timeout),
        start_period: time(check.start_period),
        retries: check
            .retries
            .filter(|number| *number > 0)
            .and_then(|number| u32::try_from(number).ok()),
        endpoints: endpoints(found, host),
    }
}

/// The engine's zero of time.
fn never_ran(started_at: Option<&str>) -> bool {
    started_at.is_none_or(|time| time.is_empty() || time.starts_with("0001-"))
}

fn endpoints(found: &ContainerInspectResponse, host: &str) -> Vec<(String, String)> {
    let on_host = found
        .host_config
        .as_ref()
        .and_then(|config| config.network_mode.as_deref())
        == Some("host");
    let mut all: Vec<(String, String)> = Vec::new();
    if on_host {
        let exposed = found
            .config
            .iter()
            .filter_map(|config| config.exposed_ports.as_ref())
            .flatten();
        all.extend(exposed.map(|port| {
            let number = port.split('/').next().unwrap_or(port);
            (port.clone(), format!("{host}:{number}"))
        }));
    }
    let published = found
        .network_settings
        .iter()
        .filter_map(|settings| settings.ports.as_ref())
        .flatten();
    for (port, bindings) in published {
        for binding in bindings.iter().flatten() {
            let address = match binding.host_ip.as_deref() {
                None | Some("" | "0.0.0.0" | "::") => host,
                Some(address) => address,
            };
            let number = binding.host_port.as_deref().unwrap_or_default();
            let shown = if address.contains(':') && !address.starts_with('[') {
                format!("[{address}]:{number}")
            } else {
                format!("{address}:{number}")
            };
            all.push((port.clone(), shown));
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
