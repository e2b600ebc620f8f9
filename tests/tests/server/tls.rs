//! A server that speaks TLS.

use std::time::Duration;

use reqwest::Method;
use sluice_server::Tls;
use sluice_tests::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than what once waited for handshakes at one time.
const SILENT: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_speaks_tls_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate is made");
    let tls =
        Tls { certificates: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    let certificate = made.cert.pem();
    std::fs::write(&tls.certificates, &certificate).expect("it is written");
    std::fs::write(&tls.key, made.signing_key.serialize_pem()).expect("it is written");
    // The administrator logs in on the way.
    let server = Server::start_over(Some((tls, &certificate)), |_| ()).await;
    server.administrator().get("/v1/me").await.expect(200);

    let mut plain = TcpStream::connect(server.address()).await.expect("it is taken");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("it is sent");
    let mut answer = Vec::new();
    // Closed with something unread, perhaps.
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));

    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(server.address()).await.expect("it is taken"));
    }
    let newcomer = server.administrator();
    // Sooner than the silent ones are given up.
    let request = newcomer.request(Method::GET, "/v1/me").timeout(Duration::from_secs(8));
    newcomer.send(request).await.expect(200);
    drop(silent);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder is made");
    let path = folder.path().join("missing.pem");
    let server = Server::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let tls = Tls { certificates: path.clone(), key: path };
    let serving =
        sluice_server::serve(server.edge().clone(), listener, Some(tls), std::future::pending());
    let error = serving.await.expect_err("there is no certificate");
    assert!(error.to_string().contains("missing.pem"), "{error}");
    server.stop().await;
}
