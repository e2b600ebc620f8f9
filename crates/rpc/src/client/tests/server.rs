//! Servers that play a part, and calls of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::Notify;

use crate::{Address, CallLimits, Caller, Client, RpcFailure};

/// What a server does with a request.
#[derive(Clone)]
pub(super) enum Part {
    /// Writes these bytes and reads on.
    Say(Vec<u8>),
    /// Writes these bytes and closes.
    SayAndClose(Vec<u8>),
    /// Writes these bytes again and again, until nobody reads them any more.
    SayForEver(Vec<u8>, Vec<u8>),
    /// Waits until the connection ends.
    Hang,
}

/// A server on a unix socket.
pub(super) struct Server {
    pub(super) address: Address,
    /// How many connections it took.
    connections: Arc<AtomicUsize>,
    /// The requests that it read, heads and bodies.
    requests: Arc<Mutex<Vec<String>>>,
    /// Told each time that a connection ends.
    pub(super) ended: Arc<Notify>,
    _folder: TempDir,
}

type Script = Arc<dyn Fn(&str) -> Part + Send + Sync>;

impl Server {
    pub(super) fn playing(script: impl Fn(&str) -> Part + Send + Sync + 'static) -> Server {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("rpc.sock");
        let listener = UnixListener::bind(&path).expect("a socket");
        let server = Server {
            address: Address::Unix(path),
            connections: Arc::default(),
            requests: Arc::default(),
            ended: Arc::default(),
            _folder: folder,
        };
        let (connections, requests, ended) =
            (server.connections.clone(), server.requests.clone(), server.ended.clone());
        let script: Script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (script, requests, ended) = (script.clone(), requests.clone(), ended.clone());
                tokio::spawn(async move {
                    play(stream, script, requests).await;
                    ended.notify_one();
                });
            }
        });
        server
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics with it").clone()
    }

    pub(super) async fn call(&self, client: &Client) -> Result<Value, RpcFailure> {
        call(client, &self.address, CallLimits::default()).await
    }
}

pub(super) async fn call(
    client: &Client,
    address: &Address,
    limits: CallLimits,
) -> Result<Value, RpcFailure> {
    client.call(address, "event_list", &json!({"day": "d"}), &Caller::default(), limits).await
}

pub(super) async fn play<S>(mut stream: S, script: Script, requests: Arc<Mutex<Vec<String>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(request) = read_request(&mut stream).await {
        let part = script(&request);
        requests.lock().expect("nobody panics with it").push(request);
        let (bytes, again) = match &part {
            Part::Say(bytes) | Part::SayAndClose(bytes) => (bytes.as_slice(), None),
            Part::SayForEver(bytes, again) => (bytes.as_slice(), Some(again)),
            Part::Hang => (&[] as &[u8], None),
        };
        if stream.write_all(bytes).await.is_err() || matches!(part, Part::SayAndClose(_)) {
            return;
        }
        while let Some(again) = again {
            if stream.write_all(again).await.is_err() {
                return;
            }
        }
    }
}

/// The next request; none where the connection ended.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().expect("a number")) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

pub(super) fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(super) fn result(value: &Value) -> Vec<u8> {
    http("200 OK", &json!({"jsonrpc": "2.0", "id": 1, "result": value}).to_string())
}
