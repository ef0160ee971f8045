//! Which process is meant. Numbers are used again; a number together with the
//! time at which the process started is not.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

/// A process, for as long as the machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) pid: i32,
    /// Ticks since the machine started.
    start: u64,
}

impl Identity {
    /// The process that has this number now.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        Some(Self {
            pid,
            start: start_time(pid)?,
        })
    }

    /// It runs, and is no other.
    pub(super) fn is_alive(self) -> bool {
        start_time(self.pid) == Some(self.start)
    }

    /// To the process alone.
    pub(super) fn send(self, signal: Signal) -> bool {
        self.is_alive()
            && Pid::from_raw(self.pid).is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// To it and all that it started, while it is there.
    pub(super) fn send_group(self, signal: Signal) -> bool {
        self.is_alive() && self.sweep(signal)
    }

    /// To all of its group, also after its own end. Only while a member may
    /// still live is the number not given to another group.
    pub(super) fn sweep(self, signal: Signal) -> bool {
        Pid::from_raw(self.pid).is_some_and(|pid| kill_process_group(pid, signal).is_ok())
    }
}

/// When a process began, in ticks since the machine started (proc(5), stat, field 22);
/// none of one that is not there, or a zombie.
pub(crate) fn start_time(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may itself hold some.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    // Field 22 of the whole line.
    fields.nth(18)?.parse().ok()
}

/// `SIGHUP`, `HUP` or `1`.
pub(super) fn signal(text: &str) -> Option<Signal> {
    let upper = text.trim().to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = [
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("KILL", Signal::KILL),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
        ("ALRM", Signal::ALARM),
        ("TERM", Signal::TERM),
        ("CONT", Signal::CONT),
        ("STOP", Signal::STOP),
        ("WINCH", Signal::WINCH),
    ];
    let number: Option<i32> = name.parse().ok();
    known
        .into_iter()
        .find(|(word, signal)| *word == name || number == Some(signal.as_raw()))
        .map(|(_, signal)| signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_another_that_got_its_number() {
        let me = Identity::of(std::process::id()).unwrap();
        assert!(me.is_alive());
        let earlier = Identity {
            start: me.start - 1,
            ..me
        };
        assert!(!earlier.is_alive());
        assert!(!earlier.send(Signal::KILL), "it must not reach us");
    }

    #[test]
    fn an_ended_child_is_not_alive_before_it_is_waited_for() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let identity = Identity::of(child.id());
        while Identity::of(child.id()).is_some() {
            std::thread::yield_now();
        }
        assert!(identity.is_none_or(|identity| !identity.is_alive()));
        child.wait().unwrap();
    }

    #[test]
    fn signals_by_name_and_number() {
        for text in ["SIGHUP", "hup", "1"] {
            assert_eq!(signal(text), Some(Signal::HUP), "{text}");
        }
        assert_eq!(signal("SIGWHAT"), None);
    }
}
