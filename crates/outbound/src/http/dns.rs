//! Names and their addresses. Who resolves them is a boundary: the system does, and in tests one who
//! gives other answers each time.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// The most addresses of a name that are looked at. A name with more is refused, since not all of them
/// could be checked.
pub(super) const MAX_ADDRESSES: usize = 64;

/// Finds the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a name. It is asked once for each hop of a request; `owner` is whose request it is.
    async fn resolve(&self, owner: &str, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The most look-ups at one time. Each holds a thread until the system gives it up, whoever still waits for
/// it; the process has others to do.
const MAX_LOOKUPS: usize = 64;

/// The most of them for one owner, whose names may have servers that never answer.
const MAX_OF_OWNER: usize = 8;

/// Owners that are kept in mind before those without a look-up are forgotten.
const MAX_OWNERS: usize = 1_024;

/// The resolver of this machine.
#[derive(Clone, Debug, Default)]
pub struct SystemResolver {
    places: Arc<Places>,
}

/// Who may look a name up.
#[derive(Debug)]
struct Places {
    of_all: Arc<Semaphore>,
    by_owner: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to one look-up.
type Place = [OwnedSemaphorePermit; 2];

impl Default for Places {
    fn default() -> Places {
        Places { of_all: Arc::new(Semaphore::new(MAX_LOOKUPS)), by_owner: Mutex::default() }
    }
}

impl Places {
    async fn place(&self, owner: &str) -> io::Result<Place> {
        // In this order nobody waits for their own turn with a place of all in hand.
        let own = self.of_owner(owner).acquire_owned().await.map_err(io::Error::other)?;
        let of_all = Arc::clone(&self.of_all).acquire_owned().await.map_err(io::Error::other)?;
        Ok([own, of_all])
    }

    fn of_owner(&self, owner: &str) -> Arc<Semaphore> {
        let mut owners = self.by_owner.lock().unwrap_or_else(PoisonError::into_inner);
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
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, owner: &str, host: &str) -> io::Result<Vec<IpAddr>> {
        let place = self.places.place(owner).await?;
        let host = host.to_owned();
        let look_up = spawn_blocking(move || {
            let _place = place;
            (host.as_str(), 0).to_socket_addrs()
        });
        let found = look_up.await.map_err(io::Error::other)??;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.map(|it| it.ip()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn who_has_slow_names_leaves_places_to_others() {
        let places = Places::default();
        let place = |owner| places.place(owner).now_or_never().map(|place| place.expect("a place"));
        let slow: Vec<Place> = std::iter::from_fn(|| place("slow")).collect();
        assert_eq!(slow.len(), MAX_OF_OWNER);
        let other = place("other").expect("there is one for others");
        let names: Vec<String> = (0..100).map(|at| format!("t{at}")).collect();
        let rest: Vec<Place> = names.iter().map_while(|name| place(name)).collect();
        assert_eq!(slow.len() + 1 + rest.len(), MAX_LOOKUPS);
        drop((slow, other));
        assert!(place("slow").is_some(), "what is over is free again");
    }
}
