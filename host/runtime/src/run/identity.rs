//! Who acts: the machine and the process, as others are told.

use crate::engines::start_time;
use sinops_core::lease::Owner;
use std::path::Path;

/// Name of this machine.
#[must_use]
pub(super) fn host() -> String {
    line("/proc/sys/kernel/hostname").unwrap_or_else(|| "unknown".to_owned())
}

fn line(path: impl AsRef<Path>) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// This process as the owner of a lease.
#[must_use]
pub(super) fn owner(user: &str, since: String) -> Owner {
    let pid = std::process::id();
    let (machine, started) = (machine(), started(pid).unwrap_or_default());
    Owner {
        token: format!("{machine}/{pid}/{started}/{}", super::journal::now_ms()),
        who: format!("{user}@{}", host()),
        pid,
        machine,
        started,
        since,
    }
}

/// Whether an owner is known to be gone. Only one of this machine can be.
#[must_use]
pub(super) fn is_dead(owner: &Owner) -> bool {
    owner.machine == machine() && started(owner.pid).is_none_or(|started| started != owner.started)
}

/// Whether a process of this number runs here.
#[must_use]
pub(super) fn is_alive(pid: u32) -> bool {
    started(pid).is_some()
}

/// One start of one kernel, and the pid space on it: containers share the first.
fn machine() -> String {
    let boot = line("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{boot}/{}", space.display())
}

/// When a process began, as it stands in leases.
fn started(pid: u32) -> Option<String> {
    let time = start_time(i32::try_from(pid).ok()?)?;
    Some(time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_of_this_machine_is_known_to_be_dead() {
        let me = owner("me", String::new());
        assert!(!is_dead(&me));
        let (pid, started) = (u32::MAX, "1".to_owned());
        assert!(is_dead(&Owner { pid, ..me.clone() }));
        assert!(is_dead(&Owner {
            started,
            ..me.clone()
        }));
        let machine = "another".to_owned();
        assert!(!is_dead(&Owner { pid, machine, ..me }));
    }
}
