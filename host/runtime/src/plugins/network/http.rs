//! wasi:http: a request that passes `destination::admit` is sent to an address
//! that was checked. Redirects are the guest's business: it sees the 3xx, and
//! a second request is checked like the first.

use super::body::{Counted, header_bytes, too_large};
use super::destination::{admit, is_tls};
use super::{LookupError, Network};
use crate::plugins::call::Call;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, IF_RANGE, RANGE,
};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The guest may wish for less.
const CONNECT: Duration = Duration::from_secs(10);
/// Read buffer of a connection: bounds the head of a response.
const HEAD: usize = 64 << 10;

type Answer = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// The hooks of one call.
#[derive(Debug)]
pub(crate) struct Http {
    call: Arc<Call>,
    network: Arc<Network>,
}

impl Http {
    pub(crate) fn new(call: Arc<Call>, network: Arc<Network>) -> Self {
        Self { call, network }
    }
}

impl WasiHttpHooks for Http {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, Error>> + Send> {
        let call = Arc::clone(&self.call);
        let network = Arc::clone(&self.network);
        // Counted here and not in the future, so that the order is the guest's.
        let counted = call.count_connection();
        Box::new(async move {
            if !counted {
                return Err(Error::ConnectionLimitReached);
            }
            exchange(call, &network, request, options.unwrap_or_default()).await
        })
    }
}

async fn exchange(
    call: Arc<Call>,
    network: &Network,
    mut request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Answer, Error> {
    if call.refuse_if_pure("HTTP").is_some() {
        return Err(Error::HttpRequestDenied);
    }
    let origin = admit(&call, &mut request).map_err(|reason| {
        call.deny(reason);
        Error::HttpRequestDenied
    })?;
    // With secrets about, a response has to be readable as a whole to be searched.
    let searched = !call.grants.secrets.is_empty();
    if searched {
        let headers = request.headers_mut();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
    }

    let addresses = network
        .lookup(&call, &origin.host, origin.port)
        .await
        .map_err(|error| match error {
            LookupError::Unknown(reason) => Error::DnsError {
                rcode: Some(reason),
                info_code: None,
            },
            LookupError::Refused(_) => Error::DestinationIpProhibited,
        })?;
    let connect = options
        .connect_timeout
        .map_or(CONNECT, |wish| wish.min(CONNECT));
    let host = origin.host.to_string();
    let stream = tokio::time::timeout(connect, async {
        let stream = connect_any(&addresses).await.map_err(Error::Connect)?;
        Ok::<Box<dyn Stream>, Error>(if is_tls(&origin) {
            Box::new(
                network
                    .tls
                    .connect(&host, stream)
                    .await
                    .map_err(Error::Tls)?,
            )
        } else {
            Box::new(stream)
        })
    })
    .await
    .map_err(|_| Error::ConnectionTimeout)??;

    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    // Ends with the call: dropping the store aborts it.
    let driver = wasmtime_wasi::runtime::spawn(async move {
        // What goes wrong here is seen by the request or the body.
        let _ = connection.await;
    });
    let pause = options
        .first_byte_timeout
        .map_or(call.limits.wall, |wish| wish.min(call.limits.wall));
    let response = tokio::time::timeout(pause, sender.send_request(request))
        .await
        .map_err(|_| Error::ConnectionReadTimeout)??;

    let (mut head, incoming) = response.into_parts();
    let size = u64::try_from(header_bytes(&head.headers)).unwrap_or(u64::MAX);
    let Some(left) = call.limits.response.checked_sub(size) else {
        return Err(too_large(&call));
    };
    let pause = options
        .between_bytes_timeout
        .map_or(call.limits.wall, |wish| wish.min(call.limits.wall));
    let body = Counted::new(incoming, Arc::clone(&call), left, pause);
    let body = if searched {
        if head
            .headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding != "identity")
        {
            call.deny("a compressed response cannot be searched for secrets".to_owned());
            return Err(Error::HttpResponseContentCoding(None));
        }
        let whole = body.collect().await?.to_bytes();
        redact_headers(&call, &mut head.headers);
        let whole = match call.secrets.redact_bytes(&whole) {
            Some(redacted) => {
                head.headers.remove(CONTENT_LENGTH);
                Bytes::from(redacted)
            }
            None => whole,
        };
        Full::new(whole)
            .map_err(|never| match never {})
            .boxed_unsync()
    } else {
        body.boxed_unsync()
    };
    let driver = Box::new(async move {
        driver.await;
        Ok(())
    });
    Ok((Response::from_parts(head, body), driver))
}

fn redact_headers(call: &Call, headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        if let Some(redacted) = call.secrets.redact_bytes(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&redacted)
                .unwrap_or(HeaderValue::from_static("[redacted]"));
        }
    }
}

async fn connect_any(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
