//! Calls of real servers that play a part: good ones, slow ones, and those that mean harm.

mod server;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::*;
use crate::document_of;
use server::{Part, Server, call, http, play, result};

#[tokio::test]
async fn a_call_says_who_asks_and_connections_are_kept() {
    let server = Server::playing(|_| Part::Say(result(&json!([1, "x"]))));
    let client = Client::new();
    let caller = Caller {
        owner: "t".into(),
        user: Some("ada".into()),
        context: Some("ours".into()),
        claims: Some("{}".into()),
        traceparent: Some("00-1".into()),
        idempotency_key: Some("k-1".into()),
    };
    for _ in 0..3 {
        let answer = client
            .call(
                &server.address,
                "event_list",
                &json!({"day": "d"}),
                &caller,
                CallLimits::default(),
            )
            .await;
        assert_eq!(answer, Ok(json!([1, "x"])));
    }
    assert_eq!((server.connections(), client.idle_connections()), (1, 1));
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /rpc HTTP/1.1\r\n"), "{request}");
    for header in [
        "host: localhost",
        "content-type: application/json",
        "x-hero-user: ada",
        "x-hero-context: ours",
        "x-hero-claims: {}",
        "traceparent: 00-1",
        "idempotency-key: k-1",
    ] {
        assert!(request.contains(&format!("\r\n{header}\r\n")), "{header}: {request}");
    }
    let body = request.split_once("\r\n\r\n").expect("it has a body").1;
    let body: Value = serde_json::from_str(body).expect("it is JSON");
    let expected =
        json!({"jsonrpc": "2.0", "id": 1, "method": "event_list", "params": {"day": "d"}});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_a_service_refuses_is_in_its_own_words() {
    let body = r#"{"id": 1, "error": {"code": -32004, "message": "none", "data": [1]}}"#;
    let server = Server::playing(move |_| Part::Say(http("400 Bad Request", body)));
    let client = Client::new();
    let Err(RpcFailure::Service(error)) = server.call(&client).await else { panic!("it refuses") };
    assert_eq!((error.code, error.message.as_str(), error.data), (-32004, "none", json!([1])));
    assert_eq!(client.idle_connections(), 1, "the connection is as good as before");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let client = Client::new();
    for address in ["unix:/nowhere/rpc.sock", "http://127.0.0.1:1/rpc"] {
        let address = address.parse().expect("an address");
        let failure = call(&client, &address, CallLimits::default()).await;
        let failure = failure.expect_err("nobody listens");
        assert!(failure.nothing_done(), "{failure}");
    }
    let limits = CallLimits { request_bytes: 20, ..CallLimits::default() };
    let address = "unix:/nowhere/rpc.sock".parse().expect("an address");
    let failure = call(&client, &address, limits).await.expect_err("it is too large");
    assert!(matches!(failure, RpcFailure::Invalid(_)) && failure.nothing_done());
}

#[tokio::test]
async fn silence_and_a_cut_connection_leave_the_outcome_unknown() {
    let client = Client::new();
    let silent = Server::playing(|_| Part::Hang);
    let limits = CallLimits { timeout: Duration::from_millis(30), ..CallLimits::default() };
    let failure = call(&client, &silent.address, limits).await;
    assert_eq!(failure, Err(RpcFailure::TimedOut { limit_ms: 30 }));
    silent.ended.notified().await;
    for part in [
        Part::SayAndClose(Vec::new()),
        Part::SayAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
    ] {
        let server = Server::playing(move |_| part.clone());
        let failure = server.call(&client).await.expect_err("the connection is cut");
        assert!(failure.outcome_unknown(), "{failure}");
        assert_eq!(server.requests().len(), 1, "a call is never given twice");
    }
    assert_eq!(client.idle_connections(), 0);
}

#[tokio::test]
async fn a_connection_that_the_service_closed_meanwhile_is_replaced() {
    let server = Server::playing(|_| Part::SayAndClose(result(&json!(7))));
    let client = Client::new();
    for calls in 1..=20 {
        assert_eq!(server.call(&client).await, Ok(json!(7)));
        server.ended.notified().await;
        assert_eq!(server.requests().len(), calls, "each call is given once");
    }
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn large_answers_end_early_and_so_do_their_connections() {
    let limits = CallLimits { answer_bytes: 100_000, ..CallLimits::default() };
    let too_large = Err(RpcFailure::TooLarge { limit_bytes: 100_000 });
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"1000\r\n".to_vec(), vec![b' '; 0x1000], b"\r\n".to_vec()].concat();
    let huge = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec();
    for part in [Part::SayForEver(head, chunk), Part::SayForEver(huge, vec![b' '; 4096])] {
        let server = Server::playing(move |_| part.clone());
        let client = Client::new();
        assert_eq!(call(&client, &server.address, limits).await, too_large);
        server.ended.notified().await;
    }
}

#[tokio::test]
async fn what_is_not_http_or_not_json_is_told_so() {
    let endless = (b"HTTP/1.1 200 OK\r\nA: ".to_vec(), vec![b'a'; 4096]);
    let many = (b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".repeat(100));
    let compressed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
    for part in [
        Part::Say(b"220 mail ready\r\n\r\n".to_vec()),
        Part::Say(http("200 OK", "<html>")),
        Part::Say(http("404 Not Found", "")),
        Part::Say(http("200 OK", &"[".repeat(100_000))),
        Part::Say(compressed.into()),
        Part::SayForEver(endless.0, endless.1),
        Part::SayForEver(many.0, many.1),
    ] {
        let server = Server::playing(move |_| part.clone());
        let failure = server.call(&Client::new()).await.expect_err("it is no answer");
        assert!(matches!(failure, RpcFailure::NotJsonRpc(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_closes_its_connection() {
    let asked = Arc::new(Notify::new());
    let told = asked.clone();
    let server = Server::playing(move |_| {
        told.notify_one();
        Part::Hang
    });
    let client = Client::new();
    {
        let call = server.call(&client);
        tokio::pin!(call);
        tokio::select! {
            answer = &mut call => panic!("nobody answers: {answer:?}"),
            () = asked.notified() => {}
        }
    }
    server.ended.notified().await;
    assert_eq!(client.idle_connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_share_a_bounded_number_of_connections() {
    let server = Server::playing(|request| {
        let body = request.split_once("\r\n\r\n").expect("it has a body").1;
        let body: Value = serde_json::from_str(body).expect("it is JSON");
        Part::Say(result(&body["params"]["number"]))
    });
    let client = Client::new();
    let calls: Vec<_> = (0..500)
        .map(|number| {
            let (client, address) = (client.clone(), server.address.clone());
            tokio::spawn(async move {
                let params = json!({"number": number});
                client
                    .call(&address, "same", &params, &Caller::default(), CallLimits::default())
                    .await
            })
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.expect("it does not panic"), Ok(json!(number)));
    }
    assert!(server.connections() <= 64, "{}", server.connections());
    assert_eq!(server.requests().len(), 500);
}

#[tokio::test]
async fn connections_that_nobody_uses_are_closed() {
    let server = Server::playing(|_| Part::Say(result(&json!(1))));
    let client = Client::new();
    assert_eq!(server.call(&client).await, Ok(json!(1)));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(19)).await;
    tokio::task::yield_now().await;
    assert_eq!(client.idle_connections(), 1);
    tokio::time::advance(Duration::from_secs(2)).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.idle_connections(), 0, "its time is over");
    server.ended.notified().await;
    tokio::time::resume();
    // And those after them likewise.
    assert_eq!(server.call(&client).await, Ok(json!(1)));
    assert_eq!((server.connections(), client.idle_connections()), (2, 1));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(21)).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.idle_connections(), 0);
}

#[tokio::test]
async fn who_stalls_a_service_leaves_places_to_others() {
    let server = Server::playing(|request| {
        let stalls = request.contains("x-hero-user: slow\r\n");
        if stalls { Part::Hang } else { Part::Say(result(&json!(1))) }
    });
    let (client, limits) = (Client::new(), CallLimits::default());
    let caller = |owner: &str| Caller {
        owner: owner.to_owned(),
        user: Some(owner.to_owned()),
        ..Caller::default()
    };
    let (slow, quick, params) = (caller("slow"), caller("quick"), json!({}));
    let stalled = futures_of(200, || client.call(&server.address, "m", &params, &slow, limits));
    tokio::pin!(stalled);
    tokio::select! {
        biased;
        () = &mut stalled => panic!("nobody answers"),
        answer = client.call(&server.address, "m", &params, &quick, limits) => {
            assert_eq!(answer, Ok(json!(1)));
        }
    }
    assert!(server.connections() <= 17, "{}", server.connections());
}

/// So many of them at once.
async fn futures_of<F: Future>(many: usize, one: impl Fn() -> F) {
    let mut all: Vec<_> = (0..many).map(|_| Box::pin(one())).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[tokio::test]
async fn services_are_reached_over_tcp_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        play(stream, Arc::new(|_| Part::Say(result(&json!(1)))), Arc::default()).await;
    });
    let address = format!("http://127.0.0.1:{port}/other").parse().expect("an address");
    assert_eq!(call(&Client::new(), &address, CallLimits::default()).await, Ok(json!(1)));
}

#[tokio::test]
async fn a_document_comes_by_its_method_else_by_its_page() {
    let document = json!({"openrpc": "1.3.2", "methods": [{"name": "a", "params": []}]});
    let no_method = r#"{"id": 1, "error": {"code": -32601, "message": "no method"}}"#;
    let page = document.to_string();
    let by_page = move |request: &str| {
        let asks_for_the_page = request.starts_with("GET /openrpc.json ");
        Part::Say(http("200 OK", if asks_for_the_page { &page } else { no_method }))
    };
    let by_method = result(&document);
    let wait = Duration::from_secs(10);
    for server in [Server::playing(by_page), Server::playing(move |_| Part::Say(by_method.clone()))]
    {
        let found = document_of(&Client::new(), &server.address, wait).await;
        let (json, found) = found.expect("it has a document");
        assert_eq!((json, found.methods.len()), (document.clone(), 1));
    }
    let neither = Server::playing(|_| Part::Say(http("404 Not Found", "")));
    let failure = document_of(&Client::new(), &neither.address, wait).await;
    assert!(matches!(failure, Err(RpcFailure::NotJsonRpc(_))), "{failure:?}");
    let other = Server::playing(|_| Part::Say(result(&json!({"openapi": "3.1.0"}))));
    let failure = document_of(&Client::new(), &other.address, wait).await;
    let told = failure.expect_err("it is no document").to_string();
    assert!(told.contains("this is no OpenRPC document"), "{told}");
}

fn is_send<T: Future + Send>(future: T) -> T {
    future
}

#[test]
fn calls_may_move_between_threads() {
    let client = Client::new();
    let address = "unix:/a".parse().expect("an address");
    drop(is_send(call(&client, &address, CallLimits::default())));
}
