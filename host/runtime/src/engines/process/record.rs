//! What is kept of a container: a compose service as a local process. A plain
//! function; what a process cannot honour is refused by name.

use super::super::amounts::Amounts;
use super::super::restart::Restart;
use super::super::{ContainerSpec, labels};
use super::declared::{Declared, find};
use super::unhonoured;
use super::{EngineError, Inherited};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// As the engines of containers have it.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// `spec.json`: written once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) image: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    pub(super) created: u64,
    /// Absolute program, and its arguments.
    pub(super) command: Vec<String>,
    /// All of it: nothing is inherited.
    pub(super) environment: BTreeMap<String, String>,
    pub(super) working_dir: PathBuf,
    pub(super) stop_signal: String,
    pub(super) grace: Duration,
    pub(super) restart: Restart,
    pub(super) check: Option<Check>,
    pub(super) ports: Vec<ProcessPort>,
}

/// A health check with its defaults filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Check {
    /// Starts with `CMD` or `CMD-SHELL`.
    pub(super) test: Vec<String>,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) start_period: Duration,
    pub(super) start_interval: Duration,
    pub(super) retries: u32,
}

impl Check {
    /// The words to run.
    pub(super) fn words(&self) -> Vec<String> {
        match self.test.split_first() {
            Some((kind, script)) if kind == "CMD-SHELL" => {
                let mut words = vec!["/bin/sh".to_owned(), "-c".to_owned()];
                words.extend(script.iter().cloned());
                words
            }
            Some((_, words)) => words.to_vec(),
            None => Vec::new(),
        }
    }
}

/// A port at which the process is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProcessPort {
    pub(super) port: u16,
    pub(super) protocol: String,
    pub(super) address: String,
    /// The host's number is promised to others.
    pub(super) published: bool,
}

pub(super) fn unsupported(spec: &ContainerSpec, attribute: &str) -> EngineError {
    EngineError::Unsupported {
        engine: "process".to_owned(),
        feature: format!("services.{}.{attribute}", spec.service_name),
    }
}

impl Record {
    pub(super) fn of(
        spec: &ContainerSpec,
        inherited: &Inherited,
        id: String,
        created: u64,
    ) -> Result<Self, EngineError> {
        refuse(spec)?;
        let service = &spec.service;
        let declared = Declared::read(spec)?;
        let folder = Path::new(&spec.project_directory);
        let working_dir = declared
            .working_dir
            .map_or_else(|| folder.to_owned(), |path| folder.join(path));
        let ports = ports(spec)?;

        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), inherited.path.clone()),
            ("HOME".to_owned(), inherited.home.clone()),
        ]);
        if let Some(first) = ports.first() {
            environment.insert("PORT".to_owned(), first.port.to_string());
        }
        for (name, value) in service.environment.iter().chain(&declared.environment) {
            match value {
                Some(value) => environment.insert(name.clone(), value.clone()),
                None => environment.remove(name),
            };
        }
        let mut command = declared.command;
        if let Some(program) = command.first_mut() {
            let path = environment.get("PATH").map(String::as_str);
            *program = find(program, &working_dir, path.unwrap_or_default())
                .ok_or_else(|| EngineError::NotFound {
                    what: format!(
                        "the program `{program}` of services.{}.x-sinops.process (looked in {} and PATH={})",
                        spec.service_name,
                        working_dir.display(),
                        path.unwrap_or_default()
                    ),
                })?
                .display()
                .to_string();
        }
        let amounts = Amounts::of(spec);
        let stop_signal = service.stop_signal.as_deref().unwrap_or("SIGTERM");
        super::identity::signal(stop_signal)
            .ok_or_else(|| unsupported(spec, &format!("stop_signal: {stop_signal}")))?;
        Ok(Self {
            id,
            image: service.image.clone().unwrap_or_default(),
            labels: labels::of_container(spec, None),
            created,
            command,
            environment,
            working_dir,
            stop_signal: stop_signal.to_owned(),
            grace: service
                .stop_grace_period
                .as_deref()
                .map(|text| amounts.duration("stop_grace_period", text))
                .transpose()?
                .unwrap_or(DEFAULT_GRACE),
            restart: Restart::declared(spec, "process")?.unwrap_or_default(),
            check: check(spec)?,
            ports,
        })
    }
}

/// A process listens where it likes: only the same number on both sides can be promised.
fn ports(spec: &ContainerSpec) -> Result<Vec<ProcessPort>, EngineError> {
    let mut all = Vec::new();
    for port in &spec.service.ports {
        let same = port
            .published
            .as_ref()
            .is_none_or(|published| *published == port.target.to_string());
        if !same {
            return Err(unsupported(
                spec,
                &format!(
                    "ports: {}:{} (a process is reached at its own port: write {1}:{1})",
                    port.published.as_deref().unwrap_or_default(),
                    port.target
                ),
            ));
        }
        all.push(ProcessPort {
            port: port.target,
            protocol: port.protocol.clone().unwrap_or_else(|| "tcp".to_owned()),
            address: port.host_ip.clone().unwrap_or_default(),
            published: port.published.is_some(),
        });
    }
    for text in &spec.service.expose {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let port: u16 = number
            .parse()
            .map_err(|_| unsupported(spec, &format!("expose: {text}")))?;
        if !all
            .iter()
            .any(|one| one.port == port && one.protocol == protocol)
        {
            all.push(ProcessPort {
                port,
                protocol: protocol.to_owned(),
                address: String::new(),
                published: false,
            });
        }
    }
    Ok(all)
}

fn check(spec: &ContainerSpec) -> Result<Option<Check>, EngineError> {
    let Some(declared) = &spec.service.healthcheck else {
        return Ok(None);
    };
    let kind = declared.test.first().map(String::as_str);
    if declared.disable || matches!(kind, None | Some("NONE")) {
        return Ok(None);
    }
    if !matches!(kind, Some("CMD" | "CMD-SHELL")) || declared.test.len() < 2 {
        return Err(unsupported(
            spec,
            &format!("healthcheck.test: {:?}", declared.test),
        ));
    }
    let amounts = Amounts::of(spec);
    let time = |name: &str, text: &Option<String>, default: u64| {
        text.as_deref()
            .map(|text| amounts.duration(&format!("healthcheck.{name}"), text))
            .transpose()
            .map(|time| {
                time.filter(|time| !time.is_zero())
                    .unwrap_or(Duration::from_secs(default))
            })
    };
    Ok(Some(Check {
        test: declared.test.clone(),
        interval: time("interval", &declared.interval, 30)?,
        timeout: time("timeout", &declared.timeout, 30)?,
        start_period: time("start_period", &declared.start_period, 0)?,
        start_interval: time("start_interval", &declared.start_interval, 5)?,
        retries: declared
            .retries
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number > 0)
            .unwrap_or(3),
    }))
}

/// What would change what the service may do or see is refused; what only
/// tunes it is warned of.
pub(super) fn refuse(spec: &ContainerSpec) -> Result<(), EngineError> {
    let service = &spec.service;
    if let Some(attribute) = unhonoured::attribute(service) {
        return Err(unsupported(spec, attribute));
    }
    let other_than_host =
        |mode: &Option<String>| mode.as_deref().is_some_and(|mode| mode != "host");
    for (declared, attribute) in [
        (service.user.is_some(), "user"),
        (service.read_only, "read_only"),
        (!service.cap_drop.is_empty(), "cap_drop"),
        (!service.security_opt.is_empty(), "security_opt"),
        (!service.devices.is_empty(), "devices"),
        (!service.secrets.is_empty(), "secrets"),
        (!service.configs.is_empty(), "configs"),
        (!service.tmpfs.is_empty(), "tmpfs"),
        (other_than_host(&service.network_mode), "network_mode"),
        (other_than_host(&service.pid), "pid"),
        (service.tty, "tty"),
        (service.stdin_open, "stdin_open"),
    ] {
        if declared {
            return Err(unsupported(spec, attribute));
        }
    }
    let limits = service
        .deploy
        .as_ref()
        .is_some_and(|deploy| deploy.resources != sinops_compose::Resources::default());
    for (declared, attribute) in [
        (limits, "deploy.resources"),
        (service.mem_limit.is_some(), "mem_limit"),
        (service.shm_size.is_some(), "shm_size"),
        (!service.ulimits.is_empty(), "ulimits"),
        (!service.sysctls.is_empty(), "sysctls"),
        (!service.cap_add.is_empty(), "cap_add"),
        (service.privileged, "privileged"),
        (service.init.is_some(), "init"),
        (!service.dns.is_empty(), "dns"),
        (!service.extra_hosts.is_empty(), "extra_hosts"),
        (service.hostname.is_some(), "hostname"),
        (service.logging.is_some(), "logging"),
        (service.working_dir.is_some(), "working_dir"),
    ] {
        if declared {
            tracing::warn!(
                service = spec.service_name,
                "{attribute} has no effect on the process engine"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(service: Value) -> Result<Record, EngineError> {
        let spec = ContainerSpec {
            project: "shop".to_owned(),
            project_directory: "/".to_owned(),
            service_name: "api".to_owned(),
            service: serde_json::from_value(service).unwrap(),
            ..ContainerSpec::default()
        };
        let inherited = Inherited {
            path: "/usr/bin:/bin".to_owned(),
            home: "/home/me".to_owned(),
        };
        Record::of(&spec, &inherited, "id".to_owned(), 0)
    }

    #[test]
    fn the_command_may_be_a_line_a_list_or_a_mapping() {
        for process in [
            json!("exec sleep 1"),
            json!(["sh", "-c", "exec sleep 1"]),
            json!({"command": ["sh", "-c", "exec sleep 1"]}),
        ] {
            let record = read(json!({"x-sinops": {"process": process}})).unwrap();
            assert!(record.command[0].ends_with("/sh"), "{:?}", record.command);
            assert_eq!(record.command[1..], ["-c", "exec sleep 1"]);
        }
    }

    #[test]
    fn only_what_is_declared_is_in_the_environment() {
        let record = read(json!({
            "environment": {"A": "1", "B": "2", "HOME": null},
            "ports": [{"target": 8080, "published": "8080"}],
            "x-sinops": {"process": {"command": "true", "env": {"A": 3, "B": null}}},
        }))
        .unwrap();
        let found: Vec<(&str, &str)> = record
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            found,
            [("A", "3"), ("PATH", "/usr/bin:/bin"), ("PORT", "8080")]
        );
    }

    #[test]
    fn what_a_process_cannot_honour_is_refused_by_name() {
        let with = |key: &str, value: Value| {
            let mut service = json!({"x-sinops": {"process": "true"}});
            service[key] = value;
            service
        };
        for (service, named) in [
            (json!({"image": "api"}), "x-sinops"),
            (with("user", json!("10")), "api.user"),
            (with("read_only", json!(true)), "read_only"),
            (with("secrets", json!([{"source": "key"}])), "secrets"),
            (with("network_mode", json!("none")), "network_mode"),
            (with("cpus", json!(1.5)), "api.cpus"),
            (with("volumes_from", json!(["db"])), "api.volumes_from"),
            (
                with("ports", json!([{"target": 80, "published": "8080"}])),
                "8080:80",
            ),
            (with("stop_signal", json!("SIGWHAT")), "SIGWHAT"),
            (
                with("x-sinops", json!({"process": {"comand": "x"}})),
                "`comand`",
            ),
            (
                with("x-sinops", json!({"process": ["no-such-program-here"]})),
                "no-such-program-here",
            ),
        ] {
            let error = read(service).unwrap_err().to_string();
            assert!(error.contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn a_check_has_the_defaults_of_the_engines() {
        let service = |check: Value| {
            read(json!({"x-sinops": {"process": "true"}, "healthcheck": check})).unwrap()
        };
        let check = service(json!({"test": ["CMD-SHELL", "a b"], "interval": "1s"}))
            .check
            .unwrap();
        assert_eq!(check.interval, Duration::from_secs(1));
        assert_eq!((check.retries, check.timeout), (3, Duration::from_secs(30)));
        assert_eq!(check.words(), ["/bin/sh", "-c", "a b"]);
        assert_eq!(service(json!({"test": ["NONE"]})).check, None);
        assert_eq!(
            service(json!({"test": ["CMD", "a"], "disable": true})).check,
            None
        );
    }
}
