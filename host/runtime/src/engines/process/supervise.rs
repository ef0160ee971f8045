//! The supervisor: a process of its own for each container, in a session of
//! its own, so that services outlive the command that started them.

use super::command::{Failure, exit_code, prepare, run};
use super::folder::{LOG, OLD_LOG, SPEC, STATE, STOP, read, write};
use super::identity::{Identity, signal};
use super::record::{Check, Record};
use super::status::{Phase, Status};
use crate::engines::restart::Condition;
use rustix::process::Signal;
use sinops_core::observed::Health;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::signal::unix::{Signal as Listener, SignalKind, signal as listen};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pauses between restarts grow from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// Having run this long, a service starts with the first pause again.
const STEADY: Duration = Duration::from_secs(10);
/// A log longer than this is put aside, in place of the one before.
const LOG_LIMIT: u64 = 4 * 1024 * 1024;
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// What `sinops __supervise <folder>` does: runs the service of a container's
/// folder until it ends or is stopped. Returns the exit code.
///
/// Nothing of it can be told to anyone but through the folder.
#[must_use]
pub fn supervise(folder: &Path) -> i32 {
    // Away from the terminal of whoever started it. It fails only for one that
    // is alone already.
    let _ = rustix::process::setsid();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(async {
            match Supervisor::open(folder) {
                Ok(mut supervisor) => supervisor.run().await,
                Err(_) => 1,
            }
        }),
        Err(_) => 1,
    }
}

struct Supervisor {
    folder: PathBuf,
    record: Record,
    status: Status,
    stop: Listener,
}

/// How a run ended.
enum End {
    Stopped(i32),
    ByItself(i32),
}

impl Supervisor {
    fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            record: read(&folder.join(SPEC))?,
            status: Status {
                phase: Phase::Starting,
                supervisor: Identity::of(std::process::id()),
                ..Status::default()
            },
            stop: listen(SignalKind::terminate())?,
        })
    }

    /// A full disk must not take the service down.
    fn tell(&self) {
        let _ = write(&self.folder.join(STATE), &self.status);
    }

    async fn run(&mut self) -> i32 {
        let mut failures = 0_u64;
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let end = match self.spawn() {
                Ok(child) => self.watch(child).await,
                Err(error) => {
                    self.status.problem = Some(error.to_string());
                    End::ByItself(127)
                }
            };
            self.status.child = None;
            let code = match end {
                End::Stopped(code) => return self.finish(code),
                End::ByItself(code) => code,
            };
            let window = self.record.restart.window.unwrap_or(STEADY);
            if began.elapsed() >= window {
                failures = 0;
                pause = FIRST_PAUSE;
            }
            let again = match self.record.restart.condition {
                Condition::Never => false,
                Condition::OnFailure => code != 0,
                Condition::Always | Condition::UnlessStopped => true,
            };
            let exhausted = self
                .record
                .restart
                .attempts
                .is_some_and(|most| failures >= most);
            // What never ran will not run the next time either.
            if !again || exhausted || self.status.problem.is_some() {
                return self.finish(code);
            }
            self.status.phase = Phase::Restarting;
            self.status.exit_code = Some(code);
            self.status.health = Health::None;
            self.tell();
            let wait = self.record.restart.delay.unwrap_or(pause);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = self.stop.recv() => return self.finish(code),
            }
            failures += 1;
            pause = (pause * 2).min(LAST_PAUSE);
            self.status.restarts = self.status.restarts.saturating_add(1);
        }
    }

    fn finish(&mut self, code: i32) -> i32 {
        self.status.phase = Phase::Exited;
        self.status.exit_code = Some(code);
        self.status.health = Health::None;
        self.status.supervisor = None;
        self.tell();
        0
    }

    fn spawn(&mut self) -> io::Result<Child> {
        let log = self.log()?;
        let Some(mut command) = prepare(&self.record, &self.record.command) else {
            return Err(io::Error::other(format!(
                "{}: not found",
                self.record.command.first().map_or("", String::as_str)
            )));
        };
        // Straight to the file: it goes on being written without a supervisor.
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        self.status.phase = Phase::Running;
        self.status.child = child.id().and_then(Identity::of);
        self.status.exit_code = None;
        self.status.health = match self.record.check {
            Some(_) => Health::Starting,
            None => Health::None,
        };
        self.tell();
        Ok(child)
    }

    fn log(&self) -> io::Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join(LOG))
    }

    async fn watch(&mut self, mut child: Child) -> End {
        let mut probes = probe(&self.record);
        let mut rotation = tokio::time::interval(LOG_INTERVAL);
        loop {
            tokio::select! {
                ended = child.wait() => {
                    self.sweep();
                    return End::ByItself(code(ended));
                }
                _ = self.stop.recv() => return End::Stopped(self.end(&mut child).await),
                _ = rotation.tick() => {
                    // Nobody could find it any more to stop it.
                    if !self.folder.join(SPEC).exists() {
                        return End::Stopped(self.end(&mut child).await);
                    }
                    self.rotate();
                }
                Some((health, output)) = probes.told.recv() => {
                    if (health, &output) != (self.status.health, &self.status.health_output) {
                        self.status.health = health;
                        self.status.health_output = output;
                        self.tell();
                    }
                }
            }
        }
    }

    /// Takes down what the service left behind in its group.
    fn sweep(&self) {
        if let Some(child) = self.status.child {
            child.sweep(Signal::KILL);
        }
    }

    /// The stop signal, then time, then an end.
    async fn end(&mut self, child: &mut Child) -> i32 {
        let grace = read(&self.folder.join(STOP)).unwrap_or(self.record.grace);
        let first = signal(&self.record.stop_signal).unwrap_or(Signal::TERM);
        if let Some(identity) = self.status.child {
            identity.send_group(first);
        }
        let ended = match tokio::time::timeout(grace, child.wait()).await {
            Ok(ended) => ended,
            Err(_) => {
                if let Some(identity) = self.status.child {
                    identity.send_group(Signal::KILL);
                }
                child.wait().await
            }
        };
        self.sweep();
        code(ended)
    }

    /// Copies and empties: the service keeps the file open.
    fn rotate(&self) {
        let log = self.folder.join(LOG);
        let long = std::fs::metadata(&log).is_ok_and(|found| found.len() > LOG_LIMIT);
        if long && std::fs::copy(&log, self.folder.join(OLD_LOG)).is_ok() {
            let _ = OpenOptions::new().write(true).truncate(true).open(&log);
        }
    }
}

fn code(ended: io::Result<ExitStatus>) -> i32 {
    ended.map_or(255, exit_code)
}

/// A task that runs the health check; gone with this.
struct Probe {
    told: mpsc::Receiver<(Health, String)>,
    task: JoinHandle<()>,
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Beside the supervisor's own loop: a probe may take longer than anything there.
fn probe(record: &Record) -> Probe {
    let (tell, told) = mpsc::channel(1);
    let record = record.clone();
    let task = tokio::spawn(async move {
        let Some(check) = record.check.clone() else {
            // The other end must not find the channel closed again and again.
            return std::future::pending().await;
        };
        let mut tally = Tally::new(&check);
        loop {
            tokio::time::sleep(tally.pause()).await;
            let outcome = run(&record, &check.words(), check.timeout).await;
            let (passed, output) = match outcome {
                Ok(output) => (output.exit_code == 0, output.text),
                Err(Failure::Timeout) => (
                    false,
                    format!("the health check did not end within {:?}", check.timeout),
                ),
                Err(Failure::Io(error)) => (false, error.to_string()),
            };
            tally.count(passed);
            if tell.send((tally.health, output)).await.is_err() {
                return;
            }
        }
    });
    Probe { told, task }
}

/// From single probes to health.
struct Tally<'a> {
    check: &'a Check,
    began: Instant,
    failures: u32,
    health: Health,
}

impl<'a> Tally<'a> {
    fn new(check: &'a Check) -> Self {
        Self {
            check,
            began: Instant::now(),
            failures: 0,
            health: Health::Starting,
        }
    }

    /// Failures do not count yet.
    fn is_starting(&self) -> bool {
        self.health == Health::Starting && self.began.elapsed() < self.check.start_period
    }

    fn pause(&self) -> Duration {
        if self.is_starting() {
            self.check.start_interval.min(self.check.interval)
        } else {
            self.check.interval
        }
    }

    fn count(&mut self, passed: bool) {
        if passed {
            self.failures = 0;
            self.health = Health::Healthy;
        } else if !self.is_starting() {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= self.check.retries {
                self.health = Health::Unhealthy;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_make_it_unhealthy_and_one_success_healthy() {
        let check = Check {
            retries: 2,
            interval: Duration::from_secs(7),
            ..Check::default()
        };
        let mut tally = Tally::new(&check);
        let mut health = |passed| {
            tally.count(passed);
            tally.health
        };
        assert_eq!(health(false), Health::Starting);
        assert_eq!(health(false), Health::Unhealthy);
        assert_eq!(health(true), Health::Healthy);
        assert_eq!(health(false), Health::Healthy);
        assert_eq!(health(true), Health::Healthy);
        assert_eq!(health(false), Health::Healthy, "the row begins anew");
        assert_eq!(tally.pause(), check.interval);
    }

    #[test]
    fn failures_while_it_starts_do_not_count() {
        let check = Check {
            retries: 1,
            interval: Duration::from_secs(30),
            start_period: Duration::from_secs(3600),
            start_interval: Duration::from_secs(1),
            ..Check::default()
        };
        let mut tally = Tally::new(&check);
        tally.count(false);
        assert_eq!(tally.health, Health::Starting);
        assert_eq!(tally.pause(), check.start_interval);
        tally.count(true);
        assert_eq!(tally.pause(), check.interval);
        tally.count(false);
        assert_eq!(tally.health, Health::Unhealthy, "it had started");
    }
}
