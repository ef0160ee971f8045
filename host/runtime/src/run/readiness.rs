//! Looks at containers from the moment that they run until they are ready or have
//! failed. Gates wait for what is found here and decide how long.
//!
//! Looking is active and begins at once, with back-off from 100 ms, so that
//! readiness takes as long as the service does and not as long as the engine's own
//! interval. Where the engine tells that something happened, nobody sleeps on. A check
//! costs the engine about as much as a start: while it has its hands full and no gate
//! waits for a container, only the engine's own checks of it count.

use super::containers::StackContainers;
use super::event::{Event, Events};
use super::execute::Runner;
use super::gate::{endpoints, millis};
use super::journal::now_ms;
use crate::engines::State;
use crate::plugins::Plugin;
use futures::StreamExt;
use serde_json::Value;
use sinops_core::monitor::{Check, Target, Verdict};
use sinops_core::observed::Health;
use sinops_core::plugin::Role;
use sinops_core::stack::Condition;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OnceCell, Semaphore, watch};

/// First pause between two looks; it grows by half up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// A container without a health check has to run for this long: one that fails
/// while it starts runs for a moment too.
const SETTLE: Duration = Duration::from_millis(500);
/// Restarts after which a container is taken to be in a crash loop.
const MOST_RESTARTS: u32 = 5;

/// A container that has to become ready.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) service: String,
    pub(super) id: String,
    /// Others wait until it has ended with 0.
    pub(super) must_complete: bool,
    /// It must stay ready for so long.
    pub(super) stays: Duration,
}

/// Where a subject stands after the last look.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// Not looked at yet, or not ready at the last look.
    Waiting(Option<Check>),
    Passed,
    /// What was seen, and why it will not pass any more.
    Failed(Check, String),
}

impl Standing {
    pub(super) fn is_settled(&self) -> bool {
        !matches!(self, Self::Waiting(_))
    }
}

/// A container that is looked at.
#[derive(Debug, Clone)]
struct Watched {
    standing: watch::Receiver<Standing>,
    awake: Arc<Notify>,
    /// A gate waits for it.
    awaited: Arc<AtomicBool>,
}

/// What a run knows of the readiness of its containers.
#[derive(Debug)]
pub(super) struct Readiness {
    watched: Mutex<HashMap<String, Watched>>,
    probes: Semaphore,
    collector: OnceCell<(Plugin, Value)>,
    /// The engine has as much to do as it is given at once.
    busy: AtomicBool,
}

impl Readiness {
    /// With at most so many looks at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            watched: Mutex::default(),
            probes: Semaphore::new(at_once),
            collector: OnceCell::new(),
            busy: AtomicBool::new(false),
        }
    }

    /// Has to be told whether the engine has its hands full.
    pub(super) fn set_busy(&self, busy: bool) {
        if self.busy.swap(busy, Ordering::Relaxed) && !busy {
            let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            for one in watched.values() {
                one.awake.notify_one();
            }
        }
    }

    /// Has to be told when a gate begins to wait for a container.
    pub(super) fn await_one(&self, container: &str) {
        if let Some(watched) = self.find(container) {
            watched.awaited.store(true, Ordering::Relaxed);
            watched.awake.notify_one();
        }
    }

    /// Whether asking it can wait.
    fn can_wait(&self, container: &str) -> bool {
        self.busy.load(Ordering::Relaxed)
            && self
                .find(container)
                .is_some_and(|watched| !watched.awaited.load(Ordering::Relaxed))
    }

    /// What is known of a container; none if nobody looks at it.
    pub(super) fn standing(&self, container: &str) -> Option<watch::Receiver<Standing>> {
        self.find(container).map(|watched| watched.standing)
    }

    fn find(&self, container: &str) -> Option<Watched> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.get(container).cloned()
    }

    fn insert(&self, container: &str, new: Watched) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.insert(container.to_owned(), new);
    }
}

impl Runner {
    /// The subject that a service's container is.
    pub(super) fn subject(&self, service: &str, id: &str) -> Subject {
        let services = &self.planner().setup().stack.services;
        let must_complete = services
            .iter()
            .flat_map(|it| &it.depends_on)
            .any(|it| it.service == service && it.condition == Condition::Completed);
        // Who was there before has shown that it stays.
        let stays = services
            .iter()
            .find(|it| it.name == service && !must_complete && self.made().has(id))
            .map_or(Duration::ZERO, |it| {
                let least = if it.has_health_check {
                    Duration::ZERO
                } else {
                    SETTLE
                };
                it.update.min_healthy_time.max(least)
            });
        Subject {
            service: service.to_owned(),
            id: id.to_owned(),
            must_complete,
            stays,
        }
    }

    /// Looks until the container is ready or has failed. What is found can be asked
    /// for at once; looking goes on for as long as the future is polled.
    pub(super) fn look_after<'a>(
        &'a self,
        subject: Subject,
        events: &'a Events,
    ) -> impl Future<Output = ()> + Send + use<'a> {
        let (found, standing) = watch::channel(Standing::Waiting(None));
        let awake = Arc::new(Notify::new());
        let watched = Watched {
            standing,
            awake: Arc::clone(&awake),
            awaited: Arc::default(),
        };
        self.readiness.insert(&subject.id, watched);
        async move {
            let begun = Instant::now();
            let mut pause = FIRST_PAUSE;
            let mut ready_since: Option<Instant> = None;
            loop {
                let standing = match self.look(&subject).await {
                    Standing::Passed
                        if ready_since.get_or_insert_with(Instant::now).elapsed()
                            < subject.stays =>
                    {
                        Standing::Waiting(Some(engine_check(&subject, "ready, and must stay so")))
                    }
                    Standing::Waiting(Some(check)) if ready_since.is_some() => {
                        let stays = humantime::format_duration(subject.stays);
                        Standing::Failed(check, format!("it was healthy, but not for {stays}"))
                    }
                    other => other,
                };
                let waited = millis(begun.elapsed());
                let settled = standing.is_settled();
                self.tell(&subject, &standing, waited, events);
                found.send_replace(standing);
                if settled {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = awake.notified() => {}
                }
                pause = (pause * 3 / 2).min(LAST_PAUSE);
            }
        }
    }

    fn tell(&self, subject: &Subject, standing: &Standing, waited: u64, events: &Events) {
        let service = subject.service.clone();
        match standing {
            Standing::Passed => events.send(Event::Healthy {
                service,
                took_ms: waited,
            }),
            Standing::Waiting(Some(check)) => events.send(Event::Waiting {
                service,
                check: check.name.clone(),
                output: check.output.clone(),
                waited_ms: waited,
            }),
            Standing::Waiting(None) | Standing::Failed(..) => {}
        }
    }

    /// Wakes whoever sleeps when the engine tells of its container.
    pub(super) async fn listen(&self) -> Infallible {
        let project = &self.planner().setup().stack.project;
        let mut happenings = self.engine().happenings(project);
        while let Some(id) = happenings.next().await {
            if let Some(watched) = self.readiness.find(&id) {
                watched.awake.notify_one();
            }
        }
        // Without the engine's word the pauses alone decide.
        std::future::pending().await
    }

    async fn look(&self, subject: &Subject) -> Standing {
        let waiting = |what: &str| Standing::Waiting(Some(engine_check(subject, what)));
        let Ok(_permit) = self.readiness.probes.acquire().await else {
            return waiting("not looked at yet");
        };
        let engine = self.engine();
        let state = match engine.inspect(&subject.id).await {
            Ok(state) => state,
            Err(error) => return waiting(&error.to_string()),
        };
        if subject.must_complete {
            return match (state.running, state.exit_code) {
                (false, Some(0)) => Standing::Passed,
                (false, Some(code)) => ended(subject, code),
                _ => waiting("still running"),
            };
        }
        if !state.running
            && let Some(code) = state.exit_code
            && !self.restarts(subject)
        {
            return ended(subject, code);
        }
        if state.restarts >= MOST_RESTARTS {
            let what = format!(
                "restarted {} times, last exit code {}",
                state.restarts,
                state.exit_code.unwrap_or(0)
            );
            return Standing::Failed(
                engine_check(subject, &what),
                "the container is in a crash loop".into(),
            );
        }
        if state.health == Health::Starting && self.readiness.can_wait(&subject.id) {
            return waiting("the engine has not checked it yet");
        }
        let check = match self.ask(subject, &state).await {
            Ok(check) => check,
            Err(reason) => return Standing::Failed(engine_check(subject, ""), reason),
        };
        match check {
            None => Standing::Passed,
            Some(check) if state.running && state.health == Health::Unhealthy => {
                let retries = state.retries.unwrap_or(3);
                Standing::Failed(
                    check,
                    format!("unhealthy: {retries} checks in a row failed after the start period"),
                )
            }
            Some(check) => Standing::Waiting(Some(check)),
        }
    }

    /// Asks the health collector; the first check that does not pass comes back.
    async fn ask(&self, subject: &Subject, state: &State) -> Result<Option<Check>, String> {
        let name = &self.planner().setup().config.gate_collector;
        let (plugin, settings) = self
            .readiness
            .collector
            .get_or_try_init(|| self.planner().load(name, Role::Collector))
            .await
            .map_err(|error| error.to_string())?;
        let stack = &self.planner().setup().stack;
        let definition = stack
            .service(&subject.service)
            .map(|service| service.definition.clone());
        let target = Target {
            name: subject.service.clone(),
            container: Some(subject.id.clone()),
            endpoints: endpoints(state),
            definition: definition.unwrap_or(Value::Null),
        };
        let seen = [(subject.id.clone(), Some(state.clone()))];
        let access = Arc::new(StackContainers::new(self.engine(), seen));
        let reading = plugin
            .collect(&[target], now_ms(), settings, access)
            .await
            .map_err(|error| error.to_string())?;
        Ok(reading
            .checks
            .into_iter()
            .find(|check| check.verdict != Verdict::Pass))
    }

    /// Whether the engine will start the container again by itself.
    fn restarts(&self, subject: &Subject) -> bool {
        let services = &self.planner().setup().project.services;
        services.get(&subject.service).is_some_and(|service| {
            let policy = service
                .deploy
                .as_ref()
                .and_then(|deploy| deploy.restart_policy.as_ref());
            let condition = policy.and_then(|policy| policy.condition.as_deref());
            service
                .restart
                .as_deref()
                .is_some_and(|policy| policy != "no")
                || condition.is_some_and(|condition| condition != "none")
        })
    }
}

fn ended(subject: &Subject, code: i32) -> Standing {
    let check = engine_check(subject, &format!("exit code {code}"));
    Standing::Failed(check, format!("the container ended with {code}"))
}

/// What the engine alone says of a subject.
pub(super) fn engine_check(subject: &Subject, output: &str) -> Check {
    Check {
        target: subject.service.clone(),
        name: "engine".into(),
        verdict: Verdict::Pending,
        output: output.to_owned(),
        took: Duration::ZERO,
    }
}
