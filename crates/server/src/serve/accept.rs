//! Taking connections: each has a place of its own before anything is read from it, and a task of its
//! own, so that one that is slow holds up nobody.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use rustix::process::{Resource, getrlimit};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::converse::converse;
use super::timely::Timely;
use super::turned_away::TurnedAway;
use crate::auth::network_of;
use crate::edge::Edge;
use crate::places::{Place, Places};

/// The wait after a connection could not be accepted: out of files, for instance, and others may be closed
/// in a moment.
const PAUSE: Duration = Duration::from_millis(100);

/// What the kernel holds of what a connection was sent and has not taken; the kernel doubles it. Left to
/// itself it holds some MiB for each that does not read.
const SENT_BYTES: usize = 128 << 10;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Connections at one time: as is set, and no more than leave a quarter of the process's file descriptors
/// to the store.
pub(super) fn most(edge: &Edge) -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let files = usize::try_from(files / 4 * 3).unwrap_or(usize::MAX);
    edge.settings().connections.min(files)
}

/// Takes connections until the server is to stop.
pub(super) async fn accept(
    edge: &Edge,
    listener: &TcpListener,
    acceptor: Option<TlsAcceptor>,
    app: &Router,
    connections: &Places<IpAddr>,
) {
    let most_of_one = if edge.settings().behind_proxy {
        // All connections are the proxy's.
        usize::MAX
    } else {
        // However few there are, several addresses get some.
        edge.settings().connections_per_address.min(most(edge) / 4)
    };
    let turned_away = TurnedAway::new();
    let stopping = edge.stopping();
    tokio::pin!(stopping);
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((connection, address)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let network = network_of(address.ip());
        let Some(place) = connections.take(network, most_of_one) else {
            // Without a handshake there are no words that the other end would understand.
            if acceptor.is_none() {
                turned_away.tell(connection);
            }
            continue;
        };
        // Only latency is lost where it does not work.
        let _ = connection.set_nodelay(true);
        // Only memory is, here.
        let _ = SockRef::from(&connection).set_send_buffer_size(SENT_BYTES);
        let (edge, app, acceptor) = (edge.clone(), app.clone(), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => {
                    let io = Timely::new(connection, edge.settings().sent_within, place);
                    converse(&edge, io, app, network).await;
                }
                Some(acceptor) => greet(&edge, connection, &acceptor, app, (network, place)).await,
            }
        });
    }
}

async fn greet(
    edge: &Edge,
    connection: TcpStream,
    acceptor: &TlsAcceptor,
    app: Router,
    (network, place): (IpAddr, Place<IpAddr>),
) {
    let greeted = tokio::select! {
        () = edge.stopping() => return,
        greeted = timeout(HANDSHAKE, acceptor.accept(connection)) => greeted,
    };
    if let Ok(Ok(stream)) = greeted {
        let io = Timely::new(stream, edge.settings().sent_within, place);
        converse(edge, io, app, network).await;
    }
}
