//! The request on the wire of `wasi:http`.

use super::{Error, Request, Response, parts};
use crate::bindings::wasi::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::bindings::wasi::wasi::http::outgoing_handler::handle;
use crate::bindings::wasi::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use crate::bindings::wasi::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::wasi::io::streams::StreamError;

/// What one write may hold by the rules of `wasi:io`.
const CHUNK: usize = 4096;

pub(super) fn send(request: &Request) -> Result<Response, Error> {
    let parts = parts(&request.url)?;
    let nanos = u64::try_from(request.timeout.as_nanos()).unwrap_or(u64::MAX);
    let deadline = subscribe_duration(nanos);

    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .chain([(
            "content-length".to_owned(),
            request.body.len().to_string().into_bytes(),
        )])
        .collect::<Vec<_>>();
    let headers = Fields::from_list(&headers)
        .map_err(|error| Error::Invalid(format!("a header is malformed: {error:?}")))?;
    let outgoing = OutgoingRequest::new(headers);
    let refused = |what: &str| Error::Invalid(format!("{what} of `{}` is malformed", request.url));
    outgoing
        .set_method(&method(&request.method))
        .map_err(|()| refused("the method"))?;
    let scheme = if parts.https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    outgoing
        .set_scheme(Some(&scheme))
        .map_err(|()| refused("the scheme"))?;
    outgoing
        .set_authority(Some(parts.authority))
        .map_err(|()| refused("the host"))?;
    outgoing
        .set_path_with_query(Some(&parts.path))
        .map_err(|()| refused("the path"))?;
    let body = outgoing.body().map_err(|()| refused("the body"))?;

    let options = RequestOptions::new();
    // A host that does not know one of them has bounds of its own.
    let _ = options.set_connect_timeout(Some(nanos));
    let _ = options.set_first_byte_timeout(Some(nanos));
    let _ = options.set_between_bytes_timeout(Some(nanos));

    let failed = |code: ErrorCode| error(request, code);
    let future = handle(outgoing, Some(options)).map_err(failed)?;
    write(body, request)?;
    wait(&future.subscribe(), &deadline, request)?;
    match future.get() {
        Some(Ok(Ok(response))) => read(&response, &deadline, request),
        Some(Ok(Err(code))) => Err(failed(code)),
        Some(Err(())) | None => Err(Error::Other(format!("no response from {}", request.url))),
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "PATCH" => Method::Patch,
        "OPTIONS" => Method::Options,
        other => Method::Other(other.to_owned()),
    }
}

fn write(body: OutgoingBody, request: &Request) -> Result<(), Error> {
    if let Ok(stream) = body.write() {
        for chunk in request.body.chunks(CHUNK) {
            match stream.blocking_write_and_flush(chunk) {
                Ok(()) => {}
                // The other side has answered before it read everything.
                Err(StreamError::Closed) => break,
                Err(StreamError::LastOperationFailed(cause)) => {
                    return Err(Error::Temporary(format!(
                        "sending to {}: {}",
                        request.url,
                        cause.to_debug_string()
                    )));
                }
            }
        }
    }
    // A body cut short shows in the response that follows.
    let _ = OutgoingBody::finish(body, None);
    Ok(())
}

fn read(
    incoming: &IncomingResponse,
    deadline: &Pollable,
    request: &Request,
) -> Result<Response, Error> {
    let mut response = Response {
        status: incoming.status(),
        headers: incoming
            .headers()
            .entries()
            .into_iter()
            .map(|(name, value)| {
                (
                    name.to_ascii_lowercase(),
                    String::from_utf8_lossy(&value).into_owned(),
                )
            })
            .collect(),
        body: Vec::new(),
    };
    let broken = || Error::Temporary(format!("the response of {} broke off", request.url));
    let body: IncomingBody = incoming.consume().map_err(|()| broken())?;
    let stream = body.stream().map_err(|()| broken())?;
    let ready = stream.subscribe();
    loop {
        wait(&ready, deadline, request)?;
        match stream.read(64 << 10) {
            Ok(bytes) if response.body.len() + bytes.len() > request.limit => {
                return Err(Error::Other(format!(
                    "the response of {} is larger than {} bytes",
                    request.url, request.limit
                )));
            }
            Ok(bytes) => response.body.extend_from_slice(&bytes),
            Err(StreamError::Closed) => return Ok(response),
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
        }
    }
}

fn wait(ready: &Pollable, deadline: &Pollable, request: &Request) -> Result<(), Error> {
    if poll(&[ready, deadline]).contains(&0) {
        return Ok(());
    }
    Err(Error::Temporary(format!(
        "{} did not answer within {} ms",
        request.url,
        request.timeout.as_millis()
    )))
}

fn error(request: &Request, code: ErrorCode) -> Error {
    let url = &request.url;
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Denied(
            format!("the host refused the request to {url}: it is not granted"),
        ),
        ErrorCode::InternalError(Some(text)) => Error::Other(format!("{url}: {text}")),
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::HttpResponseTimeout
        | ErrorCode::HttpResponseIncomplete => {
            Error::Temporary(format!("{url} was not reached: {code:?}"))
        }
        ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestBodySize(_) => {
            Error::Invalid(format!("the request to {url} is malformed: {code:?}"))
        }
        other => Error::Other(format!("{url}: {other:?}")),
    }
}
