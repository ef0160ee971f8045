//! Requests over `wasi:http`, blocking and bounded.
//!
//! A secret URL or header is named, never held: see [`crate::SecretRef`].

#[cfg(target_arch = "wasm32")]
mod outgoing;
mod retry_after;

use serde::Serialize;
use std::time::Duration;

/// A request, built by its methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and the like.
    pub method: String,
    /// `https://host[:port]/path?query`.
    pub url: String,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// From the first byte out to the last byte in.
    pub timeout: Duration,
    /// Bytes of the response's body that are read; more is an error.
    pub limit: usize,
}

impl Request {
    /// A request with 10 s and 256 KiB as bounds.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Duration::from_secs(10),
            limit: 256 << 10,
        }
    }

    /// `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(mut self, value: &impl Serialize) -> Self {
        // Only maps with keys that are no text cannot be written; such a body
        // is refused by the other side.
        self.body = serde_json::to_vec(value).unwrap_or_default();
        self.header("content-type", "application/json")
    }

    /// A body of plain text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.body = text.as_bytes().to_vec();
        self.header("content-type", "text/plain; charset=utf-8")
    }

    /// Another bound in time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Another bound in size.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Sends it and reads the whole response. Any status is a response.
    ///
    /// # Errors
    /// When there is no response.
    pub fn send(&self) -> Result<Response, Error> {
        #[cfg(target_arch = "wasm32")]
        return outgoing::send(self);
        #[cfg(not(target_arch = "wasm32"))]
        crate::testing::double::http(self)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most [`Request::limit`] bytes.
    pub body: Vec<u8>,
}

impl Response {
    /// For tests: a response with this body.
    #[must_use]
    pub fn new(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// For tests: with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, if it is.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The first 200 characters of the body on one line, for messages.
    #[must_use]
    pub fn excerpt(&self) -> String {
        let text = self.text();
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().take(200).collect()
    }

    /// How long the other side wants to be left alone: `Retry-After` in
    /// seconds, or as a date measured against the response's own `Date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.header("retry-after")?, self.header("date"))
    }
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host refused: a grant is missing.
    Denied(String),
    /// The request makes no sense, for example its URL.
    Invalid(String),
    /// Not reached, or out of time: another try may help.
    Temporary(String),
    /// Anything else.
    Other(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Denied(text)
            | Self::Invalid(text)
            | Self::Temporary(text)
            | Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::types::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::Denied(text),
            Error::Temporary(text) => Self::Temporary(text),
            Error::Invalid(text) | Error::Other(text) => Self::Other(text),
        }
    }
}

/// The parts of a URL that `wasi:http` wants apart.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "used by the component")
)]
struct Parts<'a> {
    https: bool,
    authority: &'a str,
    path: String,
}

#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "used by the component")
)]
fn parts(url: &str) -> Result<Parts<'_>, Error> {
    let invalid = |why: &str| Error::Invalid(format!("`{url}` is no URL: {why}"));
    let (https, rest) = if let Some(rest) = url.strip_prefix("https://") {
        (true, rest)
    } else if let Some(rest) = url.strip_prefix("http://") {
        (false, rest)
    } else {
        return Err(invalid("it starts with neither https:// nor http://"));
    };
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.is_empty() {
        return Err(invalid("it names no host"));
    }
    if authority.contains('@') {
        return Err(invalid(
            "a login does not belong into a URL; use a header with a secret",
        ));
    }
    Ok(Parts {
        https,
        authority,
        path: if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_fall_apart() {
        for (url, https, authority, path) in [
            ("https://a.example", true, "a.example", "/"),
            ("http://a:8080/x/y?z=1#f", false, "a:8080", "/x/y?z=1"),
            ("https://a?q", true, "a", "/?q"),
            ("http://[::1]:80/", false, "[::1]:80", "/"),
        ] {
            assert_eq!(
                parts(url),
                Ok(Parts {
                    https,
                    authority,
                    path: path.to_owned()
                }),
                "{url}"
            );
        }
        for url in ["ftp://a", "https://", "a.example", "https://u:p@a/"] {
            assert!(matches!(parts(url), Err(Error::Invalid(_))), "{url}");
        }
    }
}
