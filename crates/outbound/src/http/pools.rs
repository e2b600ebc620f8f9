//! Connections that are kept for later requests: of the same owner, to the same origin, at addresses that
//! this request's own look-up has found and checked. A name that changes its addresses changes its pool.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Name, Resolve, Resolving};
use rustls::ClientConfig;

/// How long one waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept that nobody uses.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The most connections of one pool that are kept.
const MAX_IDLE: usize = 8;

/// The most pools; the one that was used longest ago goes first.
const MAX_POOLS: usize = 256;

/// The most headers of an answer.
const MAX_HEADERS: usize = 256;

/// What a pool's connections have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) owner: String,
    pub(super) is_https: bool,
    pub(super) host: String,
    pub(super) way: Way,
}

/// Where connections go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// One of these, all of which were checked.
    Addresses(Vec<SocketAddr>),
    /// A socket on this machine.
    Socket(PathBuf),
}

#[derive(Default)]
pub(super) struct Pools {
    clients: Mutex<Clients>,
}

#[derive(Default)]
struct Clients {
    by_route: HashMap<Route, (u64, Client)>,
    uses: u64,
}

impl Pools {
    /// The client for a route. `tls` is asked where there is none yet.
    pub(super) fn client(
        &self,
        route: Route,
        tls: impl FnOnce() -> Result<ClientConfig, String>,
    ) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.uses += 1;
        let now = clients.uses;
        if let Some((used, client)) = clients.by_route.get_mut(&route) {
            *used = now;
            return Ok(client.clone());
        }
        let client = build(&route, tls()?)?;
        if clients.by_route.len() >= MAX_POOLS {
            let oldest = clients.by_route.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(route, _)| route.clone()) {
                clients.by_route.remove(&oldest);
            }
        }
        clients.by_route.insert(route, (now, client.clone()));
        Ok(client)
    }
}

fn build(route: &Route, tls: ClientConfig) -> Result<Client, String> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE)
        .http1_max_headers(MAX_HEADERS)
        .dns_resolver(NoLookup);
    let builder = match &route.way {
        Way::Addresses(addresses) => builder.resolve_to_addrs(&route.host, addresses),
        Way::Socket(path) => builder.unix_socket(path.clone()),
    };
    builder.build().map_err(|it| it.to_string())
}

/// Knows no name: all that may be connected to was looked up before.
struct NoLookup;

impl Resolve for NoLookup {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("names are not looked up a second time".into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tls;
    use super::*;

    fn route(owner: &str, port: u16) -> Route {
        Route {
            owner: owner.to_owned(),
            is_https: false,
            host: "a.example".to_owned(),
            way: Way::Addresses(vec![SocketAddr::from(([192, 0, 2, 1], port))]),
        }
    }

    #[test]
    fn pools_are_kept_and_the_oldest_goes() {
        let pools = Pools::default();
        let get = |route| pools.client(route, tls::trusting_nobody).expect("a client");
        get(route("first", 1));
        for port in 1..u16::try_from(MAX_POOLS).expect("a port") {
            get(route("t", port));
            let kept = pools.client(route("first", 1), || Err("it is new".to_owned()));
            assert!(kept.is_ok(), "{port}");
        }
        get(route("t", 60_000));
        let kept = |route| pools.client(route, || Err("it is new".to_owned())).is_ok();
        assert!(kept(route("first", 1)) && kept(route("t", 60_000)));
        assert!(!kept(route("t", 1)), "the oldest is gone");
        assert!(!kept(route("other", 2)), "owners share nothing");
    }
}
