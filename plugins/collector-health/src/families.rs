//! Series of what was seen.

use crate::probe::Seen;
use sinops_sdk::collector::{Verdict, gauge};
use sinops_sdk::types::MetricFamily;

pub(crate) fn of(seen: &[Seen]) -> Vec<MetricFamily> {
    let labels = |seen: &Seen| {
        vec![
            ("service", seen.check.target.clone()),
            ("container", seen.container.clone()),
        ]
    };
    let each = |value: &dyn Fn(&Seen) -> Option<f64>| {
        seen.iter()
            .filter_map(|seen| Some((labels(seen), value(seen)?)))
            .collect::<Vec<_>>()
    };
    vec![
        gauge(
            "sinops_service_up",
            "Whether the last check of the service passed.",
            "",
            each(&|seen| Some(f64::from(u8::from(seen.check.verdict == Verdict::Pass)))),
        ),
        gauge(
            "sinops_service_starting",
            "Whether the service is within its start period.",
            "",
            each(&|seen| Some(f64::from(u8::from(seen.check.verdict == Verdict::Pending)))),
        ),
        gauge(
            "sinops_check_duration_seconds",
            "How long the last check took.",
            "seconds",
            #[allow(clippy::cast_precision_loss, reason = "milliseconds of one check")]
            each(&|seen| Some(seen.check.took as f64 / 1000.0)),
        ),
        gauge(
            "sinops_container_restarts",
            "How often the engine has restarted the container.",
            "",
            each(&|seen| Some(f64::from(seen.state.as_ref()?.restarts))),
        ),
        gauge(
            "sinops_container_exit_code",
            "Exit code of a container that has ended.",
            "",
            each(&|seen| Some(f64::from(seen.state.as_ref()?.exit_code?))),
        ),
    ]
}
