//! The client's end of a socket.

use std::net::SocketAddr;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::server::{Client, Server};

/// A socket that was opened with a token.
pub(super) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one.
    pub(super) async fn open(server: &Server) -> anyhow::Result<Socket> {
        Self::over(server, TcpStream::connect(server.address()).await?).await
    }

    /// Opens one for somebody else.
    pub(super) async fn as_client(client: &Client, server: SocketAddr) -> anyhow::Result<Socket> {
        Self::with(client, server, TcpStream::connect(server).await?).await
    }

    /// Opens one over that connection.
    pub(super) async fn over(server: &Server, stream: TcpStream) -> anyhow::Result<Socket> {
        Self::with(server.client(), server.address(), stream).await
    }

    async fn with(
        client: &Client,
        server: SocketAddr,
        stream: TcpStream,
    ) -> anyhow::Result<Socket> {
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{server}/v1/socket").into_client_request()?;
        let token = format!("Bearer {}", client.token()).parse()?;
        request.headers_mut().insert("authorization", token);
        let mut socket = Socket(client_async(request, stream).await?.0);
        let welcome = socket.hear().await?;
        anyhow::ensure!(welcome["type"] == "welcome", "{welcome}");
        Ok(socket)
    }

    /// Watches a run.
    pub(super) async fn watch(&mut self, id: usize, run: &str, after: u64) -> anyhow::Result<()> {
        let wanted = json!({ "type": "subscribe", "id": id, "run": run, "after": after });
        Ok(self.0.send(Message::text(wanted.to_string())).await?)
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> anyhow::Result<Value> {
        loop {
            match self.0.next().await.context("the socket is closed")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Close(frame) => anyhow::bail!("the socket was closed: {frame:?}"),
                _ => {}
            }
        }
    }
}

/// The numbers of the events of a message; none where the run has ended.
pub(super) fn numbers(message: &Value) -> anyhow::Result<Option<Vec<u64>>> {
    match message["type"].as_str() {
        Some("events") => {
            let events = message["events"].as_array().context("no events")?;
            Ok(Some(events.iter().filter_map(|event| event["seq"].as_u64()).collect()))
        }
        Some("end") => Ok(None),
        _ => anyhow::bail!("unexpected: {message}"),
    }
}
