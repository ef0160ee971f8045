//! Calls that answer while they work: one JSON object a line, until the work is done.
//!
//! Pulling and building speak so. bollard reads such answers too, but knows no
//! trace of BuildKit without all of BuildKit's protocol, takes one tag only, and
//! may lose a line at the end of a stream (0.21); hence these calls of our own.

use super::connect::Endpoint;
use super::fault::answered;
use super::{DockerEngine, EngineError};
use bytes::{Bytes, BytesMut};
use http::{HeaderName, Method, Request, header};
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;

/// A longer line is not one of the engine's.
const LONGEST_LINE: usize = 16 << 20;
/// As much of an error's text as is read.
const LONGEST_ERROR: usize = 64 << 10;

/// What is sent.
pub(super) type Outgoing = BoxBody<Bytes, std::io::Error>;

/// One such call.
pub(super) struct Call {
    pub(super) method: Method,
    /// For errors: `pull image redis:7`.
    pub(super) operation: String,
    /// Path and query, without the version.
    pub(super) path: String,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Outgoing,
    /// Silence that is taken for the end.
    pub(super) silence: Duration,
}

/// Nothing to send.
pub(super) fn empty() -> Outgoing {
    http_body_util::Empty::new()
        .map_err(|never| match never {})
        .boxed()
}

/// All of it at once.
pub(super) fn whole(text: String) -> Outgoing {
    http_body_util::Full::new(Bytes::from(text))
        .map_err(|never| match never {})
        .boxed()
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl DockerEngine {
    /// Sends the call and hands each line of the answer to `each`. A line that
    /// tells of an error ends the call with it.
    pub(super) async fn converse(
        &self,
        call: Call,
        each: &mut (dyn FnMut(Value) + Send),
    ) -> Result<(), EngineError> {
        let Call {
            method,
            operation,
            path,
            headers,
            body,
            silence,
        } = call;
        let hung = || EngineError::Timeout {
            what: operation.clone(),
            after: silence,
        };
        let other = |message: String| EngineError::Other {
            operation: operation.clone(),
            message,
        };
        let stream = self.stream().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| other(error.to_string()))?;
        // Ends with this call: an engine stops what nobody listens to any more.
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/v{}{path}", self.api))
            .header(header::HOST, "docker");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .body(body)
            .map_err(|error| other(error.to_string()))?;
        let answer = tokio::time::timeout(silence, sender.send_request(request))
            .await
            .map_err(|_| hung())?
            .map_err(|error| other(error.to_string()))?;
        let status = answer.status();
        let mut body = answer.into_body();
        if !status.is_success() {
            let text = text(&mut body, silence).await;
            let message = serde_json::from_slice::<Value>(&text)
                .ok()
                .and_then(|value| Some(value.get("message")?.as_str()?.to_owned()))
                .unwrap_or_else(|| String::from_utf8_lossy(&text).into_owned());
            return Err(answered(&operation, status.as_u16(), message.trim()));
        }
        let mut open = BytesMut::new();
        loop {
            let frame = tokio::time::timeout(silence, body.frame())
                .await
                .map_err(|_| hung())?;
            let more = match frame {
                None => break,
                Some(Err(error)) => return Err(other(error.to_string())),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            open.extend_from_slice(&more);
            while let Some(end) = open.iter().position(|byte| *byte == b'\n') {
                let line = open.split_to(end + 1);
                read_line(&operation, &line, each)?;
            }
            if open.len() > LONGEST_LINE {
                return Err(other(format!(
                    "the engine sent a line of more than {LONGEST_LINE} bytes"
                )));
            }
        }
        read_line(&operation, &open, each)
    }

    async fn stream(&self) -> Result<Box<dyn Stream>, EngineError> {
        let unreachable = |error: std::io::Error| self.endpoint.unreachable(&error);
        Ok(match &self.endpoint {
            Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(unreachable)?),
            Endpoint::Tcp { host, port } => Box::new(
                TcpStream::connect((host.trim_matches(['[', ']']), *port))
                    .await
                    .map_err(unreachable)?,
            ),
        })
    }
}

async fn text(body: &mut Incoming, silence: Duration) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(silence, body.frame()).await {
        all.extend_from_slice(&frame.into_data().unwrap_or_default());
        if all.len() > LONGEST_ERROR {
            all.truncate(LONGEST_ERROR);
            break;
        }
    }
    all
}

fn read_line(
    operation: &str,
    line: &[u8],
    each: &mut (dyn FnMut(Value) + Send),
) -> Result<(), EngineError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| EngineError::Other {
        operation: operation.to_owned(),
        message: format!("the engine sent a line that is not JSON: {error}"),
    })?;
    let failed = value
        .pointer("/errorDetail/message")
        .or_else(|| value.get("error"))
        .and_then(Value::as_str);
    if let Some(message) = failed {
        return Err(answered(operation, 500, message.trim()));
    }
    each(value);
    Ok(())
}

/// A query of encoded pairs, with its question mark.
pub(super) fn query(pairs: &[(&str, String)]) -> String {
    let mut all = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        all.append_pair(name, value);
    }
    format!("?{}", all.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_an_error_ends_the_call_and_others_are_handed_on() {
        let mut seen = Vec::new();
        let mut each = |value: Value| seen.push(value);
        read_line("x", b"{\"status\":\"a\"}\r\n", &mut each).unwrap();
        read_line("x", b" \n", &mut each).unwrap();
        let error = read_line(
            "pull image a",
            b"{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no space\"}",
            &mut each,
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "pull image a: no space");
        assert!(read_line("x", b"<html>", &mut each).is_err());
        assert_eq!(seen, [serde_json::json!({"status": "a"})]);
    }

    #[test]
    fn a_query_is_encoded() {
        assert_eq!(
            query(&[("t", "a/b:1".to_owned()), ("t", "c d".to_owned())]),
            "?t=a%2Fb%3A1&t=c+d"
        );
    }
}
