//! Requests on their way: permitted, resolved, checked, sent, and redirected under the same rules.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use reqwest::header::ACCEPT_ENCODING;
use reqwest::{Client, Method, Url};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};

use super::body;
use super::dns::{MAX_ADDRESSES, Resolver, SystemResolver};
use super::failure::{self, HttpFailure, Reason, Refused};
use super::guard::Guard;
use super::hop::Hop;
use super::incoming::{Bounds, Incoming, Response};
use super::pools::{Pools, Route, Way};
use super::request::{Limits, Request};
use super::target::host_and_port;
use super::tls::{self, Tls};

/// Whether whoever asks may send this method to this address: asked for each hop, before its name is
/// looked up. The query may hold a secret: what is said of a refusal names the host and path alone.
pub type Permit<'p> = &'p (dyn Fn(&Url, &Method) -> Result<(), Refused> + Send + Sync);

/// Sends requests under a guard. One for the whole process.
pub struct Http {
    guard: Guard,
    resolver: Arc<dyn Resolver>,
    tls: Tls,
    pools: Pools,
}

impl Http {
    /// With the resolver and the certificate authorities of this machine.
    pub fn new(guard: Guard) -> Http {
        Http {
            guard,
            resolver: Arc::new(SystemResolver::default()),
            tls: Tls::default(),
            pools: Pools::default(),
        }
    }

    /// The same with another resolver.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Http {
        self.resolver = resolver;
        self
    }

    /// The same, trusting these certificate authorities too.
    #[must_use]
    pub fn with_roots(mut self, roots: Vec<CertificateDer<'static>>) -> Http {
        self.tls = Tls::with_roots(roots);
        self
    }

    /// Sends a request and reads the whole answer. Statuses of failure are answers. Dropping it ends
    /// the connection.
    pub async fn send(
        &self,
        request: Request,
        limits: &Limits,
        permit: Permit<'_>,
    ) -> Result<Response, HttpFailure> {
        self.open(request, limits, permit).await?.whole().await
    }

    /// Sends a request and reads the answer up to its body. The limits hold for the body too.
    pub async fn open(
        &self,
        request: Request,
        limits: &Limits,
        permit: Permit<'_>,
    ) -> Result<Incoming, HttpFailure> {
        let until = Instant::now() + limits.timeout;
        let owner = request.owner.clone();
        let mut hop = Hop::first(request, limits).map_err(Reason::unsent)?;
        let mut redirects = 0;
        loop {
            let again = |failure| HttpFailure { sent: redirects > 0, reason: failure };
            permit(&hop.url, &hop.method).map_err(|it| again(Reason::Refused(it)))?;
            let routed = timeout_at(until, self.route(&owner, &hop.url)).await;
            let timed_out = |_| again(Reason::TimedOut { after: limits.timeout });
            let client = routed.map_err(timed_out)?.map_err(again)?;
            let answer = execute(&client, &hop, until, limits).await;
            let answer =
                answer.map_err(|it| HttpFailure { sent: it.sent || redirects > 0, ..it })?;
            let followed = limits.redirects > 0
                && hop.next(answer.status(), answer.headers()).map_err(Reason::sent)?;
            if !followed {
                return Incoming::of(answer, hop.url, redirects, &bounds(limits, until));
            }
            redirects += 1;
            if redirects > limits.redirects {
                let what = format!("there were {} before it", limits.redirects);
                return Err(Reason::Redirect(what).sent());
            }
        }
    }

    /// Sends a request through a socket on this machine, if that is in reach. No redirect is followed.
    pub(crate) async fn open_through(
        &self,
        socket: &Path,
        request: Request,
        limits: &Limits,
    ) -> Result<Incoming, HttpFailure> {
        let until = Instant::now() + limits.timeout;
        let owner = request.owner.clone();
        if !self.guard.admits_socket(socket) {
            let host = socket.display().to_string();
            return Err(Reason::Forbidden { host, class: "local socket" }.unsent());
        }
        let hop = Hop::first(request, limits).map_err(Reason::unsent)?;
        let (host, _) = host_and_port(&hop.url);
        let way = Way::Socket(socket.to_owned());
        let route = Route { owner, is_https: false, host: host.clone(), way };
        let client = self.pools.client(route, tls::trusting_nobody);
        let client = client.map_err(|what| Reason::Tls { host, what }.unsent())?;
        let answer = execute(&client, &hop, until, limits).await?;
        Incoming::of(answer, hop.url, 0, &bounds(limits, until))
    }

    /// A client that connects to checked addresses of the host and to nothing else.
    async fn route(&self, owner: &str, url: &Url) -> Result<Client, Reason> {
        let (host, port) = host_and_port(url);
        let unresolved = || Reason::Unresolved { host: host.clone() };
        let found = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.resolver.resolve(owner, &host).await.map_err(|_| unresolved())?,
        };
        if found.is_empty() || found.len() > MAX_ADDRESSES {
            return Err(unresolved());
        }
        let mut addresses: Vec<SocketAddr> =
            found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        addresses.sort_unstable();
        self.guard
            .check(&host, &addresses)
            .map_err(|class| Reason::Forbidden { host: host.clone(), class })?;
        let is_https = url.scheme() == "https";
        let way = Way::Addresses(addresses);
        let route = Route { owner: owner.to_owned(), is_https, host: host.clone(), way };
        let trust = || if is_https { self.tls.trusting() } else { tls::trusting_nobody() };
        self.pools.client(route, trust).map_err(|what| Reason::Tls { host, what })
    }
}

async fn execute(
    client: &Client,
    hop: &Hop,
    until: Instant,
    limits: &Limits,
) -> Result<reqwest::Response, HttpFailure> {
    let request = client
        .request(hop.method.clone(), hop.url.clone())
        .header(ACCEPT_ENCODING, body::CODINGS)
        .headers(hop.headers.clone());
    let is_without = hop.body.is_empty() && [Method::GET, Method::HEAD].contains(&hop.method);
    let request = if is_without { request } else { request.body(hop.body.clone()) };
    let sent = timeout_at(until, request.send()).await;
    let sent = sent.map_err(|_| Reason::TimedOut { after: limits.timeout }.sent())?;
    sent.map_err(|error| failure::of_request(&error, &hop.url, limits.timeout))
}

fn bounds(limits: &Limits, until: Instant) -> Bounds {
    Bounds {
        header_bytes: limits.header_bytes,
        body_bytes: limits.response_bytes,
        until,
        within: limits.timeout,
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("guard", &self.guard).finish_non_exhaustive()
    }
}
