//! What a run says while it goes on, and how it is interrupted.

use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// Receives events; a closed channel is not an error of the run.
#[derive(Debug, Clone)]
pub struct Events(mpsc::UnboundedSender<Event>);

impl Events {
    /// A sender and what it fills.
    #[must_use]
    pub fn channel() -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(super) fn send(&self, event: Event) {
        if self.0.send(event).is_err() {
            tracing::debug!("nobody listens to the run's events");
        }
    }
}

/// Something that happened in a run. Serialises to one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
#[allow(missing_docs, reason = "the fields say it themselves")]
pub enum Event {
    /// The run before this one did not end; what it left is taken over.
    PreviousInterrupted { run: String, during: Vec<String> },
    /// How the run before this one ended cannot be told.
    PreviousUnreadable { journal: String, reason: String },
    /// Journal opened, first action about to begin.
    Started {
        run: String,
        project: String,
        actions: usize,
        journal: String,
    },
    /// An action of the plan began.
    ActionStarted {
        index: usize,
        what: String,
        service: Option<String>,
        tier: Option<String>,
    },
    /// An action of the plan is done.
    ActionDone {
        index: usize,
        what: String,
        service: Option<String>,
        changed: bool,
        took_ms: u64,
    },
    /// An action of the plan failed.
    ActionFailed {
        index: usize,
        what: String,
        service: Option<String>,
        message: String,
    },
    /// An action tells how far it is.
    Progress {
        what: String,
        service: Option<String>,
        text: String,
        percent: Option<u8>,
        lasting: bool,
    },
    /// A gate looks at a service again.
    Waiting {
        service: String,
        check: String,
        output: String,
        waited_ms: u64,
    },
    /// A service passed its gate.
    Healthy { service: String, took_ms: u64 },
    /// All services of a tier passed.
    TierDone { tier: String, took_ms: u64 },
    /// The user asked to stop.
    Interrupted { immediately: bool },
    /// What this run did is being taken back.
    Undoing { what: String },
    /// Something could not be taken back.
    UndoFailed { what: String, message: String },
    /// The end.
    Finished {
        run: String,
        result: super::RunResult,
        took_ms: u64,
    },
}

/// How urgently the user wants the run to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Go on.
    #[default]
    None,
    /// Finish the actions in hand, then undo.
    Finish,
    /// Stop at once; the journal says where.
    Now,
}

/// The run's end of an interrupt.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Urgency>);

/// The user's end of an interrupt.
#[derive(Debug)]
pub struct InterruptHandle(watch::Sender<Urgency>);

impl Interrupt {
    /// Both ends.
    #[must_use]
    pub fn channel() -> (InterruptHandle, Self) {
        let (sender, receiver) = watch::channel(Urgency::None);
        (InterruptHandle(sender), Self(receiver))
    }

    pub(super) fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Returns when at least this urgency is reached; never if it cannot be any more.
    pub(super) async fn reached(&self, urgency: Urgency) {
        if self
            .0
            .clone()
            .wait_for(|now| *now >= urgency)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

impl InterruptHandle {
    /// Raises the urgency by one and returns it.
    pub fn raise(&self) -> Urgency {
        let mut reached = Urgency::Now;
        self.0.send_modify(|now| {
            *now = match *now {
                Urgency::None => Urgency::Finish,
                Urgency::Finish | Urgency::Now => Urgency::Now,
            };
            reached = *now;
        });
        reached
    }
}
