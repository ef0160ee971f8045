//! One HTTP exchange over wasi:http, without any manners.

use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{Fields, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme};
use crate::wasi::io::streams::StreamError;

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: String,
    pub body: Vec<u8>,
}

pub fn exchange(url: &str, headers: &[(String, String)], body: Option<&[u8]>) -> Result<Answer, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(name, value.as_bytes()).map_err(|error| format!("{error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.into()),
    };
    request.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "path")?;
    if body.is_some() {
        request.set_method(&Method::Post).map_err(|()| "method")?;
    }
    let outgoing = request.body().map_err(|()| "body")?;
    let future = handle(request, None).map_err(|error| format!("{error:?}"))?;
    if let Some(body) = body {
        let stream = outgoing.write().map_err(|()| "write")?;
        for chunk in body.chunks(4096) {
            stream.blocking_write_and_flush(chunk).map_err(|error| format!("{error:?}"))?;
        }
    }
    OutgoingBody::finish(outgoing, None).map_err(|error| format!("{error:?}"))?;
    let ready = future.subscribe();
    ready.block();
    drop(ready);
    let response = future
        .get()
        .ok_or("not ready")?
        .map_err(|()| "taken")?
        .map_err(|error| format!("{error:?}"))?;
    let all = response.headers().entries();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let location = all.iter().find(|(name, _)| name == "location").map(|(_, value)| text(value)).unwrap_or_default();
    let headers = all.iter().map(|(name, value)| format!("{name}: {}\n", text(value))).collect();
    let incoming = response.consume().map_err(|()| "consumed")?;
    let stream = incoming.stream().map_err(|()| "stream")?;
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => body.extend(bytes),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
    drop(stream);
    let _ = IncomingBody::finish(incoming);
    Ok(Answer { status: response.status(), location, headers, body })
}
