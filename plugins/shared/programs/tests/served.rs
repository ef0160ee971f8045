//! Metrics that the catalog names are served by the program itself. It comes
//! from the folder `SINOPS_TOOLS`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by it"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn metrics(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
        .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.starts_with("HTTP/1.0 200").then_some(text)
}

#[test]
fn the_node_exporter_serves_what_the_catalog_says() {
    let tools = PathBuf::from(std::env::var_os("SINOPS_TOOLS").unwrap_or_default());
    let program = tools.join("node_exporter");
    if !program.is_file() {
        eprintln!("skipped: SINOPS_TOOLS has no node_exporter");
        return;
    }
    let address = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let child = Command::new(program)
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    let text = (0..100)
        .find_map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            metrics(&address)
        })
        .unwrap_or_else(|| panic!("it does not answer"));
    let known = sinops_programs::named("node-exporter").unwrap();
    // Not every machine has a connection table or pressure figures.
    let rare = [
        "node_nf_conntrack",
        "node_pressure",
        "node_disk",
        "node_timex",
    ];
    for name in known.names {
        let served = text.lines().any(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        assert!(
            served || rare.iter().any(|it| name.starts_with(it)),
            "{name} is not served"
        );
    }
}
