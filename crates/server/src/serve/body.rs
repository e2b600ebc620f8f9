//! The body of a request that has to be there in time, all of it.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body, and when it should be there.
pub(super) struct BodyInTime {
    body: Incoming,
    until: Pin<Box<Sleep>>,
}

/// The body was not there in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body of the request did not come in time")]
struct TooSlow;

/// Whether it is that, whatever it is wrapped in.
pub(crate) fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(inner) = error {
        if inner.is::<TooSlow>() {
            return true;
        }
        error = inner.source();
    }
    false
}

impl BodyInTime {
    pub(super) fn new(body: Incoming, within: Duration) -> BodyInTime {
        BodyInTime { body, until: Box::pin(sleep(within)) }
    }
}

impl Body for BodyInTime {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(TooSlow.into())));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(BoxError::from)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
