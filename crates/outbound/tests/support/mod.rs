//! Servers for the tests: they speak HTTP over real sockets, byte by byte as each test wants it, and count
//! who connects.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod endpoint;
pub(crate) mod spellings;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncWriteExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What a server does for one request.
#[derive(Clone, Debug)]
pub(crate) enum Play {
    /// Writes these bytes, and waits for the next request on the same connection.
    Send(Vec<u8>),
    /// Writes these pieces one by one, and ends the connection.
    Pieces(Vec<Vec<u8>>),
    /// Writes the first, then the second again and again until the other side is gone.
    Endless(Vec<u8>, Vec<u8>),
    /// Writes this and says nothing more, until the other side is gone.
    Silence(Vec<u8>),
    /// Ends the connection at once.
    HangUp,
}

type Script = Arc<dyn Fn(usize, &Seen) -> Play + Send + Sync>;

/// A server; it ends with its value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) accepted: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// At a free port of an address; `script` is told the number of the request, from 0.
    pub(crate) async fn at(
        ip: &str,
        script: impl Fn(usize, &Seen) -> Play + Send + Sync + 'static,
    ) -> Server {
        let ip: IpAddr = ip.parse().expect("an address");
        Server::on(SocketAddr::new(ip, 0), script).await.expect("a free port")
    }

    /// At an address and port.
    pub(crate) async fn on(
        address: SocketAddr,
        script: impl Fn(usize, &Seen) -> Play + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (seen, accepted, script) = parts(script);
        let (all, count) = (Arc::clone(&seen), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, Arc::clone(&all), Arc::clone(&script)));
            }
        });
        Ok(Server { address, accepted, seen, task })
    }

    /// The same behind TLS.
    pub(crate) async fn behind_tls(
        acceptor: tokio_rustls::TlsAcceptor,
        script: impl Fn(usize, &Seen) -> Play + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (seen, accepted, script) = parts(script);
        let (all, count) = (Arc::clone(&seen), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (all, script, acceptor) =
                    (Arc::clone(&all), Arc::clone(&script), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, all, script).await;
                    }
                });
            }
        });
        Server { address, accepted, seen, task }
    }

    /// At a socket of this machine.
    pub(crate) fn at_socket(
        path: &Path,
        script: impl Fn(usize, &Seen) -> Play + Send + Sync + 'static,
    ) -> Server {
        let listener = UnixListener::bind(path).expect("a socket");
        let (seen, accepted, script) = parts(script);
        let (all, count) = (Arc::clone(&seen), Arc::clone(&accepted));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, Arc::clone(&all), Arc::clone(&script)));
            }
        });
        Server { address: SocketAddr::from(([0, 0, 0, 0], 0)), accepted, seen, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server on this machine that does the same each time.
pub(crate) async fn serve(play: Play) -> Server {
    Server::at("127.0.0.1", move |_, _| play.clone()).await
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    let mut bytes = (text + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The beginning of an answer whose end is that of the connection.
pub(crate) fn open_ended(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = "HTTP/1.1 200 OK\r\nconnection: close\r\n".to_owned();
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    (text + "\r\n").into_bytes()
}

/// A redirect.
pub(crate) fn redirect(status: u16, to: &str) -> Play {
    Play::Send(answer(status, &[("location", to)], b""))
}

/// An answer of status 200.
pub(crate) fn ok(body: &str) -> Play {
    Play::Send(answer(200, &[], body.as_bytes()))
}

fn parts(
    script: impl Fn(usize, &Seen) -> Play + Send + Sync + 'static,
) -> (Arc<Mutex<Vec<Seen>>>, Arc<AtomicUsize>, Script) {
    (Arc::default(), Arc::default(), Arc::new(script))
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Script,
) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read(&mut stream).await {
        let play = {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(request.clone());
            script(seen.len() - 1, &request)
        };
        let done = match play {
            Play::Send(bytes) => stream.write_all(&bytes).await.is_err(),
            Play::HangUp => true,
            Play::Pieces(pieces) => {
                for piece in pieces {
                    if stream.write_all(&piece).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                true
            }
            Play::Endless(first, again) => {
                let mut sent = stream.write_all(&first).await;
                while sent.is_ok() {
                    sent = stream.write_all(&again).await;
                }
                true
            }
            Play::Silence(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                let _ = stream.read(&mut [0]).await;
                true
            }
        };
        if done || stream.flush().await.is_err() {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Option<Seen>> {
    let mut seen = Seen::default();
    if stream.read_line(&mut seen.line).await? == 0 {
        return Ok(None);
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    seen.body = vec![0; length];
    stream.read_exact(&mut seen.body).await?;
    Ok(Some(seen))
}
