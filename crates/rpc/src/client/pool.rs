//! Connections to services: at most so many at once to one address, and fewer for one owner, so that whoever
//! stalls theirs stalls nobody else's. Those that nobody uses are kept for a while, and closed then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::{Body, told};
use crate::{Address, RpcFailure};

/// The most connections to one address at once; calls beyond wait for one.
const MAX_AT_ONCE: usize = 64;

/// The most of them for one owner.
const MAX_OF_OWNER: usize = 16;

/// Owners of an address that are kept in mind before those without a call are forgotten.
const MAX_OWNERS: usize = 1_024;

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
    by_owner: Mutex<HashMap<String, Arc<Semaphore>>>,
    idle: Mutex<Idle>,
}

/// Connections that nobody uses.
#[derive(Debug, Default)]
struct Idle {
    /// The one that was used longest ago first.
    connections: Vec<(Connection, Instant)>,
    /// Whether a task closes them when their time is over.
    is_watched: bool,
}

/// The right to one connection; it ends with the call.
pub(super) struct Place {
    line: Arc<Line>,
    _permits: [OwnedSemaphorePermit; 2],
}

impl Pool {
    /// A place at an address, when there is one for that owner.
    pub(super) async fn place(&self, address: &Address, owner: &str) -> Place {
        let line = self.line(address);
        // In this order nobody waits for their own turn with a place of all in hand.
        let own = permit(line.places_of(owner)).await;
        let of_all = permit(Arc::clone(&line.places)).await;
        Place { line, _permits: [own, of_all] }
    }

    /// How many connections are kept.
    pub(super) fn idle(&self) -> usize {
        let lines = lock(&self.lines);
        lines.values().map(|line| lock(&line.idle).connections.len()).sum()
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
            by_owner: Mutex::default(),
            idle: Mutex::default(),
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
        idle.connections.push((connection, Instant::now()));
        if !std::mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(watch(Arc::downgrade(&self.line)));
        }
    }
}

impl Line {
    /// The connection that was used last, if it is still good.
    fn take(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        while let Some((connection, since)) = idle.connections.pop() {
            if since.elapsed() < MAX_IDLE && connection.is_silent() {
                return Some(connection);
            }
        }
        None
    }

    fn places_of(&self, owner: &str) -> Arc<Semaphore> {
        let mut owners = lock(&self.by_owner);
        if let Some(places) = owners.get(owner) {
            return Arc::clone(places);
        }
        if owners.len() >= MAX_OWNERS {
            owners.retain(|_, places| Arc::strong_count(places) > 1);
        }
        let places = Arc::new(Semaphore::new(MAX_OF_OWNER));
        owners.insert(owner.to_owned(), Arc::clone(&places));
        places
    }

    /// Closes the connections whose time is over. When to look again; none where nothing is left.
    fn close_old(&self) -> Option<Instant> {
        let mut idle = lock(&self.idle);
        idle.connections.retain(|(_, since)| since.elapsed() < MAX_IDLE);
        let next = idle.connections.first().map(|(_, since)| *since + MAX_IDLE);
        idle.is_watched = next.is_some();
        next
    }
}

/// Closes connections when their time is over, until there are none.
async fn watch(line: Weak<Line>) {
    while let Some(next) = line.upgrade().and_then(|line| line.close_old()) {
        sleep_until(next).await;
    }
}

async fn permit(places: Arc<Semaphore>) -> OwnedSemaphorePermit {
    match places.acquire_owned().await {
        Ok(permit) => permit,
        Err(closed) => unreachable!("nobody closes it: {closed}"),
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
