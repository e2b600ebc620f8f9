//! Connections to services: at most so many at once to one address, and some of them kept while
//! nobody uses them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Connection;
use super::{Body, told};
use crate::{Address, RpcFailure};

/// The most connections to one address at once; calls beyond wait for one.
const MAX_AT_ONCE: usize = 64;

/// The most addresses that connections are kept for.
const MAX_ADDRESSES: usize = 1_024;

/// How long a connection is kept while nobody uses it: shorter than services wait for a next request.
const MAX_IDLE: Duration = Duration::from_secs(20);

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
            if !connection.is_ready().await {
                continue;
            }
            *leaving = true;
            match connection.send(request).await {
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
        let mut connection = Connection::open(&self.line.address).await?;
        *leaving = true;
        match connection.send(request).await {
            Ok(response) => Ok((response, connection)),
            Err(failed) => Err(lost(failed.error())),
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn keep(&self, connection: Connection) {
        let mut idle = lock(&self.line.idle);
        idle.retain(|(_, since)| since.elapsed() < MAX_IDLE);
        idle.push((connection, Instant::now()));
    }
}

impl Line {
    /// The connection that was used last, if it is still good.
    fn take(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        while let Some((connection, since)) = idle.pop() {
            if since.elapsed() < MAX_IDLE && connection.is_silent() {
                return Some(connection);
            }
        }
        None
    }
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
