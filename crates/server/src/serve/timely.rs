//! A connection with its place among the others, which fails when what is sent is not taken for too long:
//! whoever does not read gets no more of the server, whatever is being sent.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::places::Place;

/// A connection.
pub(super) struct Timely<Io> {
    io: Io,
    within: Duration,
    /// When sending has stalled for too long, where it stalls.
    until: Pin<Box<Sleep>>,
    is_stalled: bool,
    _place: Place<IpAddr>,
}

impl<Io> Timely<Io> {
    /// One over which sending goes on within that time.
    pub(super) fn new(io: Io, within: Duration, place: Place<IpAddr>) -> Timely<Io> {
        Timely { io, within, until: Box::pin(sleep(within)), is_stalled: false, _place: place }
    }

    fn watched<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.is_stalled = false;
            return polled;
        }
        if !self.is_stalled {
            self.is_stalled = true;
            self.until.as_mut().reset(Instant::now() + self.within);
        }
        ready!(self.until.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Timely<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Timely<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.watched(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.watched(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.watched(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_shutdown(cx);
        self.watched(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::places::Places;

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_read_is_not_sent_for_ever() {
        let places = Places::new(1);
        let place = places.take(IpAddr::from([127, 0, 0, 1]), 1).expect("it is free");
        let (near, mut far) = duplex(16);
        let mut near = Timely::new(near, Duration::from_secs(30), place);
        near.write_all(&[1; 16]).await.expect("it fits");
        let reading = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(29)).await;
            let mut read = [0; 16];
            far.read_exact(&mut read).await.expect("it was sent");
            far
        });
        near.write_all(&[2; 16]).await.expect("it was read in time");
        let _far = reading.await.expect("it does not panic");
        let error = near.write_all(&[3; 16]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(near);
        places.empty().await;
    }
}
