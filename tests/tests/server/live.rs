//! What is watched: over the socket, and beside it by server-sent events.

use std::sync::Arc;

use futures_util::SinkExt as _;
use futures_util::future::join_all;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};
use sluice_db::Purpose;
use sluice_tests::endpoint::{Endpoint, Play};
use sluice_tests::server::{Client, Server};
use tokio::sync::Notify;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::socket::Socket;

/// Steps that log, so many, and between them nothing.
const STEPS: &str = "from sluice import flow\n\n@flow\ndef steps(count: int) -> int:\n    for number in range(count):\n        with flow.step(f's{number}'):\n            flow.log.info('at', number=number)\n    return count\n";

/// The same, with a moment between them.
const SLOW: &str = "from sluice import flow\nimport time\n\n@flow\ndef slow(count: int) -> int:\n    for number in range(count):\n        with flow.step(f's{number}'):\n            time.sleep(0.005)\n    return count\n";

async fn start(client: &Client, source: &str, count: u64) -> String {
    let new = json!({ "source": source, "input": { "count": count } });
    let started = client.post("/v1/runs", &new).await.expect(202);
    started["run"].as_str().expect("it has an id").to_owned()
}

async fn record(client: &Client, run: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut after = String::from("0");
    loop {
        let path = format!("/v1/runs/{run}/events?limit=500&after={after}");
        let page = client.get(&path).await.expect(200);
        events.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return events,
        }
    }
}

async fn ticket(client: &Client) -> String {
    let made = client.post("/v1/socket-tickets", &json!({})).await.expect(201);
    made["ticket"].as_str().expect("a ticket").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_the_stream_and_the_record_tell_the_same() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let run = start(&owner, STEPS, 300).await;
    let mut socket = Socket::of(&server, &owner).await;
    socket.watch(1, &run, 0).await;
    let request = owner.request(Method::GET, &format!("/v1/runs/{run}/events"));
    let streamed = owner.send(request.header("Accept", "text/event-stream"));
    let (live, streamed) = tokio::join!(socket.events(), streamed);
    let record = record(&owner, &run).await;
    assert!(record.len() > 900, "{record:?}");
    assert_eq!(live, record);
    let streamed = streamed.text.lines().filter_map(|line| line.strip_prefix("data: "));
    let streamed: Vec<Value> = streamed
        .flat_map(|data| serde_json::from_str::<Vec<Value>>(data).expect("a list of events"))
        .collect();
    assert_eq!(streamed, record);
    socket.watch(1, &run, 500).await;
    assert_eq!(socket.events().await, record[500..]);
    socket.watch(1, &run, record.len() as u64).await;
    assert_eq!(socket.events().await, [] as [Value; 0]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_at_any_place_misses_nothing_and_sees_nothing_twice() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let mut run = start(&owner, SLOW, 400).await;
    let mut seen = 0;
    for _ in 0..300 {
        let after = chance.next_u64() % (seen + 1);
        let mut socket = Socket::of(&server, &owner).await;
        socket.watch(1, &run, after).await;
        let mut expected = after + 1;
        for _ in 0..=chance.next_u32() % 3 {
            let message = socket.hear().await;
            if message["type"] == "end" {
                run = start(&owner, SLOW, 400).await;
                seen = 0;
                break;
            }
            for event in message["events"].as_array().expect("events") {
                assert_eq!(event["seq"], json!(expected), "after {after}");
                expected += 1;
            }
            seen = seen.max(expected - 1);
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_run_is_like_one_that_does_not_exist() {
    let server = Server::start().await;
    let (owner, other) = (server.tenant("a").await, server.tenant("b").await);
    let run = start(&owner, STEPS, 1).await;
    let nothing = "run_01jz6y8qk3v9s0w1x2y3z4a5b6";
    let mut socket = Socket::of(&server, &other).await;
    let mut told = Vec::new();
    for run in [run.as_str(), nothing] {
        socket.watch(1, run, 0).await;
        let both = [socket.hear().await, socket.hear().await];
        assert_eq!(both[1], json!({ "type": "end", "id": 1, "reason": "not_found" }));
        assert_eq!(both[0]["problem"]["code"], "not_found");
        told.push(both[0].to_string().replace(run, "it"));
    }
    assert_eq!(told[0], told[1]);
    // Nor is it heard of by whoever watches all runs.
    socket.say(json!({ "type": "subscribe", "id": 2, "runs": {} })).await;
    socket.watch(3, "", 0).await;
    assert_eq!(
        (socket.hear().await["id"].clone(), socket.hear().await["id"].clone()),
        (json!(3), json!(3))
    );
    let mut of_owner = Socket::of(&server, &owner).await;
    let theirs = start(&owner, STEPS, 1).await;
    of_owner.watch(1, &theirs, 0).await;
    of_owner.events().await;
    let own = start(&other, STEPS, 1).await;
    assert_eq!(socket.hear().await["runs"][0]["run"], json!(own));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_from_elsewhere_may_not_open_a_socket() {
    let server = Server::start_with(|settings| {
        settings.origins = vec!["https://app.example.com/".parse().expect("an origin")];
    })
    .await;
    let token = server.administrator();
    let here = format!("http://{}", server.address());
    for origin in ["https://evil.example", "null", "http://localhost"] {
        let refused = Socket::open(&server, token.token(), Some(origin)).await.err();
        let Some(Error::Http(answer)) = refused else { panic!("{origin}: {refused:?}") };
        assert_eq!(answer.status(), 403, "{origin}");
    }
    for origin in [here.as_str(), "https://app.example.com"] {
        assert!(Socket::open(&server, token.token(), Some(origin)).await.is_ok(), "{origin}");
    }
    let refused = Socket::open(&server, Some("slt_nonsense"), None).await.err();
    let Some(Error::Http(answer)) = refused else { panic!("{refused:?}") };
    assert_eq!(answer.status(), 401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_socket_and_only_in_its_time() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let good = ticket(&owner).await;
    let greet = async |ticket: &str| {
        let mut socket = Socket::open(&server, None, None).await.expect("it opens");
        socket.say(json!({ "type": "hello", "ticket": ticket })).await;
        socket.next().await
    };
    assert_eq!(greet(&good).await.map(|it| it["tenant"].clone()), Ok(json!("a")));
    assert_eq!(greet(&good).await, Err(4401), "it is used");
    assert_eq!(greet(owner.token().expect("a token")).await, Err(4401), "it is no ticket");
    let keys = server.edge().store().keys();
    let redeemed = async |at_us: u64| {
        let ticket = ticket(&owner).await;
        let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(ticket.as_bytes()).into();
        keys.redeem_ticket(&hash, Purpose::Socket, at_us).await.expect("the store answers")
    };
    let begun = redeemed(0).await.expect("it is in time");
    assert!(redeemed(begun.expires_at_us + 60_000_000).await.is_none(), "it has an end");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_and_strangers_have_an_end() {
    let server = Server::start_with(|settings| settings.behind_proxy = true).await;
    let owner = server.tenant("a").await;
    for _ in 0..100 {
        ticket(&owner).await;
    }
    assert_eq!(owner.post("/v1/socket-tickets", &json!({})).await.code(), "rate_limited");
    let stranger = async |from: &str| {
        let url = format!("ws://{}/v1/socket", server.address());
        let mut request = url.into_client_request().expect("it is a request");
        request.headers_mut().insert("x-forwarded-for", from.parse().expect("a header"));
        let (socket, _) = connect_async(request).await.expect("it opens");
        Socket(socket)
    };
    // Who says nothing is sent away after some seconds, and a slow machine may take as long to open them all.
    let mut refused = 0;
    for _ in 0..5 {
        let silent = join_all((0..100).map(|_| stranger("192.0.2.1"))).await;
        refused = stranger("192.0.2.1").await.closed().await;
        drop(silent);
        if refused == 4429 {
            break;
        }
    }
    assert_eq!(refused, 4429);
    let mut other = stranger("192.0.2.2").await;
    other.say(json!({ "type": "hello", "ticket": "nothing" })).await;
    assert_eq!(other.closed().await, 4401, "another address has places of its own");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_back_closes_its_sockets() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let made =
        owner.post("/v1/tokens", &json!({ "name": "t", "role": "viewer" })).await.expect(201);
    let viewer = server.with(made["secret"].as_str().expect("a token"));
    let by_ticket = ticket(&viewer).await;
    let mut one = Socket::of(&server, &viewer).await;
    let mut two = Socket::open(&server, None, None).await.expect("it opens");
    two.say(json!({ "type": "hello", "ticket": by_ticket })).await;
    assert_eq!(two.hear().await["type"], "welcome");
    let mut of_owner = Socket::of(&server, &owner).await;
    owner.delete(&format!("/v1/tokens/{}", made["token"].as_str().unwrap_or(""))).await.expect(204);
    assert_eq!((one.closed().await, two.closed().await), (4401, 4401));
    of_owner.watch(1, "nothing", 0).await;
    assert_eq!(of_owner.hear().await["type"], "error");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_runs_show_and_so_do_their_ends() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let mut socket = Socket::of(&server, &owner).await;
    socket.say(json!({ "type": "subscribe", "id": 1, "runs": { "flow": "steps" } })).await;
    // Refused, and heard of after the first has begun.
    socket.say(json!({ "type": "subscribe", "id": 1, "runs": {} })).await;
    assert_eq!(socket.hear().await["problem"]["code"], "conflict");
    start(&owner, SLOW, 1).await;
    let run = start(&owner, STEPS, 10).await;
    loop {
        let message = socket.hear().await;
        let runs = message["runs"].as_array().expect("runs").clone();
        assert!(runs.iter().all(|it| it["flow"] == "steps" && it["run"] == json!(run)), "{runs:?}");
        if let Some(ended) = runs.iter().find(|it| it["state"] == "ended") {
            assert_eq!(ended["outcome"], "succeeded");
            break;
        }
    }
    socket.say(json!({ "type": "unsubscribe", "id": 1 })).await;
    assert_eq!(socket.hear().await, json!({ "type": "end", "id": 1, "reason": "unsubscribed" }));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_may_not_say_or_have_is_refused() {
    let server = Server::start_with(|settings| settings.sockets_per_tenant = 2).await;
    let owner = server.tenant("a").await;
    let mut socket = Socket::of(&server, &owner).await;
    for wrong in ["", "{", "[]", r#"{"type":"else"}"#, r#"{"type":"subscribe","id":1,"more":1}"#] {
        socket.0.send(Message::text(wrong)).await.expect("it is sent");
        let refused = socket.hear().await;
        assert_eq!(refused["problem"]["code"], "request_invalid", "{wrong}: {refused}");
    }
    for id in 0..65 {
        socket.say(json!({ "type": "subscribe", "id": id, "runs": {} })).await;
    }
    assert_eq!(socket.hear().await["problem"]["code"], "rate_limited");
    assert_eq!(socket.hear().await, json!({ "type": "end", "id": 64, "reason": "refused" }));
    let mut second = Socket::of(&server, &owner).await;
    let mut third = Socket::open(&server, owner.token(), None).await.expect("it opens");
    assert_eq!(third.closed().await, 4429);
    second.0.send(Message::text("x".repeat(20_000))).await.expect("it is sent");
    assert_eq!(second.closed().await, 1009);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_so() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let run = start(&owner, SLOW, 10_000).await;
    let mut socket = Socket::of(&server, &owner).await;
    socket.watch(1, &run, 0).await;
    socket.hear().await;
    let stranger = Socket::open(&server, None, None).await;
    let mut stranger = stranger.expect("it opens");
    let (code, of_stranger, ()) = tokio::join!(socket.closed(), stranger.closed(), server.stop());
    assert_eq!((code, of_stranger), (1001, 1001));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_says_is_heard_before_it_is_in_the_record() {
    let go_on = Arc::new(Notify::new());
    let plays = vec![Play::Pauses("Once upon ", "a time", Arc::clone(&go_on))];
    let endpoint = Endpoint::start(plays).await;
    let server = Server::start_reaching().await;
    let owner = server.tenant("a").await;
    let change = json!({ "grants": ["llm:*"] });
    let administrator = server.administrator();
    let request = administrator.request(Method::PATCH, "/v1/tenants/a").json(&change);
    administrator.send(request).await.expect(200);
    let model = json!({ "address": endpoint.address(), "model": "small" });
    owner.put("/v1/models/default", &model).await.expect(200);
    let source = "from sluice import flow\n\n@flow(uses=['llm:default'])\n\
                  def tell() -> str:\n    return flow.llm('A story.').text\n";
    let new = json!({ "source": source, "grants": ["llm:default"] });
    let run = owner.post("/v1/runs", &new).await.expect(202)["run"].clone();
    let mut socket = Socket::of(&server, &owner).await;
    socket.watch(1, run.as_str().expect("an id"), 0).await;
    let mut told = String::new();
    let mut events = Vec::new();
    let mut letting_go = Some(go_on);
    loop {
        let message = socket.hear().await;
        match message["type"].as_str() {
            Some("speech") => {
                let piece = &message["pieces"][0];
                assert_eq!((&message["id"], &piece["at"]), (&json!(1), &json!(told.len())));
                told.push_str(piece["text"].as_str().expect("text"));
                if let Some(go_on) = letting_go.take() {
                    assert_eq!(told, "Once upon ");
                    go_on.notify_one();
                }
            }
            Some("events") => events.extend(message["events"].as_array().cloned().expect("events")),
            Some("end") => break,
            _ => panic!("{message}"),
        }
    }
    // The rest may be in the record before anybody was told of it.
    assert!("Once upon a time".starts_with(&told), "{told}");
    let ended = events.iter().find(|event| event["kind"] == "call_ended").expect("it ended");
    assert_eq!(ended["answer"]["value"]["content"], "Once upon a time", "{ended}");
    server.stop().await;
}
