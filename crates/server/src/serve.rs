//! Listening: plain or with TLS, until the server is to stop; then nothing new is taken, streams end, and
//! what is under way is answered. Whoever is slow, or many, takes a bounded part of the server.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;

use crate::app::router;
use crate::edge::Edge;
use crate::places::Places;

mod accept;
mod body;
mod converse;
mod timely;
mod tls;
mod turned_away;

pub(crate) use body::is_too_slow;

/// Where certificate and key are, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain, the server's own first.
    pub certificates: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The server cannot listen, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A certificate or key that cannot be used.
    #[error("cannot use {path}: {why}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The network.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The address at the other end of a connection, of all that one customer of a network has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves until `stop` resolves, and then until what is under way is answered, or the time of grace is
/// over.
pub async fn serve(
    edge: Edge,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let acceptor = tls.as_ref().map(tls::acceptor).transpose()?;
    let grace = edge.settings().grace;
    let stopping = edge.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.stop();
    });
    // Turned into its final form once, not for each request.
    let app = router(edge.clone()).with_state(());
    let serving = async {
        let connections = Places::new(accept::most(&edge));
        accept::accept(&edge, &listener, acceptor, &app, &connections).await;
        drop(listener);
        // Sockets are connections still: their farewells are waited for.
        connections.empty().await;
    };
    let out_of_time = async {
        edge.stopping().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        () = serving => Ok(()),
        () = out_of_time => Ok(()),
    }
}
