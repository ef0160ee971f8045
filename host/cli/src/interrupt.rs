//! Ctrl-C and the signal to terminate: once asks the run to end well, twice
//! stops at once.

use sinops_runtime::run::{Interrupt, InterruptHandle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Both ways to notice an interrupt: for the run, and for what needs no undo.
#[derive(Debug, Clone)]
pub(crate) struct Interrupts {
    /// For the run.
    pub(crate) run: Interrupt,
    any: watch::Receiver<bool>,
}

impl Interrupts {
    /// Begins to listen; within a runtime.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let (handle, run) = Interrupt::channel();
        let (noticed, any) = watch::channel(false);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                notice(&handle, &noticed);
            }
        });
        Ok(Self { run, any })
    }

    /// Returns when the user wants to stop; for work that changes nothing.
    pub(crate) async fn any(&self) {
        let mut any = self.any.clone();
        if any.wait_for(|noticed| *noticed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn notice(handle: &InterruptHandle, noticed: &watch::Sender<bool>) {
    handle.raise();
    noticed.send_replace(true);
}
