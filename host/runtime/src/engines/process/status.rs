//! `state.json`: what the supervisor says of its process, and what that comes
//! to when the supervisor is gone.

use super::identity::Identity;
use serde::{Deserialize, Serialize};
use sinops_core::observed::{ContainerStatus, Health};

/// Exit code of what was killed without a witness.
const KILLED: i32 = 137;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Never started.
    #[default]
    Created,
    /// The supervisor has been started and has not said anything yet.
    Starting,
    Running,
    /// Between two runs.
    Restarting,
    Exited,
}

/// Written by the supervisor alone, but for `Starting`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) phase: Phase,
    pub(super) supervisor: Option<Identity>,
    pub(super) child: Option<Identity>,
    pub(super) exit_code: Option<i32>,
    pub(super) restarts: u32,
    pub(super) health: Health,
    pub(super) health_output: String,
    /// Why it could not be started.
    pub(super) problem: Option<String>,
}

impl Status {
    fn child_lives(&self) -> bool {
        self.child.is_some_and(Identity::is_alive)
    }

    pub(super) fn is_supervised(&self) -> bool {
        self.supervisor.is_some_and(Identity::is_alive)
    }

    /// What is so now, whatever was written last.
    pub(super) fn now(mut self) -> Self {
        if matches!(self.phase, Phase::Created | Phase::Exited) || self.is_supervised() {
            return self;
        }
        if self.phase == Phase::Starting && self.supervisor.is_none() {
            return self;
        }
        // The supervisor was killed: nobody has looked at it since.
        self.health = Health::None;
        self.health_output.clear();
        if self.child_lives() {
            self.phase = Phase::Running;
        } else {
            self.phase = Phase::Exited;
            self.exit_code = self.exit_code.or(Some(KILLED));
        }
        self
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    pub(super) fn container_status(&self) -> ContainerStatus {
        match self.phase {
            Phase::Created | Phase::Starting => ContainerStatus::Created,
            Phase::Running => ContainerStatus::Running,
            Phase::Restarting => ContainerStatus::Restarting,
            Phase::Exited => ContainerStatus::Exited,
        }
    }
}
