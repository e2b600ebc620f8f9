//! Connections to services: at most so many at once to one address, and some of them kept while
//! nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

use super::{Body, told};
use crate::{Address, RpcFailure};

/// The most connections to one address at once; calls beyond wait for one.
const MAX_AT_ONCE: usize = 64;

/// The most addresses that connections are kept for.
const MAX_ADDRESSES: usize = 1_024;

/// How long a connection is kept while nobody uses it: shorter than services wait for a next request.
const MAX_IDLE: Duration = Duration::from_secs(20);

/// What the headers of an answer may take.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// The most headers of an answer.
const MAX_HEADERS: usize = 64;

#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    lines: Arc<Mutex<HashMap<Address, Arc<Line>>>>,
}

/// The connections to one address.
#[derive(Debug)]
struct Line {
    address: Address,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

/// The right to one connection; it ends with the call.
pub(super) struct Place {
    line: Arc<Line>,
    _permit: OwnedSemaphorePermit,
}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Body>,
    task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Pool {
    /// A place at an address, when there is one.
    pub(super) async fn place(&self, address: &Address) -> Place {
        let line = self.line(address);
        match Arc::clone(&line.places).acquire_owned().await {
            Ok(permit) => Place { line, _permit: permit },
            Err(closed) => unreachable!("nobody closes it: {closed}"),
        }
    }

    /// How many connections are kept.
    pub(super) fn idle(&self) -> usize {
        let lines = lock(&self.lines);
        lines.values().map(|line| lock(&line.idle).len()).sum()
    }

    fn line(&self, address: &Address) -> Arc<Line> {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get(address) {
            return Arc::clone(line);
        }
        if lines.len() >= MAX_ADDRESSES {
            lines.retain(|_, line| Arc::strong_count(line) > 1);
        }
        let line = Arc::new(Line {
            address: address.clone(),
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            idle: Mutex::new(Vec::new()),
        });
        lines.insert(address.clone(), Arc::clone(&line));
        line
    }
}

impl Place {
    /// Sends a request on a connection that is kept, else on a new one, and waits for the head of the
    /// answer. `leaving` becomes true once the request may have left.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
        leaving: &mut bool,
    ) -> Result<(Response<Incoming>, Connection), RpcFailure> {
        while let Some(mut connection) = self.line.take() {
            if connection.sender.ready().await.is_err() {
                continue;
            }
            *leaving = true;
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, connection)),
                Err(mut failed) => match failed.take_message() {
                    // The service had closed it, and nothing of the request left.
                    Some(unsent) => {
                        *leaving = false;
                        request = unsent;
                    }
                    None => return Err(lost(failed.error())),
                },
            }
        }
        let mut connection = connect(&self.line.address).await?;
        *leaving = true;
        match connection.sender.send_request(request).await {
            Ok(response) => Ok((response, connection)),
            Err(error) => Err(lost(&error)),
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn keep(&self, connection: Connection) {
        let mut idle = lock(&self.line.idle);
        idle.retain(|(kept, since)| !kept.sender.is_closed() && since.elapsed() < MAX_IDLE);
        idle.push((connection, Instant::now()));
    }
}

impl Line {
    /// The connection that was used last, if it is still open.
    fn take(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        while let Some((connection, since)) = idle.pop() {
            if !connection.sender.is_closed() && since.elapsed() < MAX_IDLE {
                return Some(connection);
            }
        }
        None
    }
}

async fn connect(address: &Address) -> Result<Connection, RpcFailure> {
    let unreachable = |error: std::io::Error| RpcFailure::Unreachable(error.to_string());
    match address {
        Address::Unix(path) => {
            shake_hands(UnixStream::connect(path).await.map_err(unreachable)?).await
        }
        Address::Tcp { host, port, .. } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
            stream.set_nodelay(true).map_err(unreachable)?;
            shake_hands(stream).await
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<Connection, RpcFailure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEADER_BYTES).max_headers(MAX_HEADERS);
    let (sender, connection) = builder
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| RpcFailure::Unreachable(told(&error)))?;
    // What goes wrong on it is told to whoever waits for an answer.
    let task = tokio::spawn(async { drop(connection.await) });
    Ok(Connection { sender, task: task.abort_handle() })
}

fn lost(error: &hyper::Error) -> RpcFailure {
    if error.is_parse() {
        return RpcFailure::NotJsonRpc(format!("it is not HTTP: {}", told(error)));
    }
    RpcFailure::Lost(told(error))
}

/// A thread that panicked with it held has changed nothing by halves.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
