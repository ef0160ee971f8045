//! How far a long operation is: said by an engine, heard by the run.

use std::fmt;
use std::sync::Arc;

/// A moment of a long operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// For a person: `3 of 5 layers, 12 of 40 MB`.
    pub text: String,
    /// Of all, where that is known.
    pub percent: Option<u8>,
    /// Worth a line of its own in a log, such as a step of a build.
    pub lasting: bool,
}

/// Where an operation says how far it is. Cheap to clone; nobody need listen.
#[derive(Clone, Default)]
pub struct ProgressSink(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl ProgressSink {
    /// Hands everything to `hear`, which must not block.
    pub fn new(hear: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    pub(super) fn say(&self, progress: Progress) {
        if let Some(hear) = &self.0 {
            hear(progress);
        }
    }
}

impl fmt::Debug for ProgressSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ProgressSink({})",
            if self.0.is_some() {
                "heard"
            } else {
                "not heard"
            }
        )
    }
}
