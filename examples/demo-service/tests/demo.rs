//! The real program, started as a process and asked through its own clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its support functions as well"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

struct Demo {
    child: Child,
    port: u16,
    lines: Receiver<String>,
    seen: Vec<String>,
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Demo {
    fn start(environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(["redis-server", "--appendonly", "yes"])
            .env_clear()
            .env("DEMO_PORT", port.to_string())
            .env("DEMO_NAME", "shop")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self {
            child,
            port,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a log line; ends with the program, so it cannot hang for long.
    fn until(&mut self, part: &str) {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(30))
                .unwrap_or_else(|_| panic!("no line with `{part}` in {:?}", self.seen));
            let found = line.contains(part);
            self.seen.push(line);
            if found {
                return;
            }
        }
    }

    fn get(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls the binary under another name.
fn called_as(name: &str, words: &[&str], port: u16) -> Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{port}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let link = folder.join(name);
    symlink(env!("CARGO_BIN_EXE_demo"), &link).unwrap();
    let output = Command::new(&link)
        .args(words)
        .env_clear()
        .env("DEMO_PORT", port.to_string())
        .current_dir(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn serves_pages_and_ends_cleanly_on_sigterm() {
    let mut demo = Demo::start(&[]);
    demo.until("listening");
    assert!(demo.get("GET /").contains("<h1>shop</h1>"));
    for path in [
        "/health",
        "/api/health",
        "/healthz",
        "/-/ready",
        "/-/healthy",
    ] {
        let answer = demo.get(&format!("GET {path}"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    assert!(demo.get("GET /nothing").starts_with("HTTP/1.1 404 "));
    assert!(demo.get("DELETE /").starts_with("HTTP/1.1 405 "));
    let metrics = demo.get("GET /metrics");
    assert!(
        metrics.contains("demo_info{name=\"shop\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("demo_requests_total{outcome=\"failed\"} 2\n"));

    demo.signal("HUP");
    demo.until("SIGHUP, reloaded");
    assert!(demo.get("GET /metrics").contains("demo_reloads_total 1\n"));
    demo.signal("TERM");
    demo.until("stopping");
    assert_eq!(demo.exit_code(), Some(0));
}

#[test]
fn failures_are_as_the_environment_says() {
    let mut demo = Demo::start(&[("DEMO_FAIL", "start")]);
    assert_eq!(demo.exit_code(), Some(1));
    let mut demo = Demo::start(&[("DEMO_FAIL", "exit"), ("DEMO_EXIT_AFTER_MS", "1")]);
    assert_eq!(demo.exit_code(), Some(1));
    let mut demo = Demo::start(&[("DEMO_EXIT_AFTER_MS", "1")]);
    assert_eq!(demo.exit_code(), Some(0));
    let mut demo = Demo::start(&[("DEMO_FAIL", "health")]);
    demo.until("listening");
    assert!(demo.get("GET /health").starts_with("HTTP/1.1 503 "));
    let mut demo = Demo::start(&[("DEMO_PORT", "no")]);
    assert_eq!(demo.exit_code(), Some(2));
    demo.until("DEMO_PORT=no");
}

#[test]
fn becomes_ready_after_the_delay() {
    let mut demo = Demo::start(&[("DEMO_READY_DELAY_MS", "400"), ("DEMO_LOG_EVERY_MS", "20")]);
    demo.until("not ready yet");
    demo.until(", healthy");
    assert!(demo.get("GET /ready").starts_with("HTTP/1.1 200 "));
}

#[test]
fn stands_in_for_the_clients_of_health_checks() {
    let mut demo = Demo::start(&[]);
    demo.until("listening");
    let port = demo.port;
    let health = format!("http://localhost:{port}/health");
    let missing = format!("http://localhost:{port}/missing");

    let curl = called_as("curl", &["-fsS", &health], port);
    assert_eq!(curl.status.code(), Some(0), "{}", error_text(&curl));
    assert_eq!(curl.stdout, b"healthy\n");
    let curl = called_as(
        "curl",
        &["-s", "-o", "/dev/null", "-w", "%{http_code}", &missing],
        port,
    );
    assert_eq!(
        (curl.status.code(), curl.stdout.as_slice()),
        (Some(0), &b"404"[..])
    );
    let curl = called_as("curl", &["-f", &missing], port);
    assert_eq!(curl.status.code(), Some(22));
    assert!(error_text(&curl).contains("returned error: 404"));
    assert_eq!(
        called_as("curl", &["--proxy", "x", &health], port)
            .status
            .code(),
        Some(2),
        "an option that is not known must not be ignored"
    );

    let spider = ["--quiet", "--tries=1", "--spider"];
    let wget = called_as("wget", &[&spider[..], &[&health]].concat(), port);
    assert_eq!(wget.status.code(), Some(0), "{}", error_text(&wget));
    let wget = called_as("wget", &[&spider[..], &[&missing]].concat(), port);
    assert_eq!(wget.status.code(), Some(1));
    assert!(error_text(&wget).contains("404 Not Found"));

    let ready = called_as("pg_isready", &["-U", "me", "-d", "db"], port);
    assert_eq!(ready.status.code(), Some(0));
    let ping = called_as("redis-cli", &["ping"], port);
    assert_eq!(
        (ping.status.code(), ping.stdout.as_slice()),
        (Some(0), &b"PONG\n"[..])
    );
}

#[test]
fn a_wrong_port_is_refused_in_the_words_of_the_client() {
    let port = free_port();
    let url = format!("http://localhost:{port}/health");
    let curl = called_as("curl", &["-f", &url], port);
    assert_eq!(curl.status.code(), Some(7));
    assert!(error_text(&curl).contains("Connection refused"), "{curl:?}");
    let wget = called_as("wget", &["-q", "--spider", &url], port);
    assert_eq!(wget.status.code(), Some(1));
    assert!(error_text(&wget).contains("Connection refused"), "{wget:?}");
    assert_eq!(called_as("pg_isready", &[], port).status.code(), Some(2));
    let ping = called_as("redis-cli", &["ping"], port);
    assert_eq!(ping.status.code(), Some(1));
    assert!(error_text(&ping).contains("Connection refused"), "{ping:?}");
}
