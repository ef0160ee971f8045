//! Judges what was seen. Plain functions over plain data.

use crate::probe::Outcome;
use sinops_sdk::Error;
use sinops_sdk::collector::Verdict;
use sinops_sdk::containers::{self, Output, State};

/// Bytes of output that are kept: its end, where programs say what failed.
const KEPT: usize = 2048;

/// The verdict on a container that does not run.
pub(crate) fn of_stopped(state: &State) -> Outcome {
    let ended = match state.exit_code {
        Some(code) => format!("the container has ended with exit code {code}"),
        None => "the container does not run".to_owned(),
    };
    Outcome {
        name: "engine",
        verdict: Verdict::Fail,
        output: match state.restarts {
            0 => ended,
            1 => format!("{ended} after 1 restart"),
            count => format!("{ended} after {count} restarts"),
        },
    }
}

/// The verdict by the engine's own knowledge of a container that runs.
pub(crate) fn of_engine(state: &State) -> Outcome {
    Outcome {
        name: "engine",
        verdict: match state.health.as_str() {
            "unhealthy" => Verdict::Fail,
            "starting" => Verdict::Pending,
            _ => Verdict::Pass,
        },
        output: match state.health.as_str() {
            "none" => "running; no health check is declared".to_owned(),
            health if state.health_output.is_empty() => health.to_owned(),
            health => format!("{health}: {}", state.health_output),
        },
    }
}

/// The verdict by a command's end.
pub(crate) fn of_output(state: &State, output: &Output) -> Outcome {
    let text = output.text.trim_end();
    Outcome {
        name: "command",
        verdict: failed_or(state, output.exit_code == 0),
        output: match (output.exit_code, text.is_empty()) {
            (0, _) => text.to_owned(),
            (code, true) => format!("exit code {code} without output"),
            (code, false) => format!("exit code {code}: {text}"),
        },
    }
}

/// The verdict by an answer over the network.
pub(crate) fn of_answer(
    name: &'static str,
    state: &State,
    answer: Result<String, String>,
) -> Outcome {
    Outcome {
        name,
        verdict: failed_or(state, answer.is_ok()),
        output: answer.unwrap_or_else(|why| why),
    }
}

/// The verdict when the host did not do it. A missing grant is not the
/// service's fault and ends the round.
pub(crate) fn of_refusal(name: &'static str, error: containers::Error) -> Result<Outcome, Error> {
    let output = match error {
        containers::Error::Denied(text) => return Err(Error::Denied(text)),
        containers::Error::Timeout => "the check did not end in time".to_owned(),
        containers::Error::NoCheck => "no health check is declared".to_owned(),
        containers::Error::NotFound(text) | containers::Error::Other(text) => text,
    };
    Ok(Outcome {
        name,
        verdict: Verdict::Fail,
        output,
    })
}

/// Within its start period a service is not failing yet.
fn failed_or(state: &State, passed: bool) -> Verdict {
    match (passed, state.health.as_str()) {
        (true, _) => Verdict::Pass,
        (false, "starting") => Verdict::Pending,
        (false, _) => Verdict::Fail,
    }
}

/// The last part of a long output, cut between characters.
pub(crate) fn end_of(text: &str) -> String {
    let mut from = text.len().saturating_sub(KEPT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    match text.get(from..) {
        Some(end) if from > 0 => format!("…{end}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(health: &str) -> State {
        State {
            running: true,
            health: health.to_owned(),
            health_output: String::new(),
            restarts: 0,
            exit_code: None,
        }
    }

    #[test]
    fn the_engine_is_believed() {
        for (health, expected) in [
            ("none", Verdict::Pass),
            ("healthy", Verdict::Pass),
            ("starting", Verdict::Pending),
            ("unhealthy", Verdict::Fail),
        ] {
            assert_eq!(of_engine(&state(health)).verdict, expected, "{health}");
        }
    }

    #[test]
    fn a_failing_command_is_pending_only_within_the_start_period() {
        let output = |exit_code| Output {
            exit_code,
            text: "refused\n".to_owned(),
        };
        for (health, code, expected, text) in [
            ("starting", 0, Verdict::Pass, "refused"),
            ("starting", 7, Verdict::Pending, "exit code 7: refused"),
            ("unhealthy", 7, Verdict::Fail, "exit code 7: refused"),
            ("unhealthy", 0, Verdict::Pass, "refused"),
        ] {
            let outcome = of_output(&state(health), &output(code));
            assert_eq!((outcome.verdict, outcome.output.as_str()), (expected, text));
        }
    }

    #[test]
    fn a_stopped_container_says_how_it_ended() {
        let mut stopped = state("none");
        stopped.running = false;
        assert_eq!(of_stopped(&stopped).output, "the container does not run");
        stopped.exit_code = Some(137);
        stopped.restarts = 3;
        assert_eq!(
            of_stopped(&stopped).output,
            "the container has ended with exit code 137 after 3 restarts"
        );
    }

    #[test]
    fn long_output_keeps_its_end() {
        let long = "ä".repeat(KEPT);
        let kept = end_of(&long);
        assert!(
            kept.starts_with("…ä") && kept.len() <= KEPT + 3,
            "{}",
            kept.len()
        );
        assert_eq!(end_of("short"), "short");
    }
}
