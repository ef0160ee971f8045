//! The service itself: listeners, pages, metrics, signals.

use crate::settings::{Failure, Settings};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A request head longer than this is refused.
const HEAD_LIMIT: u64 = 16 * 1024;
/// A client that sends nothing is let go after this.
const CLIENT_PATIENCE: Duration = Duration::from_secs(10);
/// `DEMO_FAIL=exit` without `DEMO_EXIT_AFTER_MS`.
const DEFAULT_LIFE: Duration = Duration::from_secs(1);

/// Writes one line to stdout. A closed stdout is no reason to stop serving.
pub(crate) fn log(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

struct Service {
    settings: Settings,
    started: Instant,
    started_at: f64,
    requests_ok: AtomicU64,
    requests_failed: AtomicU64,
    reloads: AtomicU64,
}

enum Event {
    Signal(i32),
    EndOfLife,
}

/// Serves until a signal or the end of its set life; returns the exit code.
pub(crate) fn run(settings: &Settings) -> u8 {
    let name = &settings.name;
    // Before anything else: as the first process of a container, a signal
    // without a handler would be ignored.
    let mut signals = match Signals::new([SIGTERM, SIGINT, SIGHUP]) {
        Ok(signals) => signals,
        Err(error) => {
            log(&format!("{name}: cannot listen for signals: {error}"));
            return 1;
        }
    };
    let (send, events) = mpsc::channel();
    thread::spawn(move || {
        for signal in signals.forever() {
            if send.send(Event::Signal(signal)).is_err() {
                break;
            }
        }
    });

    log(&format!("{name}: starting"));
    if let Some(code) = wait(&events, settings.start_delay, name, None) {
        return code;
    }
    if settings.fail == Some(Failure::Start) {
        log(&format!("{name}: failed to start: DEMO_FAIL=start"));
        return 1;
    }

    let service = Arc::new(Service {
        settings: settings.clone(),
        started: Instant::now(),
        started_at: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64(),
        requests_ok: AtomicU64::new(0),
        requests_failed: AtomicU64::new(0),
        reloads: AtomicU64::new(0),
    });
    for port in &settings.ports {
        let listener = match listen(*port) {
            Ok(listener) => listener,
            Err(error) => {
                log(&format!("{name}: cannot listen on port {port}: {error}"));
                return 1;
            }
        };
        log(&format!("{name}: listening on port {port}"));
        let service = Arc::clone(&service);
        thread::spawn(move || accept(&listener, &service));
    }
    if let Some(every) = settings.log_every {
        let service = Arc::clone(&service);
        thread::spawn(move || {
            for beat in 1_u64.. {
                thread::sleep(every);
                let health = service.health().1.trim_end();
                log(&format!("{}: beat {beat}, {health}", service.settings.name));
            }
        });
    }

    let life = match (settings.exit_after, settings.fail) {
        (None, Some(Failure::Exit)) => Some(DEFAULT_LIFE),
        (life, _) => life,
    };
    match life {
        Some(life) => {
            if let Some(code) = wait(&events, life, name, Some(&service)) {
                return code;
            }
            let failed = settings.fail == Some(Failure::Exit);
            log(&format!(
                "{name}: {}",
                if failed { "giving up" } else { "done" }
            ));
            u8::from(failed)
        }
        None => wait(&events, Duration::MAX, name, Some(&service)).unwrap_or(1),
    }
}

/// Waits; `Some` is the exit code that a signal asks for.
fn wait(
    events: &mpsc::Receiver<Event>,
    time: Duration,
    name: &str,
    service: Option<&Service>,
) -> Option<u8> {
    let began = Instant::now();
    loop {
        let left = time.saturating_sub(began.elapsed());
        // `recv_timeout` adds to the present: keep the sum representable.
        let event = match events.recv_timeout(left.min(Duration::from_secs(3600))) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) if time.saturating_sub(began.elapsed()).is_zero() => {
                Event::EndOfLife
            }
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Some(1),
        };
        match event {
            Event::EndOfLife => return None,
            Event::Signal(SIGHUP) => {
                if let Some(service) = service {
                    service.reload("SIGHUP");
                }
            }
            Event::Signal(signal) => {
                let signal = if signal == SIGINT {
                    "SIGINT"
                } else {
                    "SIGTERM"
                };
                log(&format!("{name}: {signal}, stopping"));
                return Some(0);
            }
        }
    }
}

/// On all addresses of both families where there are both.
fn listen(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        }
        outcome => outcome,
    }
}

fn accept(listener: &TcpListener, service: &Arc<Service>) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let service = Arc::clone(service);
                // A client that breaks off harms only its own thread.
                thread::spawn(move || drop(service.answer(&stream)));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

impl Service {
    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(CLIENT_PATIENCE))?;
        stream.set_write_timeout(Some(CLIENT_PATIENCE))?;
        let mut lines = BufReader::new(stream.take(HEAD_LIMIT)).lines();
        let Some(request) = lines.next().transpose()? else {
            return Ok(());
        };
        for line in lines.by_ref() {
            if line?.trim().is_empty() {
                break;
            }
        }
        let mut words = request.split_whitespace();
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or("/"),
        );
        let path = target.split(['?', '#']).next().unwrap_or("/");
        let (status, kind, body) = self.page(method, path);
        let counter = if status.starts_with('2') {
            &self.requests_ok
        } else {
            &self.requests_failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )?;
        if method != "HEAD" {
            stream.write_all(body.as_bytes())?;
        }
        stream.flush()
    }

    fn page(&self, method: &str, path: &str) -> (&'static str, &'static str, String) {
        const TEXT: &str = "text/plain; charset=utf-8";
        match (method, path) {
            ("POST" | "PUT", "/-/reload") => {
                self.reload("POST /-/reload");
                ("200 OK", TEXT, "reloaded\n".to_owned())
            }
            ("GET" | "HEAD", "/") => ("200 OK", "text/html; charset=utf-8", self.home()),
            ("GET" | "HEAD", "/metrics") => (
                "200 OK",
                "text/plain; version=0.0.4; charset=utf-8",
                self.metrics(),
            ),
            ("GET" | "HEAD", path) if asks_for_health(path) => {
                let (healthy, words) = self.health();
                let status = if healthy {
                    "200 OK"
                } else {
                    "503 Service Unavailable"
                };
                (status, TEXT, words.to_owned())
            }
            ("GET" | "HEAD", _) => ("404 Not Found", TEXT, format!("no page {path}\n")),
            _ => (
                "405 Method Not Allowed",
                TEXT,
                format!("{method} is not allowed\n"),
            ),
        }
    }

    fn health(&self) -> (bool, &'static str) {
        if self.settings.fail == Some(Failure::Health) {
            (false, "unhealthy: DEMO_FAIL=health\n")
        } else if self.started.elapsed() < self.settings.ready_delay {
            (false, "unhealthy: not ready yet (DEMO_READY_DELAY_MS)\n")
        } else {
            (true, "healthy\n")
        }
    }

    fn reload(&self, cause: &str) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
        log(&format!("{}: {cause}, reloaded", self.settings.name));
    }

    fn home(&self) -> String {
        let name = self
            .settings
            .name
            .replace('&', "&amp;")
            .replace('<', "&lt;");
        format!(
            "<!doctype html><title>{name}</title><h1>{name}</h1>\
             <p><a href=\"/health\">health</a> <a href=\"/metrics\">metrics</a></p>\n"
        )
    }

    fn metrics(&self) -> String {
        let name = self
            .settings
            .name
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        format!(
            "# HELP demo_info Name of the service.\n\
             # TYPE demo_info gauge\n\
             demo_info{{name=\"{name}\"}} 1\n\
             # HELP demo_healthy Whether the health page answers 200.\n\
             # TYPE demo_healthy gauge\n\
             demo_healthy {}\n\
             # HELP demo_requests_total Answers given, by outcome.\n\
             # TYPE demo_requests_total counter\n\
             demo_requests_total{{outcome=\"ok\"}} {}\n\
             demo_requests_total{{outcome=\"failed\"}} {}\n\
             # HELP demo_reloads_total Reloads asked for by SIGHUP or POST /-/reload.\n\
             # TYPE demo_reloads_total counter\n\
             demo_reloads_total {}\n\
             # HELP process_start_time_seconds Start time since the epoch.\n\
             # TYPE process_start_time_seconds gauge\n\
             process_start_time_seconds {:.3}\n",
            u8::from(self.health().0),
            self.requests_ok.load(Ordering::Relaxed),
            self.requests_failed.load(Ordering::Relaxed),
            self.reloads.load(Ordering::Relaxed),
            self.started_at,
        )
    }
}

/// `/health`, `/healthz`, `/api/health`, `/-/healthy`, `/ready`, `/-/ready`, `/readyz`.
fn asks_for_health(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    path.contains("health") || matches!(last, "ready" | "readyz" | "live" | "livez")
}
