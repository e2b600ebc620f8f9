//! Whoever is slow, or many, takes a bounded part of a server, and the others do not notice.

use reqwest::Method;
use serde_json::json;
use sluice_server::Settings;
use sluice_tests::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that was sent that.
async fn sent(server: &Server, text: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server.address()).await.expect("it is taken");
    connection.write_all(text.as_bytes()).await.expect("it is sent");
    connection
}

/// All that comes before the other end closes.
async fn rest(mut connection: TcpStream) -> String {
    let mut read = Vec::new();
    // A connection may be closed with something unread, which is an error here.
    let _ = connection.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_not_waited_for() {
    let server = Server::start_with(|settings| {
        settings.headers_within = std::time::Duration::from_millis(200);
    })
    .await;
    for begun in ["", "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let connection = sent(&server, begun).await;
        assert!(!rest(connection).await.contains("200 OK"), "{begun}");
    }
    server.administrator().get("/v1/me").await.expect(200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_is_not_waited_for() {
    let server = Server::start_with(|settings| {
        settings.body_within = std::time::Duration::from_millis(200);
    })
    .await;
    let head = "POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{\"code\":";
    let answer = rest(sent(&server, head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_send_little() {
    let server = Server::start().await;
    let long = json!({ "code": "x".repeat(5_000) });
    assert_eq!(server.anonymous().post("/v1/login", &long).await.code(), "request_too_large");
    server.stop().await;
}

/// Opens connections that stay, until one is turned away. How many there were.
async fn opened(server: &Server) -> (usize, Vec<TcpStream>) {
    let mut open = Vec::new();
    loop {
        let mut connection = sent(server, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut head = [0; 12];
        connection.read_exact(&mut head).await.expect("it is answered");
        match &head {
            b"HTTP/1.1 200" => open.push(connection),
            b"HTTP/1.1 503" => {
                let problem = rest(connection).await;
                assert!(problem.contains("\"code\":\"unavailable\""), "{problem}");
                return (open.len(), open);
            }
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_have_an_end() {
    let settings: [fn(&mut Settings); 3] = [
        |settings| settings.connections_per_address = 4,
        // One address has a quarter of all at most.
        |settings| settings.connections = 16,
        |settings| (settings.connections, settings.behind_proxy) = (4, true),
    ];
    for settings in settings {
        let server = Server::start_with(settings).await;
        let (count, open) = opened(&server).await;
        assert!((1..=4).contains(&count), "{count}");
        drop(open);
        // Places are free again, as soon as the server has noticed.
        while server.anonymous().get("/healthz").await.status != 200 {}
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_counted_as_sockets_are() {
    const WAITS: &str = "from sluice import flow\n\n@flow(uses=['ask'])\ndef waits() -> bool:\n    \
        return flow.ask('may I?', bool)\n";
    let server = Server::start_with(|settings| settings.sockets_per_tenant = 1).await;
    let (owner, other) = (server.tenant("a").await, server.tenant("b").await);
    for client in [&owner, &other] {
        let run = client.post("/v1/runs", &json!({ "source": WAITS })).await.expect(202);
        let path = format!("/v1/runs/{}/events", run["run"].as_str().expect("it has an id"));
        let stream =
            || client.request(Method::GET, &path).header("Accept", "text/event-stream").send();
        let first = stream().await.expect("it is answered");
        assert_eq!(first.status(), 200);
        let second = stream().await.expect("it is answered");
        assert_eq!(second.status(), 429);
        drop(first);
        while stream().await.expect("it is answered").status() != 200 {}
    }
    server.stop().await;
}
