//! A listener whose connections speak TLS. Handshakes go on beside each other, so that one that stalls
//! holds up nobody.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::plain::PAUSE;

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Handshakes and greeted connections that wait for the server at most.
const MOST_WAITING: usize = 256;

/// Accepts connections and greets them.
pub(super) struct Listener {
    greeted: Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: io::Result<SocketAddr>,
}

impl Listener {
    pub(super) fn new(listener: TcpListener, acceptor: TlsAcceptor) -> Listener {
        let address = listener.local_addr();
        let (sender, greeted) = channel(MOST_WAITING);
        tokio::spawn(async move {
            while let Ok(place) = sender.clone().reserve_owned().await {
                let Ok((connection, address)) = listener.accept().await else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Only latency is lost where it does not work.
                    let _ = connection.set_nodelay(true);
                    let greeting = tokio::time::timeout(PATIENCE, acceptor.accept(connection));
                    if let Ok(Ok(stream)) = greeting.await {
                        place.send((stream, address));
                    }
                });
            }
        });
        Listener { greeted, address }
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.greeted.recv().await {
            Some(greeted) => greeted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.address {
            Ok(address) => Ok(*address),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}
