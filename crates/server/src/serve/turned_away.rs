//! Whoever comes when there is no place is told so before the connection is closed, as far as there is
//! time for it.

use std::sync::Arc;
use std::time::Duration;

use sluice_model::Code;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Problem;

/// How many are told at one time; more are closed without a word.
const MOST: usize = 64;

/// How long telling one may take.
const WITHIN: Duration = Duration::from_secs(1);

/// Tells those for whom there is no place.
pub(super) struct TurnedAway {
    places: Arc<Semaphore>,
    answer: Arc<str>,
}

impl TurnedAway {
    pub(super) fn new() -> TurnedAway {
        let problem = Problem::new(
            Code::Unavailable,
            "this server, or your address, has as many connections as it may have",
        )
        .hint("Close some that are not used, and try again in some seconds.");
        let body = serde_json::to_string(&problem.body()).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
             Content-Length: {}\r\nRetry-After: 5\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        TurnedAway { places: Arc::new(Semaphore::new(MOST)), answer: answer.into() }
    }

    /// Tells one, and closes the connection.
    pub(super) fn tell(&self, mut connection: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let answer = Arc::clone(&self.answer);
        tokio::spawn(async move {
            let told = async {
                // Clients do not understand an answer that comes before they have asked.
                let mut ignored = [0; 1_024];
                let _asked = connection.read(&mut ignored).await?;
                connection.write_all(answer.as_bytes()).await?;
                connection.shutdown().await?;
                // A connection that is closed with something unread may lose what was sent last.
                while connection.read(&mut ignored).await? > 0 {}
                std::io::Result::Ok(())
            };
            // The other end may not want to hear it.
            let _ = timeout(WITHIN, told).await;
            drop(place);
        });
    }
}
