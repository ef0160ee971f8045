//! Stack traces of five languages stay whole, and get their level. Rust's regular
//! expressions have the syntax of RE2, by which the shippers go.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by it"
)]

use deploy_loki::{ALLOY, Loki};
use regex::Regex;
use serde_json::json;
use sinops_sdk::deploy_step::{DeployStep, Operation, Planning};
use sinops_sdk::types::Service;

/// The generated configuration of Alloy.
fn alloy() -> String {
    let service = |name: &str, image: &str| Service {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        definition: json!({}).to_string(),
        ..Service::default()
    };
    let mut planning = Planning::default();
    planning.stack.services = vec![
        service("logs", "grafana/loki:3.5.7"),
        service("ship", "grafana/alloy:v1.5.1"),
    ];
    let proposal = Loki::default().plan(&planning).unwrap();
    let mut files = proposal.actions.into_iter().filter_map(|action| {
        let Operation::WriteFile(file) = action.operation else {
            return None;
        };
        (file.path == ALLOY).then_some(file.content)
    });
    files.next().unwrap()
}

/// The strings that follow a key in the configuration.
fn values(config: &str, key: &str) -> Vec<String> {
    let found = config.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once('=')?;
        (name.trim() == key).then(|| serde_json::from_str(value.trim()).unwrap())
    });
    found.collect()
}

/// Entries as `stage.multiline` puts them together.
fn entries(text: &str) -> Vec<String> {
    let first = Regex::new(&values(&alloy(), "firstline")[0]).unwrap();
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        match entries.last_mut() {
            Some(entry) if !first.is_match(line) => {
                entry.push('\n');
                entry.push_str(line);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// What the last of the patterns that match finds.
fn level(entry: &str) -> Option<String> {
    let patterns = values(&alloy(), "expression");
    assert_eq!(patterns.len(), 3);
    let mut level = None;
    for pattern in patterns {
        if let Some(found) = Regex::new(&pattern).unwrap().captures(entry) {
            level = match found.name("trace") {
                Some(_) => Some("error".to_owned()),
                None => Some(found["level"].to_lowercase()),
            };
        }
    }
    level
}

const JAVA: &str = "\
2026-11-25 10:00:01.123 ERROR 1 --- [nio-8080-exec-1] o.a.c.c.C.[dispatcherServlet] : Servlet.service() threw exception
java.lang.IllegalStateException: no connection
\tat com.example.Orders.load(Orders.java:42) ~[classes/:na]
\tat java.base/java.lang.Thread.run(Thread.java:840) ~[na:na]
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.pollConnect(Native Method) ~[na:na]
\t... 12 common frames omitted
\tSuppressed: java.io.IOException: closed";

const JAVA_UNCAUGHT: &str = "\
Exception in thread \"main\" java.lang.NullPointerException
\tat Main.main(Main.java:3)";

const PYTHON: &str = "\
Traceback (most recent call last):
  File \"/app/main.py\", line 3, in <module>
    run()
    ^^^^^
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='a', port=443)

During handling of the above exception, another exception occurred:

ValueError: no answer
KeyboardInterrupt";

const GO: &str = "\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b2c5]

goroutine 1 [running]:
main.(*Store).Get(...)
\t/app/store.go:12
main.main()
\t/app/main.go:9 +0x1d
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3285 +0x4b4
exit status 2";

const NODE: &str = "\
node:internal/modules/cjs/loader:1080
  throw err;
  ^

Error: Cannot find module 'express'
Require stack:
    at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15)
    at /app/index.js:1:1 {
  code: 'MODULE_NOT_FOUND'
}

Node.js v20.11.0";

const NODE_TYPE_ERROR: &str = "\
/app/server.js:12
    user.name.trim()
              ^

TypeError: Cannot read properties of undefined (reading 'trim')
    at handler (/app/server.js:12:15)
Emitted 'error' event on Server instance at:
    at process.processTicksAndRejections (node:internal/process/task_queues:82:21)";

const RUST: &str = "\
thread 'main' panicked at src/main.rs:4:27:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/1.88/library/std/src/panicking.rs:697:5
   1: app::main
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";

const RUST_ASSERT: &str = "\
thread 'worker' panicked at src/lib.rs:9:5:
assertion `left == right` failed
  left: 1
 right: 2";

#[test]
fn a_stack_trace_is_one_entry_and_an_error() {
    for trace in [
        JAVA,
        JAVA_UNCAUGHT,
        PYTHON,
        GO,
        NODE_TYPE_ERROR,
        RUST,
        RUST_ASSERT,
    ] {
        let text = format!("2026-11-25T10:00:00Z INFO before\n{trace}\n{{\"level\":\"info\"}}");
        let found = entries(&text);
        assert_eq!(found.len(), 3, "{found:#?}");
        assert_eq!(found[1], trace);
        assert_eq!(level(trace).as_deref(), Some("error"), "{trace}");
    }
}

#[test]
fn a_line_in_the_middle_that_reads_like_a_sentence_is_the_limit() {
    // `Require stack:` and messages of one's own after `panicked at` cannot be told apart
    // from plain lines: the trace comes in two entries, in order.
    assert_eq!(entries(NODE).len(), 2);
    let own = RUST.replace("called `Option::unwrap()` on a `None` value", "no config");
    assert_eq!(entries(&own).len(), 2);
}

#[test]
fn plain_lines_are_entries_of_their_own() {
    let lines = "\
2026-11-25T10:00:00.000Z started
25/Nov/2026:10:00:00 started
172.20.0.1 - - [25/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200
Nov 25 10:00:00 host app[1]: started
I1125 10:00:00.000000 1 main.go:3] started
1:M 25 Nov 2026 10:00:00.000 * Ready to accept connections
{\"level\":\"warn\",\"msg\":\"slow\"}
time=2026-11-25T10:00:00Z level=info msg=started
ts=2026-11-25 caller=main.go:1 level=error
[server] listening
[10:00:00] listening
[INFO] listening
INFO:     Uvicorn running on http://0.0.0.0:8000
WARNING: low memory
Server listening on port 3000
listening on 3000
MongoDB connected
HTTP server ready
The server is up
The above is no trace
called once
Created 3 tables
created tables
note to self
index built
Errors: 0
ready
Done.
Connecting to postgres, attempt 2
-> sent
\u{1F680} up
Re-connecting to redis"
        .replace("-> sent", "=> sent");
    for line in lines.lines() {
        let found = entries(&format!("2026 before\n{line}"));
        assert_eq!(found.len(), 2, "{line}");
    }
}

#[test]
fn levels() {
    for (line, expected) in [
        ("2026-11-25T10:00:00Z INFO started", Some("info")),
        (
            "{\"msg\":\"error budget\",\"level\":\"warn\"}",
            Some("warn"),
        ),
        ("time=x level=debug msg=\"no error here\"", Some("debug")),
        ("[WARNING] disk", Some("warning")),
        ("ERROR: failed", Some("error")),
        ("GET /health 200", None),
    ] {
        assert_eq!(level(line).as_deref(), expected, "{line}");
    }
}
