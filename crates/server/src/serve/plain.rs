//! A listener without TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// The wait after a connection could not be accepted: out of files, for instance, and others may be closed
/// in a moment.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections.
pub(super) struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(super) fn new(listener: TcpListener) -> Listener {
        Listener { listener }
    }
}

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Ok((connection, address)) = self.listener.accept().await {
                // Only latency is lost where it does not work.
                let _ = connection.set_nodelay(true);
                return (connection, address);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
