//! Names and their addresses. Who resolves them is a boundary: the system does, and in tests one who
//! gives other answers each time.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// The most addresses of a name that are looked at. A name with more is refused, since not all of them
/// could be checked.
pub(super) const MAX_ADDRESSES: usize = 64;

/// Finds the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a name. It is asked once for each hop of a request.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.map(|it| it.ip()) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }
}
