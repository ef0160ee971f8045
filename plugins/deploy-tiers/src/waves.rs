//! The order in which the replicas of one service are replaced: canaries first, then so
//! many at once, with a gate between. A service that says nothing is replaced at once.

use sinops_sdk::deploy_step::{Action, Gate, Operation};
use sinops_sdk::types::{Service, Tier};

/// What `x-sinops.update` says about it; the host fills it in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waves {
    canary: usize,
    /// 0: all.
    max_parallel: usize,
}

impl Waves {
    pub(crate) fn of(service: &Service) -> Self {
        let definition = service.compose();
        let ours = definition.get("x-sinops");
        let update = ours.and_then(|ours| ours.get("update"));
        let number = |key: &str| {
            let number = update.and_then(|update| update.get(key)?.as_u64());
            number.and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
        };
        Self {
            canary: number("canary"),
            max_parallel: number("max-parallel"),
        }
    }

    pub(crate) fn has_canary(self) -> bool {
        self.canary > 0
    }

    fn split(self, mut numbers: &[u32]) -> Vec<&[u32]> {
        let mut waves = Vec::new();
        if self.canary > 0 && self.canary < numbers.len() {
            let (first, rest) = numbers.split_at(self.canary);
            waves.push(first);
            numbers = rest;
        }
        match self.max_parallel {
            0 if numbers.is_empty() => {}
            0 => waves.push(numbers),
            most => waves.extend(numbers.chunks(most)),
        }
        waves
    }
}

/// Makes each wave of a service's replaced replicas wait for the gate of the one before.
/// Returns the ids of the gates.
pub(crate) fn order(
    service: &Service,
    tier: &Tier,
    waves: Waves,
    replaced: &[u32],
    actions: &mut Vec<Action>,
) -> Vec<String> {
    let mut gates = Vec::new();
    let split = waves.split(replaced);
    for (index, pair) in split.windows(2).enumerate() {
        let [before, wave] = pair else {
            continue;
        };
        let id = format!("gate:{}:{}:{}", tier.name, service.name, index + 1);
        let first = ["remove-unfinished", "rename", "create", "stop"];
        for action in actions.iter_mut() {
            let mine = wave.iter().any(|number| {
                let mut ids = first.iter();
                ids.any(|verb| action.id == format!("{verb}:{}:{number}", service.name))
            });
            if mine {
                action.after.push(id.clone());
            }
        }
        let gate = Operation::Gate(Gate {
            services: vec![service.name.clone()],
            timeout: tier.gate_timeout,
        });
        let cause = if index == 0 && waves.has_canary() {
            "its canaries have to be healthy before the rest is replaced"
        } else {
            "those before have to be healthy before the next are replaced"
        };
        let starts = before
            .iter()
            .map(|number| format!("start:{}:{number}", service.name));
        let gate = Action::new(&id, gate, cause).service(&service.name);
        actions.push(gate.tier(&tier.name).after(starts));
        gates.push(id);
    }
    gates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves() {
        for (canary, max_parallel, expected) in [
            (0, 0, vec![vec![1, 2, 3, 4, 5]]),
            (0, 2, vec![vec![1, 2], vec![3, 4], vec![5]]),
            (1, 0, vec![vec![1], vec![2, 3, 4, 5]]),
            (1, 3, vec![vec![1], vec![2, 3, 4], vec![5]]),
            (9, 0, vec![vec![1, 2, 3, 4, 5]]),
        ] {
            let waves = Waves {
                canary,
                max_parallel,
            };
            assert_eq!(waves.split(&[1, 2, 3, 4, 5]), expected);
        }
        assert!(Waves::default().split(&[]).is_empty());
    }
}
