//! One connection of HTTP/1.1. It has no task of its own: whoever waits for something on it drives it
//! meanwhile, so a call costs no switch between threads, and dropping it closes it at once.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::task::Poll;

use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::{Body, told};
use crate::{Address, RpcFailure};

/// What the headers of an answer may take.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// The most headers of an answer.
const MAX_HEADERS: usize = 64;

pub(super) struct Connection {
    sender: SendRequest<Body>,
    /// Reads and writes; none once the connection has ended.
    driver: Driver,
    /// The socket once more, to look at while nobody drives it.
    socket: OwnedFd,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("ended", &self.driver.is_none()).finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) async fn open(address: &Address) -> Result<Connection, RpcFailure> {
        let unreachable = |error: io::Error| RpcFailure::Unreachable(error.to_string());
        match address {
            Address::Unix(path) => {
                shake_hands(UnixStream::connect(path).await.map_err(unreachable)?).await
            }
            Address::Tcp { host, port, .. } => {
                let connected = TcpStream::connect((host.as_str(), *port)).await;
                let stream = connected.map_err(unreachable)?;
                stream.set_nodelay(true).map_err(unreachable)?;
                shake_hands(stream).await
            }
        }
    }

    /// Whether the other side is still there and has said nothing that nobody asked for.
    pub(super) fn is_silent(&self) -> bool {
        let peeked = SockRef::from(&self.socket).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether it takes a further request.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Connection { sender, driver, .. } = self;
        drive(driver, sender.ready()).await.is_ok()
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        let sent = self.sender.try_send_request(request);
        drive(&mut self.driver, sent).await
    }

    /// Waits for something that comes on this connection.
    pub(super) async fn wait<T>(&mut self, future: impl Future<Output = T>) -> T {
        drive(&mut self.driver, future).await
    }
}

type Driver = Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>;

/// Waits for a future while the connection reads and writes. What goes wrong on the connection is
/// told to the future.
async fn drive<T>(driver: &mut Driver, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(done) = future.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if let Some(running) = driver
            && running.as_mut().poll(context).is_ready()
        {
            *driver = None;
        }
        future.as_mut().poll(context)
    })
    .await
}

async fn shake_hands<S>(stream: S) -> Result<Connection, RpcFailure>
where
    S: AsyncRead + AsyncWrite + AsFd + Send + Unpin + 'static,
{
    let socket = stream.as_fd().try_clone_to_owned();
    let socket = socket.map_err(|error| RpcFailure::Unreachable(error.to_string()))?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEADER_BYTES).max_headers(MAX_HEADERS);
    let (sender, driver) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| RpcFailure::Unreachable(told(&error)))?;
    Ok(Connection { sender, driver: Some(Box::pin(driver)), socket })
}
