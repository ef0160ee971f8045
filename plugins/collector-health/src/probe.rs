//! Looks at one target with the host's eyes.

use crate::{Probe, verdict};
use sinops_sdk::collector::{Check, Target, Verdict};
use sinops_sdk::containers::{self, State};
use sinops_sdk::{Error, http};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What was seen of one target.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) check: Check,
    /// Container id, shortened as engines do.
    pub(crate) container: String,
    /// None: the engine knows no such container.
    pub(crate) state: Option<State>,
}

/// One check by its own name, before the time is added.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) output: String,
}

pub(crate) fn target(target: &Target, probe: Option<&Probe>) -> Result<Seen, Error> {
    let begun = Instant::now();
    let mut state = None;
    let outcome = match &target.container {
        None => Outcome {
            name: "engine",
            verdict: Verdict::Fail,
            output: "there is no container".to_owned(),
        },
        Some(container) => match containers::inspect(container) {
            Ok(now) => {
                let outcome = look(target, container, &now, probe)?;
                state = Some(now);
                outcome
            }
            Err(error) => verdict::of_refusal("engine", error)?,
        },
    };
    let id = target.container.as_deref().unwrap_or_default();
    Ok(Seen {
        check: Check {
            target: target.name.clone(),
            name: outcome.name.to_owned(),
            verdict: outcome.verdict,
            output: verdict::end_of(&outcome.output),
            took: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
        container: id.chars().take(12).collect(),
        state,
    })
}

fn look(
    target: &Target,
    container: &str,
    state: &State,
    probe: Option<&Probe>,
) -> Result<Outcome, Error> {
    if !state.running {
        return Ok(verdict::of_stopped(state));
    }
    let Some(probe) = probe else {
        // The engine's own good news is fresh enough; anything else is asked
        // for, because its next look may be half a minute away.
        if state.health == "healthy" {
            return Ok(verdict::of_engine(state));
        }
        return match containers::health_check(container) {
            Ok(output) => Ok(verdict::of_output(state, &output)),
            Err(containers::Error::NoCheck) => Ok(verdict::of_engine(state)),
            Err(error) => verdict::of_refusal("command", error),
        };
    };
    let timeout = Duration::from_secs(probe.timeout.unwrap_or(5));
    if let Some(command) = &probe.command {
        return match containers::exec(container, command, timeout) {
            Ok(output) => Ok(verdict::of_output(state, &output)),
            Err(error) => verdict::of_refusal("command", error),
        };
    }
    let (name, port) = match (probe.tcp, probe.port) {
        (Some(port), _) => ("tcp", port),
        (None, port) => ("http", port.unwrap_or_default()),
    };
    let result = match target.endpoint(port) {
        None => Err(format!(
            "port {port} of the container is not published, so that nothing outside reaches it"
        )),
        Some(address) => match &probe.http {
            Some(path) => ask(address, path, timeout)?,
            None => connect(address, timeout),
        },
    };
    Ok(verdict::of_answer(name, state, result))
}

fn ask(address: &str, path: &str, timeout: Duration) -> Result<Result<String, String>, Error> {
    let url = format!("http://{address}{path}");
    match http::Request::get(&url).timeout(timeout).send() {
        Ok(answer) => {
            let line = format!("HTTP {} from {url}: {}", answer.status, answer.excerpt());
            Ok(if (200..400).contains(&answer.status) {
                Ok(line)
            } else {
                Err(line)
            })
        }
        Err(error @ http::Error::Denied(_)) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn connect(address: &str, timeout: Duration) -> Result<String, String> {
    let socket: SocketAddr = address
        .parse()
        .map_err(|_| format!("`{address}` is no address and port"))?;
    match TcpStream::connect_timeout(&socket, timeout) {
        Ok(_) => Ok(format!("{address} accepts connections")),
        Err(error) => Err(format!("{address}: {error}")),
    }
}
