//! One end of a socket, as a client has it.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sluice_tests::server::{Client, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// One end of a socket.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(
        server: &Server,
        token: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Socket, Error> {
        let url = format!("ws://{}/v1/socket", server.address());
        let mut request = url.into_client_request().expect("it is a request");
        let headers = request.headers_mut();
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().expect("a header"));
        }
        connect_async(request).await.map(|(socket, _)| Socket(socket))
    }

    /// A socket of whoever that is, who was welcomed.
    pub(crate) async fn of(server: &Server, client: &Client) -> Socket {
        let mut socket = Socket::open(server, client.token(), None).await.expect("it opens");
        assert_eq!(socket.hear().await["type"], "welcome");
        socket
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("it is sent");
    }

    pub(crate) async fn watch(&mut self, id: u64, run: &str, after: u64) {
        self.say(json!({ "type": "subscribe", "id": id, "run": run, "after": after })).await;
    }

    /// The next message; the code of closing where it is none.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("it is JSON"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    pub(crate) async fn hear(&mut self) -> Value {
        self.next().await.expect("a message")
    }

    /// Events up to the end of the run.
    pub(crate) async fn events(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let message = self.hear().await;
            match message["type"].as_str() {
                Some("events") => {
                    events.extend(message["events"].as_array().cloned().unwrap_or_default());
                }
                Some("end") => {
                    assert_eq!(message["reason"], "run_ended");
                    return events;
                }
                _ => panic!("{message}"),
            }
        }
    }

    /// The code of closing.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }
}
