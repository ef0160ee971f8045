//! What a plugin logs and prints: bounded, escaped, redacted, tagged with its
//! name, and into `tracing`.

use super::bindings::sinops::host::log::{Host, Level};
use super::guest::Guest;
use super::secrets::SecretStore;
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Lines kept for the error message of a crash.
const TAIL: usize = 5;
/// Longest line; the rest of it becomes the next one.
const LINE: usize = 4096;

/// The log of one call.
#[derive(Debug)]
pub(crate) struct Log {
    plugin: Arc<str>,
    secrets: Arc<SecretStore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: u64,
    dropped: u64,
    tail: VecDeque<String>,
}

impl Log {
    pub(crate) fn new(plugin: Arc<str>, secrets: Arc<SecretStore>, bytes: u64) -> Self {
        Self {
            plugin,
            secrets,
            state: Mutex::new(State {
                left: bytes,
                dropped: 0,
                tail: VecDeque::new(),
            }),
        }
    }

    pub(crate) fn line(&self, level: Level, text: &str) {
        let size = u64::try_from(text.len())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if size > state.left {
                state.left = 0;
                state.dropped = state.dropped.saturating_add(size);
                return;
            }
            state.left -= size;
        }
        let line = escape(&self.secrets.redact(text));
        let plugin = &*self.plugin;
        match level {
            Level::Debug => tracing::debug!(target: "sinops::plugin", plugin, "{line}"),
            Level::Info => tracing::info!(target: "sinops::plugin", plugin, "{line}"),
            Level::Warn => tracing::warn!(target: "sinops::plugin", plugin, "{line}"),
            Level::Error => tracing::error!(target: "sinops::plugin", plugin, "{line}"),
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.tail.len() == TAIL {
            state.tail.pop_front();
        }
        state.tail.push_back(line);
    }

    pub(crate) fn tail(&self) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tail.iter().cloned().collect()
    }

    /// Bytes that did not fit.
    pub(crate) fn dropped(&self) -> u64 {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .dropped
    }
}

/// Keeps a terminal and a line-based log safe from what a guest writes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
        if c.is_control() || reorders {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

impl Host for Guest {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.call.log.line(level, &message);
        Ok(())
    }
}

/// The guest's standard output or error stream, line by line into the log.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    log: Arc<super::call::Call>,
    level: Level,
    partial: Arc<Mutex<Vec<u8>>>,
}

impl Lines {
    pub(crate) fn new(call: Arc<super::call::Call>, level: Level) -> Self {
        Self {
            log: call,
            level,
            partial: Arc::default(),
        }
    }

    fn push(&self, bytes: &[u8]) {
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        for &byte in bytes {
            if byte == b'\n' || partial.len() >= LINE {
                let line = std::mem::take(&mut *partial);
                self.log
                    .log
                    .line(self.level, &String::from_utf8_lossy(&line));
            }
            if byte != b'\n' {
                partial.push(byte);
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let line =
            std::mem::take(&mut *self.partial.lock().unwrap_or_else(PoisonError::into_inner));
        if !line.is_empty() {
            self.log
                .log
                .line(self.level, &String::from_utf8_lossy(&line));
        }
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only the p2 interface is linked.
        Box::new(tokio::io::sink())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[async_trait::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_reordering_are_escaped() {
        assert_eq!(
            escape("a\nb\u{1b}[31m\u{202e}ü"),
            "a\\nb\\u{1b}[31m\\u{202e}ü"
        );
    }

    #[test]
    fn what_goes_beyond_the_limit_is_dropped_and_counted() {
        let log = Log::new("x".into(), Arc::default(), 10);
        log.line(Level::Info, "12345");
        log.line(Level::Info, "1234567");
        log.line(Level::Info, "1");
        assert_eq!(log.dropped(), 10);
        assert_eq!(log.tail(), ["12345"]);
    }
}
