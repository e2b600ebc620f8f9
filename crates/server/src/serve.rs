//! Listening: plain or with TLS, until the server is to stop; then nothing new is taken, streams end, and
//! what is under way is answered.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::app::router;
use crate::edge::Edge;

mod plain;
mod tls;

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

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, plain::Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, plain::Listener>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, tls::Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, tls::Listener>) -> Peer {
        Peer(*stream.remote_addr())
    }
}

/// Serves until `stop` resolves, and then until what is under way is answered, or the time of grace is
/// over.
pub async fn serve(
    edge: Edge,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let app = router(edge.clone()).into_make_service_with_connect_info::<Peer>();
    let grace = edge.settings().grace;
    let stopping = edge.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.stop();
    });
    let until = edge.clone();
    let stopped = async move { until.stopping().await };
    let edge_of_sockets = edge.clone();
    let serving = async move {
        match tls {
            None => {
                let listener = plain::Listener::new(listener);
                axum::serve(listener, app).with_graceful_shutdown(stopped).await
            }
            Some(tls) => {
                let listener = tls::Listener::new(listener, acceptor(&tls)?);
                axum::serve(listener, app).with_graceful_shutdown(stopped).await
            }
        }
        .map_err(ServeError::from)?;
        // Sockets are no requests any more: nobody else waits for their farewells.
        edge_of_sockets.places().empty().await;
        Ok(())
    };
    let out_of_time = async {
        edge.stopping().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = serving => served,
        () = out_of_time => Ok(()),
    }
}

fn acceptor(tls: &Tls) -> Result<TlsAcceptor, ServeError> {
    let wrong = |path: &PathBuf, why: String| ServeError::Tls { path: path.clone(), why };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&tls.certificates)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&tls.certificates, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| wrong(&tls.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| wrong(&tls.certificates, error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
