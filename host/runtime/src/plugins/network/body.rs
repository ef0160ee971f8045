//! Response bodies: counted while they are read, with a limit between bytes.

use crate::plugins::call::Call;
use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error;

/// A body that ends with an error when it grows beyond the limit.
pub(crate) struct Counted {
    inner: Incoming,
    call: Arc<Call>,
    left: u64,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Counted {
    pub(crate) fn new(inner: Incoming, call: Arc<Call>, left: u64, pause: Duration) -> Self {
        Self {
            inner,
            call,
            left,
            pause,
            sleep: Box::pin(tokio::time::sleep(pause)),
        }
    }
}

/// Records that a response was too large.
pub(crate) fn too_large(call: &Call) -> Error {
    let limit = call.limits.response;
    call.exceed("response", "received a larger HTTP response".into(), limit);
    Error::HttpResponseBodySize(Some(limit))
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = match (frame.data_ref(), frame.trailers_ref()) {
                    (Some(data), _) => data.remaining(),
                    (None, Some(trailers)) => header_bytes(trailers),
                    (None, None) => 0,
                };
                let size = u64::try_from(size).unwrap_or(u64::MAX);
                if size > self.left {
                    self.left = 0;
                    return Poll::Ready(Some(Err(too_large(&self.call))));
                }
                self.left -= size;
                let next = Instant::now() + self.pause;
                self.sleep.as_mut().reset(next);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => match self.sleep.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Size of headers on the wire, roughly.
pub(crate) fn header_bytes(headers: &http::HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}
