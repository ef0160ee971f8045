//! What the machine has: processors, memory and disk against what the stack asks for.

use crate::Look;
use serde_json::Value;
use sinops_sdk::Severity::{self, Critical, Warning};
use sinops_sdk::deploy_step::{Action, Operation, Problem};

const MIB: u64 = 1 << 20;
/// Pulling with less than this fails: the engine's own files need as much.
const LEAST_DISK: u64 = 64 * MIB;
/// Pulling with less than this is worth a word.
const LITTLE_DISK: u64 = 1024 * MIB;

/// `limits` and `reservations`, each with compose's older attribute.
const MEMORY: [(&str, &str, &str); 2] = [
    ("limits", "/deploy/resources/limits/memory", "mem_limit"),
    (
        "reservations",
        "/deploy/resources/reservations/memory",
        "mem_reservation",
    ),
];
const CPUS: (&str, &str) = ("/deploy/resources/limits/cpus", "cpus");

pub(crate) fn check(look: &Look<'_>, actions: &[Action], problems: &mut Vec<Problem>) {
    let machine = &look.planning.observed.machine;
    if let Some(cpus) = machine.cpus {
        processors(look, cpus, problems);
    }
    if let Some(memory) = machine.memory {
        for (what, path, old) in MEMORY {
            sum(look, memory, (what, path, old), problems);
        }
    }
    if let Some(free) = machine.disk_free {
        disk(free, actions, problems);
    }
}

/// The engine refuses a limit above what it has.
fn processors(look: &Look<'_>, cpus: u32, problems: &mut Vec<Problem>) {
    let (path, old) = CPUS;
    for (service, definition) in &look.services {
        let name = service.name.as_str();
        let (wanted, place) = match number(definition.pointer(path)) {
            Some(wanted) => (wanted, path),
            None => match number(definition.get(old)) {
                Some(wanted) => (wanted, old),
                None => continue,
            },
        };
        if wanted > f64::from(cpus) {
            let mut at = vec!["services", name];
            at.extend(place.split('/').filter(|part| !part.is_empty()));
            problems.push(
                Problem::new(
                    Critical,
                    format!("`{name}` may use {wanted} CPUs, but the machine has {cpus}: the engine refuses such a limit"),
                )
                .service(name)
                .hint(format!("set the limit to {cpus} or less"))
                .at(at),
            );
        }
    }
}

/// More than the machine has may go well for long, so it is only told.
fn sum(
    look: &Look<'_>,
    memory: u64,
    (what, path, old): (&str, &str, &str),
    problems: &mut Vec<Problem>,
) {
    let mut total: u64 = 0;
    let mut largest: Option<(&str, u64)> = None;
    for (service, definition) in &look.services {
        let wanted = bytes(definition.pointer(path)).or_else(|| bytes(definition.get(old)));
        let Some(wanted) = wanted else { continue };
        let all = wanted.saturating_mul(u64::from(service.replicas));
        total = total.saturating_add(all);
        if largest.is_none_or(|(_, most)| all > most) {
            largest = Some((&service.name, all));
        }
    }
    let Some((name, most)) = largest.filter(|_| total > memory) else {
        return;
    };
    let consequence = match what {
        "limits" => {
            "under load the kernel kills containers before any of them has reached its own limit"
        }
        _ => "they cannot all have what they were promised",
    };
    problems.push(
        Problem::new(
            Warning,
            format!(
                "the memory {what} of the stack add up to {}, but the machine has {}: {consequence}",
                amount(total),
                amount(memory)
            ),
        )
        .service(name)
        .hint(format!(
            "lower the {what}, the largest is that of `{name}` ({}), or deploy to a larger machine",
            amount(most)
        ))
        .at(["services", name]),
    );
}

fn disk(free: u64, actions: &[Action], problems: &mut Vec<Problem>) {
    let pulls = actions
        .iter()
        .filter(|action| matches!(action.operation, Operation::PullImage(_)))
        .count();
    let severity: Severity = match free {
        _ if pulls == 0 => return,
        free if free < LEAST_DISK => Critical,
        free if free < LITTLE_DISK => Warning,
        _ => return,
    };
    let images = if pulls == 1 {
        "1 image has".to_owned()
    } else {
        format!("{pulls} images have")
    };
    problems.push(
        Problem::new(
            severity,
            format!(
                "{images} to be pulled, but the engine's disk has only {} left",
                amount(free)
            ),
        )
        .hint("make room, for example with `docker image prune`"),
    );
}

fn number(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Canonical projects write amounts in bytes, as text.
fn bytes(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// `1.5 GiB`, `512 MiB`.
fn amount(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let all = bytes / (unit / 10).max(1);
        match (all / 10, all % 10) {
            (whole, 0) => whole.to_string(),
            (whole, rest) => format!("{whole}.{rest}"),
        }
    };
    if bytes >= 1024 * MIB {
        format!("{} GiB", tenths(1024 * MIB))
    } else {
        format!("{} MiB", tenths(MIB))
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_are_short() {
        for (bytes, text) in [
            (0, "0 MiB"),
            (512 << 20, "512 MiB"),
            (1536 << 20, "1.5 GiB"),
            (8 << 30, "8 GiB"),
            (1 << 19, "0.5 MiB"),
        ] {
            assert_eq!(amount(bytes), text);
        }
    }
}
