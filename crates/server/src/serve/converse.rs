//! One connection: its requests, one after the other, until either end has enough.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Peer;
use super::body::BodyInTime;
use crate::auth::network_of;
use crate::edge::Edge;

/// Bytes of the head of a request at most, and of what is read or written at once.
const BUFFER: usize = 64 << 10;

/// Answers what is asked over a connection.
pub(super) async fn converse(
    edge: &Edge,
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    app: Router,
    network: IpAddr,
) {
    let settings = edge.settings();
    let (body_within, is_behind_proxy) = (settings.body_within, settings.behind_proxy);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let forwarded = is_behind_proxy.then(|| forwarded_for(request.headers())).flatten();
        request.extensions_mut().insert(Peer(forwarded.map_or(network, network_of)));
        app.call(request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(BodyInTime::new(body, body_within))
            }
        }))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A connection that asks for nothing is closed by that, too.
        .header_read_timeout(settings.headers_within)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    tokio::pin!(connection);
    // What went wrong with a connection is the other end's to know.
    tokio::select! {
        _ = &mut connection => return,
        () = edge.stopping() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// The last address that `X-Forwarded-For` names: what the proxy itself saw. Those before it are what it
/// was told.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_believed_and_not_whoever_it_speaks_for() {
        let name = hyper::header::HeaderName::from_static("x-forwarded-for");
        let of = |values: &[&str]| {
            let mut all = HeaderMap::new();
            for value in values {
                all.append(name.clone(), value.parse().expect("a header"));
            }
            forwarded_for(&all).map(|address| address.to_string())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(of(&["10.9.9.9, 192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(of(&["10.9.9.9", "2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&["192.0.2.1, unknown"]), None);
    }
}
