//! Names and their addresses. Who resolves them is a boundary: the system does, and in tests one who
//! gives other answers each time.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The most addresses of a name that are looked at. A name with more is refused, since not all of them
/// could be checked.
pub(super) const MAX_ADDRESSES: usize = 64;

/// Finds the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a name. It is asked once for each hop of a request.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The most look-ups at one time. Each holds a thread until the system gives it up, whoever still waits for
/// it; the process has others to do.
const MAX_LOOKUPS: usize = 64;

/// The resolver of this machine.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> SystemResolver {
        SystemResolver { places: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
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
