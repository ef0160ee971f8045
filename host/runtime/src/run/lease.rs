//! Holding the lease of a project while a run lasts: taken before anything is planned,
//! renewed beside the work, given back at the end. How claims are judged lies in
//! `sinops_core::lease`, how they are kept with the engine.

use super::RunError;
use super::identity;
use super::journal::now;
use crate::engines::{Engine, EngineError, LeaseBook};
use sinops_core::lease::{Claim, EXPIRES, Owner, RENEWED, Standing, is_good, judge};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Two that want a lease at the same moment try again so often.
const ATTEMPTS: u32 = 5;
/// Without a renewal for so long nothing is done: others may soon take it.
const TOO_OLD: Duration = Duration::from_secs(EXPIRES.as_secs() - 5);
/// What giving it back may take when a run is dropped.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The lease of a project. Engines that are not shared have none.
#[derive(Debug)]
pub(super) struct Lease {
    held: Option<Held>,
    renewing: Option<tokio::task::JoinHandle<()>>,
}

#[derive(Debug, Clone)]
struct Held {
    engine: Arc<dyn Engine>,
    project: String,
    owner: Owner,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    claim: Claim,
    renewed: Instant,
    /// Whose it is now, once it is not ours any more.
    lost: Option<String>,
}

impl Lease {
    /// Takes the lease.
    ///
    /// # Errors
    /// [`RunError::Leased`] if another run holds it.
    pub(super) async fn take(
        engine: &Arc<dyn Engine>,
        project: &str,
        user: &str,
    ) -> Result<Self, RunError> {
        let Some(book) = engine.leases() else {
            return Ok(Self {
                held: None,
                renewing: None,
            });
        };
        let owner = identity::owner(user, now());
        let claim = acquire(book, project, &owner).await?;
        let held = Held {
            engine: Arc::clone(engine),
            project: project.to_owned(),
            owner,
            state: Arc::new(Mutex::new(State {
                claim,
                renewed: Instant::now(),
                lost: None,
            })),
        };
        let renewing = tokio::spawn(held.clone().renew_for_ever());
        Ok(Self {
            held: Some(held),
            renewing: Some(renewing),
        })
    }

    /// Whether anything may be done now.
    ///
    /// # Errors
    /// Who took it, or why that cannot be told.
    pub(super) async fn check(&self) -> Result<(), String> {
        let Some(held) = &self.held else {
            return Ok(());
        };
        if held.state().renewed.elapsed() > TOO_OLD && held.state().lost.is_none() {
            held.renew()
                .await
                .map_err(|error| format!("the lease could not be renewed: {error}"))?;
        }
        match &held.state().lost {
            None => Ok(()),
            Some(who) => Err(format!(
                "the lease of `{}` was lost to {who}: nothing more is done",
                held.project
            )),
        }
    }

    /// Whether another run has it now.
    pub(super) fn is_lost(&self) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.state().lost.is_some())
    }

    /// Gives it back.
    pub(super) async fn give_back(&mut self) {
        if let Some(renewing) = self.renewing.take() {
            renewing.abort();
            // A renewal under way would make a claim after all were dropped.
            let _ = renewing.await;
        }
        if let Some(held) = self.held.take() {
            held.give_back().await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        // Only there may a thread wait; elsewhere the next run finds that we are gone.
        if self.held.is_some()
            && runtime.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread
        {
            tokio::task::block_in_place(|| {
                let _ = runtime.block_on(tokio::time::timeout(LAST_WORDS, self.give_back()));
            });
        }
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew_for_ever(self) {
        loop {
            tokio::time::sleep(RENEWED).await;
            if let Err(error) = self.renew().await {
                tracing::debug!(%error, "the lease could not be renewed");
            }
            if self.state().lost.is_some() {
                return;
            }
        }
    }

    /// Follows the claim by one of the next generation.
    async fn renew(&self) -> Result<(), EngineError> {
        let Some(book) = self.engine.leases() else {
            return Ok(());
        };
        let (generation, name) = {
            let state = self.state();
            (state.claim.generation, state.claim.name.clone())
        };
        let claim = book
            .claim(&self.project, generation + 1, &self.owner)
            .await?;
        if claim.owner.token != self.owner.token {
            self.state().lost = Some(who(&claim.owner));
            return Ok(());
        }
        {
            let mut state = self.state();
            state.claim = claim;
            state.renewed = Instant::now();
        }
        book.drop_claim(&name).await
    }

    async fn give_back(&self) {
        let Some(book) = self.engine.leases() else {
            return;
        };
        let mine = book.claims(&self.project).await.unwrap_or_default();
        for claim in mine.iter().filter(|it| it.owner.token == self.owner.token) {
            if let Err(error) = book.drop_claim(&claim.name).await {
                tracing::warn!(%error, "the lease could not be given back; it expires by itself");
            }
        }
    }
}

async fn acquire(book: &dyn LeaseBook, project: &str, owner: &Owner) -> Result<Claim, RunError> {
    let mut attempt = 1;
    loop {
        let judged = book.claims(project).await?;
        // Without any claim no time is needed.
        let now = if judged.is_empty() {
            0
        } else {
            book.time().await?
        };
        let generation = match judge(&judged, &identity::is_dead, now) {
            Standing::Free { generation } => generation,
            Standing::Held { claim, expires_in } => {
                return Err(leased(project, &claim, expires_in));
            }
        };
        let claim = book.claim(project, generation, owner).await?;
        if claim.owner.token == owner.token {
            let there = book.claims(project).await?;
            if is_good(&claim, &judged, &there) {
                for old in &judged {
                    book.drop_claim(&old.name).await?;
                }
                return Ok(claim);
            }
            book.drop_claim(&claim.name).await?;
        }
        if attempt == ATTEMPTS {
            return Err(leased(project, &claim, EXPIRES));
        }
        // Whoever is a little later gives way.
        tokio::time::sleep(Duration::from_millis(
            u64::from(attempt * 50) + u64::from(std::process::id() % 50),
        ))
        .await;
        attempt += 1;
    }
}

fn leased(project: &str, claim: &Claim, expires_in: Duration) -> RunError {
    RunError::Leased {
        project: project.to_owned(),
        who: who(&claim.owner),
        since: claim.owner.since.clone(),
        expires_in,
    }
}

fn who(owner: &Owner) -> String {
    format!("{} (process {})", owner.who, owner.pid)
}
