//! A real SMTP server (aiosmtpd) that keeps what it is sent.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// Prints every message as one JSON line; the first line is the port.
const SERVER: &str = r#"
import asyncio, base64, json, sys
from aiosmtpd.controller import Controller
class Keep:
    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": text}), flush=True)
        return "250 kept"
controller = Controller(Keep(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print("ready", flush=True)
asyncio.new_event_loop().run_forever()
"#;

/// A running server.
#[derive(Debug)]
pub struct Sink {
    child: Child,
    port: u16,
    messages: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Sink {
    /// Starts it; `None`, after saying so, where aiosmtpd is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        let python = std::env::var_os("SINOPS_PYTHON").unwrap_or_else(|| "python3".into());
        let port = crate::free_port();
        let mut child = Command::new(python)
            .args(["-c", SERVER, &port.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(child.stdout.take()?).lines();
        if lines.next().and_then(Result::ok).as_deref() != Some("ready") {
            println!("skipped: aiosmtpd is not installed (`cargo xtask setup --tools`)");
            return None;
        }
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = messages.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(message) = serde_json::from_str(&line) {
                    kept.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(message);
                }
            }
        });
        Some(Self {
            child,
            port,
            messages,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What has arrived: `from`, `to`, `text`.
    #[must_use]
    pub fn messages(&self) -> Vec<serde_json::Value> {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
