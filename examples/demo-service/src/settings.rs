//! What the environment says. Reading only; nothing is started here.

use std::time::Duration;

/// How the service is to behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) ports: Vec<u16>,
    pub(crate) start_delay: Duration,
    pub(crate) ready_delay: Duration,
    pub(crate) exit_after: Option<Duration>,
    pub(crate) log_every: Option<Duration>,
    pub(crate) fail: Option<Failure>,
}

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Ends with 1 before it listens.
    Start,
    /// Listens, and is never healthy.
    Health,
    /// Ends with 1 after it has served for a while.
    Exit,
}

const DEFAULT_PORT: u16 = 8080;

impl Settings {
    pub(crate) fn read(environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let fail = match environment("DEMO_FAIL").as_deref() {
            None | Some("") => None,
            Some("start") => Some(Failure::Start),
            Some("health") => Some(Failure::Health),
            Some("exit") => Some(Failure::Exit),
            Some(other) => {
                return Err(format!(
                    "DEMO_FAIL={other}: must be `start`, `health` or `exit`"
                ));
            }
        };
        Ok(Self {
            name: environment("DEMO_NAME")
                .or_else(|| environment("HOSTNAME"))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "demo".to_owned()),
            ports: ports(environment)?,
            start_delay: milliseconds(environment, "DEMO_START_DELAY_MS")?.unwrap_or_default(),
            ready_delay: milliseconds(environment, "DEMO_READY_DELAY_MS")?.unwrap_or_default(),
            exit_after: milliseconds(environment, "DEMO_EXIT_AFTER_MS")?,
            log_every: milliseconds(environment, "DEMO_LOG_EVERY_MS")?
                .filter(|every| !every.is_zero()),
            fail,
        })
    }
}

/// `DEMO_PORT` (a comma list), else `PORT`, else 8080.
pub(crate) fn ports(environment: &dyn Fn(&str) -> Option<String>) -> Result<Vec<u16>, String> {
    let (name, text) = ["DEMO_PORT", "PORT"]
        .into_iter()
        .find_map(|name| {
            environment(name)
                .filter(|text| !text.trim().is_empty())
                .map(|text| (name, text))
        })
        .unwrap_or(("DEMO_PORT", DEFAULT_PORT.to_string()));
    text.split(',')
        .map(|port| {
            port.trim()
                .parse()
                .map_err(|_| format!("{name}={text}: `{port}` is not a port"))
        })
        .collect()
}

fn milliseconds(
    environment: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<Duration>, String> {
    match environment(name).filter(|text| !text.trim().is_empty()) {
        None => Ok(None),
        Some(text) => text
            .trim()
            .parse()
            .map(|number| Some(Duration::from_millis(number)))
            .map_err(|_| format!("{name}={text}: must be a number of milliseconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(&|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn ports_come_from_demo_port_then_port_then_the_default() {
        assert_eq!(read(&[]).unwrap().ports, [8080]);
        assert_eq!(read(&[("PORT", "99")]).unwrap().ports, [99]);
        assert_eq!(
            read(&[("PORT", "99"), ("DEMO_PORT", "80, 81")])
                .unwrap()
                .ports,
            [80, 81]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("DEMO_PORT", "eighty"),
            ("DEMO_START_DELAY_MS", "1s"),
            ("DEMO_FAIL", "often"),
        ] {
            let problem = read(&[(name, value)]).unwrap_err();
            assert!(problem.contains(name), "{problem}");
        }
    }
}
