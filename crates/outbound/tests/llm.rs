//! Turns against a server that plays what endpoints do: answers, streams, tools, refusals, limits, hang-ups,
//! drips and nonsense.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use sluice_outbound::http::{Guard, Http, Reason};
use sluice_outbound::llm::{
    Arguments, Endpoint, Finish, LlmFailure, Message, Patience, Prices, Reply, Tool, Turn, Usage,
    complete, cost_micros, estimate,
};
use sluice_outbound::vault::Secret;
use support::{Play, Seen, Server, answer, open_ended};

const KEY: &str = "sk-canary-0123456789";

fn http() -> Http {
    Http::new(Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] })
}

fn endpoint(address: &str) -> Endpoint {
    Endpoint {
        owner: "t".to_owned(),
        address: address.parse().expect("an address"),
        model: "small".to_owned(),
        key: Some(Secret::new(KEY.to_owned()).expect("a key")),
        prices: Prices {
            input_micros_per_million: 1_000_000,
            output_micros_per_million: 2_000_000,
        },
    }
}

fn patience() -> Patience {
    Patience { backoff: Duration::from_millis(1), ..Patience::default() }
}

fn turn() -> Turn {
    Turn { messages: vec![Message::User { content: "hello there".to_owned() }], ..Turn::default() }
}

/// Asks the server, and gives what was shown on the way too.
async fn ask(
    server: &Server,
    turn: &Turn,
    patience: &Patience,
) -> (Result<Reply, LlmFailure>, String) {
    let mut shown = String::new();
    let endpoint = endpoint(&server.url("/v1/"));
    let result = complete(&http(), &endpoint, turn, patience, |text| shown.push_str(text)).await;
    (result, shown)
}

async fn serve(play: Play) -> Server {
    Server::at("127.0.0.1", move |_, _| play.clone()).await
}

/// Plays one after the other, and the last one from then on.
async fn in_turn(plays: Vec<Play>) -> Server {
    let nth = move |number: usize, _: &Seen| plays[number.min(plays.len() - 1)].clone();
    Server::at("127.0.0.1", nth).await
}

fn document(content: &str) -> Value {
    json!({
        "model": "small-1",
        "choices": [{ "index": 0, "finish_reason": "stop",
                      "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 7 },
    })
}

fn plain(status: u16, body: &str) -> Play {
    Play::Send(answer(status, &[("content-type", "application/json")], body.as_bytes()))
}

fn fine() -> Play {
    plain(200, &document("fine").to_string())
}

fn delta(delta: &Value) -> String {
    format!(
        "data: {}\n\n",
        json!({ "model": "small-1", "choices": [{ "index": 0, "delta": delta }] })
    )
}

fn end(reason: &str) -> String {
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": 3 } });
    format!("data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

/// A stream of these events in pieces of `size` bytes.
fn stream(events: &str, size: usize) -> Play {
    let mut pieces = vec![open_ended(&[("content-type", "text/event-stream")])];
    pieces.extend(events.as_bytes().chunks(size).map(<[u8]>::to_vec));
    Play::Pieces(pieces)
}

fn text(texts: &[&str]) -> String {
    texts.iter().map(|text| delta(&json!({ "content": text }))).collect()
}

#[tokio::test]
async fn a_stream_is_shown_as_it_comes_however_it_is_cut() {
    let events = format!(": hi\n\n{}{}", text(&["Hel", "lo ", "wörld", ""]), end("stop"));
    for size in [1, 7, 64, 100_000] {
        let server = serve(stream(&events, size)).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        let reply = reply.expect("a reply");
        assert_eq!((reply.content.as_str(), shown.as_str()), ("Hello wörld", "Hello wörld"));
        assert_eq!((reply.finish_reason, reply.model.as_str()), (Finish::Stop, "small-1"));
        let usage = Usage { input_tokens: 5, output_tokens: 3, is_estimated: false };
        assert_eq!((reply.usage, reply.tries), (usage, 1));
        assert_eq!(cost_micros(&reply.usage, &endpoint("http://a.example").prices), 11);
        let seen = &server.seen()[0];
        assert_eq!(seen.path(), "/v1/chat/completions");
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert_eq!(
            (&seen.json()["model"], &seen.json()["stream"]),
            (&json!("small"), &json!(true))
        );
    }
}

#[tokio::test]
async fn an_answer_in_one_piece_is_an_answer() {
    let server = serve(fine()).await;
    let (reply, shown) = ask(&server, &turn(), &patience()).await;
    let reply = reply.expect("a reply");
    assert_eq!((reply.content.as_str(), shown.as_str()), ("fine", "fine"));
    assert_eq!(reply.usage.input_tokens, 11);
}

#[tokio::test]
async fn what_is_not_said_of_tokens_is_estimated() {
    let silent = json!({ "choices": [{ "message": { "content": "12345678" } }], "usage": { "prompt_tokens": -1 } });
    let server = serve(plain(200, &silent.to_string())).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    let usage = Usage { input_tokens: 3, output_tokens: 2, is_estimated: true };
    assert_eq!(reply.expect("a reply").usage, usage);
    let asked = Turn { max_output_tokens: Some(50), ..turn() };
    let most = estimate(&asked, &Prices::default(), 4_096);
    assert!(most.tokens >= 53 && most.tokens < 100, "{most:?}");
}

#[tokio::test]
async fn tools_are_asked_for_in_pieces() {
    let call = |index: u32, id: Value, name: Value, arguments: &str| {
        delta(&json!({ "tool_calls": [{ "index": index, "id": id, "type": "function",
            "function": { "name": name, "arguments": arguments } }] }))
    };
    let events = [
        call(0, json!("c1"), json!("lookup"), ""),
        call(0, Value::Null, Value::Null, "{\"order"),
        call(0, Value::Null, Value::Null, "_id\": 7}"),
        call(1, json!("c2"), json!("now"), ""),
        call(2, json!("c3"), json!("lookup"), "{\"order_id\": "),
        end("tool_calls"),
    ]
    .concat();
    let server = serve(stream(&events, 50)).await;
    let tool = Tool {
        name: "lookup".to_owned(),
        description: "Fetches.".to_owned(),
        input: json!({ "type": "object" }),
    };
    let asked = Turn { tools: vec![tool], ..turn() };
    let (reply, shown) = ask(&server, &asked, &patience()).await;
    let reply = reply.expect("a reply");
    assert_eq!((reply.finish_reason, shown.as_str()), (Finish::ToolCalls, ""));
    let calls: Vec<(&str, &str)> =
        reply.tool_calls.iter().map(|it| (it.id.as_str(), it.name.as_str())).collect();
    assert_eq!(calls, [("c1", "lookup"), ("c2", "now"), ("c3", "lookup")]);
    let arguments: Vec<&Arguments> = reply.tool_calls.iter().map(|it| &it.arguments).collect();
    assert_eq!(arguments[0].text(), "{\"order_id\":7}");
    assert_eq!(arguments[1], &Arguments::Object(serde_json::Map::new()));
    assert_eq!(arguments[2], &Arguments::Malformed("{\"order_id\": ".to_owned()));
    assert_eq!(server.seen()[0].json()["tools"][0]["function"]["name"], "lookup");
    // The answer goes back as it came.
    let message = Message::Assistant { content: String::new(), tool_calls: reply.tool_calls };
    let written = serde_json::to_value(&message).expect("JSON");
    assert_eq!(serde_json::from_value::<Message>(written).expect("a message"), message);
}

#[tokio::test]
async fn what_an_endpoint_does_not_know_is_left_out() {
    let refuse =
        |message: &str| plain(400, &json!({ "error": { "message": message } }).to_string());
    let server = in_turn(vec![
        refuse("Unknown parameter: 'stream_options'."),
        refuse("response_format of type json_schema is not supported"),
        plain(200, &document("```json\n{\"risk\": 3}\n```").to_string()),
    ])
    .await;
    let schema = json!({ "type": "object", "properties": { "risk": { "type": "integer" } } });
    let asked = Turn { output_schema: Some(schema), ..turn() };
    let (reply, _) = ask(&server, &asked, &patience()).await;
    let reply = reply.expect("a reply");
    assert_eq!((reply.structured(), reply.tries), (Some(json!({ "risk": 3 })), 3));
    let seen: Vec<Value> = server.seen().iter().map(Seen::json).collect();
    assert_eq!(seen[0]["response_format"]["type"], "json_schema");
    assert!(seen[1].get("stream_options").is_none() && seen[1].get("response_format").is_some());
    assert!(seen[2].get("response_format").is_none());
    let last = seen[2]["messages"][1]["content"].as_str().unwrap_or_default();
    assert!(last.contains("\"risk\""), "{last}");
}

#[tokio::test]
async fn what_can_pass_is_tried_again() {
    let limited = |after: &str| Play::Send(answer(429, &[("retry-after", after)], b"slow down"));
    let early = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n".to_vec();
    for trouble in [
        limited("0"),
        limited("0.001"),
        plain(500, "oops"),
        plain(503, "busy"),
        plain(529, "overloaded"),
        Play::HangUp,
        Play::Pieces(vec![b"HTTP/1.1 200 OK\r\ncontent-".to_vec()]),
        Play::Pieces(vec![early]),
        // Many say who speaks before they say anything.
        stream(&delta(&json!({ "role": "assistant", "content": "" })), 50),
        Play::Pieces(vec![
            answer(200, &[("content-type", "application/json")], b"{}")[..40].to_vec(),
        ]),
        stream("data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n", 9),
    ] {
        let server = in_turn(vec![trouble.clone(), trouble.clone(), fine()]).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        assert_eq!(reply.expect("a reply").tries, 3, "{trouble:?}");
        assert_eq!(shown, "fine");
        // And given up.
        let server = serve(trouble.clone()).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        let failure = reply.expect_err("it never passes");
        assert!(failure.may_be_retried(), "{trouble:?}: {failure:?}");
        assert_eq!(server.seen().len(), 4, "{trouble:?}");
    }
}

#[tokio::test]
async fn nobody_listens_is_tried_again() {
    let server = serve(fine()).await;
    let endpoint = endpoint(&server.url("/v1"));
    drop(server);
    tokio::task::yield_now().await;
    let failure = complete(&http(), &endpoint, &turn(), &patience(), |_| ()).await;
    let failure = failure.expect_err("nobody listens");
    let is_unreached = matches!(&failure, LlmFailure::Unreached(it) if !it.sent);
    assert!(is_unreached && failure.may_be_retried(), "{failure:?}");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_too_long_is_left_alone() {
    let server = serve(Play::Send(answer(429, &[("retry-after", "3600")], b"{}"))).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    let after = Some(Duration::from_hours(1));
    let is_limited =
        matches!(&reply, Err(LlmFailure::RateLimited { retry_after, .. }) if *retry_after == after);
    assert!(is_limited, "{reply:?}");
    assert_eq!(server.seen().len(), 1);
    // Longer than the turn may take.
    let server = serve(Play::Send(answer(429, &[("retry-after", "30")], b"{}"))).await;
    let short = Patience { timeout: Duration::from_secs(10), ..patience() };
    assert!(matches!(ask(&server, &turn(), &short).await.0, Err(LlmFailure::RateLimited { .. })));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_cannot_pass_is_said_at_once() {
    for (status, kind) in
        [(400, "rejected"), (401, "key"), (403, "key"), (404, "rejected"), (302, "rejected")]
    {
        let body = json!({ "error": { "message": "the\u{7} model `x` is unknown", "type": "t" } });
        let server = serve(plain(status, &body.to_string())).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        let (found, message) = match reply {
            Err(LlmFailure::Rejected { status, message }) => ((status, "rejected"), message),
            Err(LlmFailure::Unauthorized { status, message }) => ((status, "key"), message),
            other => panic!("{status}: {other:?}"),
        };
        assert_eq!((found, message.as_str()), ((status, kind), "the model `x` is unknown"));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_stream_that_was_shown_is_not_begun_again() {
    let begun = text(&["Once upon"]);
    let broken = format!("{begun}data: {{\"error\":{{\"message\":\"oops\"}}}}\n\n");
    for (events, is_cut) in
        [(begun.clone(), true), (format!("{begun}data: {{\"cho"), false), (broken, false)]
    {
        let server = serve(stream(&events, 30)).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        let failure = reply.expect_err("it is cut");
        assert_eq!(matches!(failure, LlmFailure::Cut { .. }), is_cut, "{failure:?}");
        assert_eq!((shown.as_str(), server.seen().len()), ("Once upon", 1));
    }
    // One that says why it stopped is whole, whatever follows.
    let whole = format!(
        "{begun}data: {}\n\n",
        json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] })
    );
    let server = serve(stream(&whole, 30)).await;
    let reply = ask(&server, &turn(), &patience()).await.0.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.finish_reason), ("Once upon", Finish::Length));
    assert!(reply.usage.is_estimated);
}

#[tokio::test]
async fn nonsense_has_a_name() {
    let long = "x".repeat(300);
    let named = json!({ "choices": [{ "message": { "tool_calls": [{ "function": { "arguments": "{}" } }] } }] });
    let skipped = json!({ "choices": [{ "message": { "tool_calls": [{ "index": 5 }] } }] });
    for (body, expected) in [
        ("not json".to_owned(), "no whole JSON"),
        ("{\"choices\": [".to_owned(), "no whole JSON"),
        ("{\"choices\": 7}".to_owned(), "JSON of another form"),
        ("[]".to_owned(), "JSON of another form"),
        ("{}".to_owned(), "no choice"),
        ("{\"choices\": []}".to_owned(), "no choice"),
        ("{\"choices\": [{\"message\": {\"content\": 7}}]}".to_owned(), "a text of another form"),
        (json!({ "model": long }).to_string(), "a model with an overlong name"),
        (named.to_string(), "a call of a tool without a name"),
        (skipped.to_string(), "calls of tools out of order, or too many"),
        ("[".repeat(100_000), "no whole JSON"),
    ] {
        let server = serve(plain(200, &body)).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        assert_eq!(reply, Err(LlmFailure::Malformed { what: expected.to_owned() }), "{body:.80}");
        assert_eq!(server.seen().len(), 1);
    }
    let server = serve(stream("data: {]\n\n", 100)).await;
    assert!(matches!(
        ask(&server, &turn(), &patience()).await.0,
        Err(LlmFailure::Malformed { .. })
    ));
    let server = serve(stream("data: \u{0}\n\ndata: [DONE]\n\n", 100)).await;
    assert!(matches!(
        ask(&server, &turn(), &patience()).await.0,
        Err(LlmFailure::Malformed { .. })
    ));
}

#[tokio::test]
async fn what_has_no_end_is_ended() {
    let small = Patience { response_bytes: 200_000, ..patience() };
    let sse = open_ended(&[("content-type", "text/event-stream")]);
    let too_large = LlmFailure::TooLarge { most_bytes: 200_000 };
    for again in [text(&["on and "]).into_bytes(), b": still here\n\n".to_vec(), b"\n\n\n".to_vec()]
    {
        let server = serve(Play::Endless(sse.clone(), again)).await;
        let (reply, _) = ask(&server, &turn(), &small).await;
        assert_eq!(reply, Err(too_large.clone()));
    }
    let json = open_ended(&[("content-type", "application/json")]);
    let server = serve(Play::Endless(json, b"                ".to_vec())).await;
    assert_eq!(ask(&server, &turn(), &small).await.0, Err(too_large));
    // One event of more than 1 MiB.
    let server = serve(Play::Endless(sse, vec![b'x'; 10_000])).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    assert_eq!(reply, Err(LlmFailure::Malformed { what: "an event that is too long".to_owned() }));
    // A refusal without an end is read as far as it is of interest.
    let refusal = b"HTTP/1.1 400 X\r\nconnection: close\r\n\r\n".to_vec();
    let server = serve(Play::Endless(refusal, b"no ".to_vec())).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    assert!(
        matches!(&reply, Err(LlmFailure::Rejected { message, .. }) if message.len() == 500),
        "{reply:?}"
    );
}

#[tokio::test]
async fn what_says_nothing_is_given_up() {
    let sse = open_ended(&[("content-type", "text/event-stream")]);
    let begun = [sse.clone(), text(&["so"]).into_bytes()].concat();
    let silence = Duration::from_millis(100);
    let quiet = Patience { silence, ..patience() };
    for play in [Play::Silence(sse), Play::Silence(begun)] {
        let server = serve(play).await;
        let (reply, _) = ask(&server, &turn(), &quiet).await;
        assert_eq!(reply, Err(LlmFailure::TimedOut { after: silence }));
        assert_eq!(server.seen().len(), 1);
    }
    let timeout = Duration::from_millis(150);
    let short = Patience { timeout, ..patience() };
    let server = serve(Play::Silence(Vec::new())).await;
    let (reply, _) = ask(&server, &turn(), &short).await;
    assert_eq!(reply, Err(LlmFailure::TimedOut { after: timeout }));
}

#[tokio::test]
async fn the_key_is_in_nothing_that_comes_back() {
    let (one, two) = KEY.split_at(7);
    let events = format!("{}{}", text(&["it is ", one, two, "!"]), end("stop"));
    let server = serve(stream(&events, 40)).await;
    let (reply, shown) = ask(&server, &turn(), &patience()).await;
    let reply = reply.expect("a reply");
    assert_eq!(
        (shown.as_str(), reply.content.as_str()),
        ("it is [redacted]!", "it is [redacted]!")
    );
    let call = json!({ "model": KEY, "choices": [{ "message": { "content": KEY, "refusal": KEY,
        "tool_calls": [{ "id": KEY, "function": { "name": KEY, "arguments": { "a": KEY } } }] } }] });
    let refusal =
        json!({ "error": { "message": format!("Incorrect API key provided: {KEY}") } }).to_string();
    let padded = format!("{}{KEY}", "x".repeat(490));
    let within = format!("data: {}\n\n", json!({ "error": { "message": KEY } }));
    for play in [
        plain(200, &call.to_string()),
        plain(401, &refusal),
        plain(400, &padded),
        plain(500, KEY),
        stream(&within, 9),
    ] {
        let server = serve(play.clone()).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        let all = format!("{reply:?} {shown}");
        assert!(all.contains("[redac") && !all.contains("canary"), "{all}");
    }
    let printed = format!("{:?}", endpoint("https://a.example/v1"));
    assert!(!printed.contains("canary"), "{printed}");
}

#[tokio::test]
async fn an_endpoint_is_behind_the_guard_as_everything_is() {
    let server = serve(fine()).await;
    let closed = Http::new(Guard::default());
    let refused = |address: String| {
        let closed = &closed;
        async move {
            let endpoint = endpoint(&address);
            match complete(closed, &endpoint, &turn(), &patience(), |_| ()).await {
                Err(LlmFailure::Unreached(failure)) => failure.reason,
                other => panic!("{address}: {other:?}"),
            }
        }
    };
    let class = |reason| match reason {
        Reason::Forbidden { class, .. } => class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(refused(server.url("/v1")).await), "loopback");
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("model.sock");
    let local = Server::at_socket(&path, |_, _| fine());
    let address = format!("unix:{}", path.display());
    assert_eq!(class(refused(address.clone()).await), "local socket");
    assert_eq!((server.connections(), local.connections()), (0, 0));
    let open = Http::new(Guard { reach: vec![address.parse().expect("a reach")] });
    let reply = complete(&open, &endpoint(&address), &turn(), &patience(), |_| ()).await;
    assert_eq!(reply.expect("a reply").content, "fine");
    assert_eq!(local.seen()[0].path(), "/v1/chat/completions");
}

#[test]
fn addresses_of_endpoints_are_read_with_care() {
    for odd in ["", "a.example", "ftp://a.example", "unix:model.sock", "https://u:p@a.example/v1"] {
        assert!(odd.parse::<sluice_outbound::llm::Address>().is_err(), "{odd}");
    }
}
