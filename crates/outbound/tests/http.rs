//! Requests over real sockets: what is limited and trusted, and what each failure is.

mod support;

use std::sync::Arc;
use std::time::Duration;

use sluice_outbound::http::{Guard, Http, HttpFailure, Limits, Reason, Request, Response};
use support::{Play, Server, answer, ok, open_ended, serve};

/// A client that may reach this machine.
fn client() -> Http {
    Http::new(guard())
}

fn guard() -> Guard {
    Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] }
}

async fn send(request: Request, limits: &Limits) -> Result<Response, HttpFailure> {
    client().send(request, limits, &|_, _| Ok(())).await
}

async fn get(url: &str) -> Result<Response, HttpFailure> {
    send(Request::new("t", "GET", url), &Limits::default()).await
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made() {
    let server = Server::at("127.0.0.1", |_, _| {
        Play::Send(answer(418, &[("x-a", "1"), ("x-a", "2")], b"short and stout"))
    })
    .await;
    let mut request = Request::new("t", "PATCH", &server.url("/a%20b?c=d&e#f"))
        .header("X-Mine", "value")
        .header("x-mine", "another");
    request.body = b"body".to_vec();
    let response = send(request, &Limits::default()).await.expect("an answer");
    assert_eq!((response.status, response.body.as_slice()), (418, b"short and stout".as_slice()));
    let values: Vec<&[u8]> = response
        .headers
        .iter()
        .filter(|(it, _)| it == "x-a")
        .map(|(_, it)| it.as_slice())
        .collect();
    assert_eq!(values, [b"1", b"2"]);
    let seen = &server.seen()[0];
    assert_eq!(seen.line.trim_end(), "PATCH /a%20b?c=d&e HTTP/1.1");
    assert_eq!(seen.body, b"body");
    assert_eq!(seen.headers.iter().filter(|(it, _)| it == "x-mine").count(), 2);
    assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
    assert!(seen.header("user-agent").is_some_and(|it| it.starts_with("sluice/")));
}

#[tokio::test]
async fn an_answer_is_measured_after_decompression() {
    let limits = Limits { response_bytes: 100_000, ..Limits::default() };
    let bomb = zstd::bulk::compress(&vec![0; 50_000_000], 3).expect("a bomb");
    assert!(bomb.len() < 100_000);
    let plays = [
        Play::Send(answer(200, &[], &vec![b'x'; 100_001])),
        Play::Send(answer(200, &[("content-encoding", "zstd")], &bomb)),
        Play::Endless(open_ended(&[]), vec![b'x'; 1_000]),
        Play::Endless(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(),
            b"5\r\nxxxxx\r\n".repeat(100),
        ),
    ];
    for play in plays {
        let server = serve(play.clone()).await;
        let large = send(Request::new("t", "GET", &server.url("/")), &limits).await;
        let large = large.expect_err("it is too large");
        let expected = Reason::TooLarge { what: "the answer", most_bytes: 100_000 };
        assert_eq!((large.reason, large.sent), (expected, true));
    }
    let most = zstd::bulk::compress(&vec![b'x'; 100_000], 3).expect("compressed");
    let server = serve(Play::Send(answer(200, &[("content-encoding", "zstd")], &most))).await;
    let whole = send(Request::new("t", "GET", &server.url("/")), &limits).await.expect("it fits");
    assert_eq!(whole.body.len(), 100_000);
    assert_eq!(whole.header("content-encoding"), None);
}

#[tokio::test]
async fn encodings_are_undone() {
    // "plain text" by gzip and by brotli.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\xc8\x49\xcc\xcc\x53\x28\x49\xad\x28\x01\x00\xb8\x0f\x0b\x44\x0a\x00\x00\x00";
    let brotli = b"\x8b\x04\x80plain text\x03";
    for (encoding, body) in [("gzip", gzip.as_slice()), ("br", brotli.as_slice())] {
        let server = serve(Play::Send(answer(200, &[("content-encoding", encoding)], body))).await;
        let whole = get(&server.url("/")).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&whole.body), "plain text", "{encoding}");
        let accepted = server.seen()[0].header("accept-encoding").unwrap_or_default().to_owned();
        assert!(accepted.contains(encoding), "{accepted}");
        let server =
            serve(Play::Send(answer(200, &[("content-encoding", encoding)], b"not so"))).await;
        let broken = get(&server.url("/")).await.expect_err("it is not encoded so");
        assert!(matches!(broken.reason, Reason::Protocol(_)), "{broken:?}");
    }
}

#[tokio::test]
async fn a_body_that_unpacks_to_nothing_ends_all_the_same() {
    let limits = Limits { response_bytes: 100_000, ..Limits::default() };
    let empty = zstd::bulk::compress(b"", 3).expect("a frame");
    let head = open_ended(&[("content-encoding", "zstd")]);
    let server = serve(Play::Endless(head, empty.repeat(100))).await;
    let endless = send(Request::new("t", "GET", &server.url("/")), &limits).await;
    let expected = Reason::TooLarge { what: "the answer", most_bytes: 100_000 };
    assert_eq!(endless.expect_err("it has no end").reason, expected);
    // No body at all, as an answer to HEAD has none, is no broken one.
    for play in [
        Play::Send(answer(200, &[("content-encoding", "gzip")], b"")),
        Play::Send(b"HTTP/1.1 304 X\r\ncontent-encoding: br\r\n\r\n".to_vec()),
    ] {
        let server = serve(play).await;
        assert_eq!(get(&server.url("/")).await.expect("an answer").body, b"");
    }
    // What we did not ask for is handed on as it is.
    let odd = Play::Send(answer(200, &[("content-encoding", "gzip, gzip")], b"odd"));
    let answer = get(&serve(odd).await.url("/")).await.expect("an answer");
    assert_eq!(
        (answer.body.as_slice(), answer.header("content-encoding")),
        (b"odd".as_slice(), Some("gzip, gzip"))
    );
}

#[tokio::test]
async fn no_body_makes_us_remember_more_than_it_has() {
    // Frames of nothing that want a window of 8 MiB and of 64 MiB.
    for (window, is_fine) in [(b'\x68', true), (b'\x80', false)] {
        let frame = [b'\x28', b'\xb5', b'\x2f', b'\xfd', 0, window, 1, 0, 0];
        let server = serve(Play::Send(answer(200, &[("content-encoding", "zstd")], &frame))).await;
        match get(&server.url("/")).await {
            Ok(answer) => assert!(is_fine && answer.body.is_empty(), "{window:x}"),
            Err(failure) => assert!(
                !is_fine && matches!(failure.reason, Reason::Protocol(_)),
                "{window:x}: {failure:?}"
            ),
        }
    }
}

/// What the test below starts: a request with proxies in its environment.
#[tokio::test]
async fn in_an_environment_with_proxies() {
    let Ok(target) = std::env::var("OUTBOUND_TARGET") else { return };
    assert_eq!(get(&target).await.expect("an answer").body, b"direct");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_of_the_environment_is_used() {
    let (target, proxy) = (serve(ok("direct")).await, serve(ok("by proxy")).await);
    let mut child = std::process::Command::new(std::env::current_exe().expect("this test"));
    child.args(["--exact", "in_an_environment_with_proxies"]);
    child.env("OUTBOUND_TARGET", target.url("/"));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        child.env(name, proxy.url(""));
    }
    let ended = tokio::task::spawn_blocking(move || child.output()).await.expect("no panic");
    let ended = ended.expect("it runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    assert_eq!((target.seen().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn headers_of_an_answer_are_measured() {
    let long = "x".repeat(70_000);
    let server = serve(Play::Send(answer(200, &[("x-long", &long)], b""))).await;
    let large = get(&server.url("/")).await.expect_err("it is too large");
    assert!(
        matches!(large.reason, Reason::TooLarge { what: "the answer's header", .. }),
        "{large:?}"
    );
    let many = vec![("x", "y"); 1_000];
    let server = serve(Play::Send(answer(200, &many, b""))).await;
    let large = get(&server.url("/")).await.expect_err("there are too many");
    assert!(matches!(large.reason, Reason::Protocol(_)), "{large:?}");
    let endless = Play::Endless(
        b"HTTP/1.1 200 OK\r\n".to_vec(),
        b"x: yyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(100),
    );
    let server = serve(endless).await;
    assert!(get(&server.url("/")).await.is_err());
}

#[tokio::test]
async fn what_takes_too_long_may_have_happened() {
    let limits = Limits { timeout: Duration::from_millis(100), ..Limits::default() };
    for play in [
        Play::Silence(Vec::new()),
        Play::Silence(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        Play::Silence(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
        Play::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let server = serve(play.clone()).await;
        let late = send(Request::new("t", "POST", &server.url("/")), &limits).await;
        let late = late.expect_err("it takes too long");
        let expected = Reason::TimedOut { after: limits.timeout };
        assert_eq!((late.reason, late.sent), (expected, true), "{play:?}");
    }
}

#[tokio::test]
async fn a_broken_answer_may_have_happened() {
    for play in [
        Play::HangUp,
        Play::Pieces(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()]),
        Play::Pieces(vec![b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()]),
        Play::Pieces(vec![b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec()]),
        Play::Pieces(vec![
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
        ]),
    ] {
        let server = serve(play.clone()).await;
        let broken = get(&server.url("/")).await.expect_err("it is broken");
        assert!(
            matches!(broken.reason, Reason::Protocol(_)) && broken.sent,
            "{play:?}: {broken:?}"
        );
        assert_eq!(server.seen().len(), 1, "it is not tried again: {play:?}");
    }
}

#[tokio::test]
async fn what_was_not_sent_did_not_happen() {
    let gone = serve(ok("")).await;
    let url = gone.url("/");
    drop(gone);
    // The listener closes once its task has been taken down.
    tokio::task::yield_now().await;
    let nobody = get(&url).await.expect_err("nobody listens");
    assert!(matches!(nobody.reason, Reason::Unreachable { .. }) && !nobody.sent, "{nobody:?}");
    let unknown = get("http://name.invalid/").await.expect_err("no such name");
    assert!(matches!(unknown.reason, Reason::Unresolved { .. }) && !unknown.sent, "{unknown:?}");
    let private = Http::new(Guard::default());
    let request = Request::new("t", "GET", &url);
    let refused = private.send(request, &Limits::default(), &|_, _| Ok(())).await;
    let reason = Reason::Forbidden { host: "127.0.0.1".to_owned(), class: "loopback" };
    assert_eq!(refused.err(), Some(HttpFailure { reason, sent: false }));
}

#[tokio::test]
async fn connections_are_kept_and_not_shared() {
    let server = serve(ok("x")).await;
    let http = client();
    for (owner, connections) in [("a", 1), ("a", 1), ("b", 2), ("a", 2), ("b", 2)] {
        let request = Request::new(owner, "GET", &server.url("/"));
        let answer =
            http.send(request, &Limits::default(), &|_, _| Ok(())).await.expect("an answer");
        assert_eq!(answer.body, b"x");
        assert_eq!(server.connections(), connections, "{owner}");
    }
}

/// An authority, and a server that it vouches for as `localhost`.
async fn trusted() -> (rustls::pki_types::CertificateDer<'static>, Server) {
    let issued =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = issued.cert.der().clone();
    let key = rustls::pki_types::PrivateKeyDer::try_from(issued.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.expect("a key"))
        .expect("a certificate and its key");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    (certificate, Server::behind_tls(acceptor, |_, _| ok("trusted")).await)
}

#[tokio::test]
async fn a_connection_is_trusted_or_nothing_is_sent() {
    let (authority, server) = trusted().await;
    let reach = ["127.0.0.0/8", "::1/128"].map(|it| it.parse().expect("a reach")).to_vec();
    let trusting = Http::new(Guard { reach: reach.clone() }).with_roots(vec![authority]);
    let url = format!("https://localhost:{}/", server.port());
    let limits = Limits::default();
    let answer = trusting.send(Request::new("t", "GET", &url), &limits, &|_, _| Ok(())).await;
    assert_eq!(answer.expect("an answer").body, b"trusted");
    let plain = serve(ok("x")).await;
    let other = Http::new(Guard { reach });
    for (http, url) in [
        (&other, url),
        (&trusting, format!("https://127.0.0.1:{}/", server.port())),
        (&trusting, format!("https://127.0.0.1:{}/", plain.port())),
    ] {
        let failure = http.send(Request::new("t", "GET", &url), &limits, &|_, _| Ok(())).await;
        let failure = failure.expect_err("it is not trusted");
        assert!(
            matches!(failure.reason, Reason::Tls { .. }) && !failure.sent,
            "{url}: {failure:?}"
        );
    }
    assert_eq!((server.seen().len(), plain.seen().len()), (1, 0));
}

#[test]
fn nothing_prints_what_may_be_secret() {
    let request =
        Request::new("t", "GET", "https://a.example/?k=canary").secret_header("x", "canary");
    let texts = [
        format!("{request:?}"),
        format!("{:?}", request.headers),
        format!("{:?}", sluice_outbound::http::parse_url("https://a.example:0/canary")),
        format!("{:?}", sluice_outbound::http::parse_url("https://canary@a.example/")),
    ];
    assert!(texts.iter().all(|text| !text.contains("canary")), "{texts:?}");
}
