//! Turns against a server that plays what endpoints do when all is well: answers, streams, tools; and what is
//! kept from them and from whoever asks.

mod support;

use serde_json::{Value, json};
use sluice_model::{Message, ToolDescription};
use sluice_outbound::http::{Guard, Http, Reason};
use sluice_outbound::llm::{
    Finish, LlmFailure, Prices, Turn, Usage, arguments_text, complete, cost_micros, estimate,
};
use support::endpoint::{
    KEY, ask, delta, document, end, endpoint, fine, in_turn, patience, plain, stream, text, turn,
};
use support::{Seen, Server, serve};

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
    let tool = ToolDescription {
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
    let arguments: Vec<&Value> = reply.tool_calls.iter().map(|it| &it.arguments).collect();
    assert_eq!(arguments_text(arguments[0]), "{\"order_id\":7}");
    assert_eq!(arguments[1], &json!({}));
    assert_eq!(arguments[2], &json!("{\"order_id\": "));
    assert_eq!(server.seen()[0].json()["tools"][0]["function"]["name"], "lookup");
    // The answer goes back as it came.
    let message = Message::Assistant { content: None, tool_calls: reply.tool_calls };
    let again = Turn { messages: vec![message], ..turn() };
    ask(&server, &again, &patience()).await.0.expect("a reply");
    let back = &server.seen()[1].json()["messages"][0]["tool_calls"];
    assert_eq!(back[0]["function"]["arguments"], "{\"order_id\":7}");
    assert_eq!(back[2]["function"]["arguments"], "{\"order_id\": ");
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
            match complete(closed, &endpoint, &turn(), &patience(), None).await {
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
    let reply = complete(&open, &endpoint(&address), &turn(), &patience(), None).await;
    assert_eq!(reply.expect("a reply").content, "fine");
    assert_eq!(local.seen()[0].path(), "/v1/chat/completions");
}

#[test]
fn addresses_of_endpoints_are_read_with_care() {
    for odd in ["", "a.example", "ftp://a.example", "unix:model.sock", "https://u:p@a.example/v1"] {
        assert!(odd.parse::<sluice_outbound::llm::Address>().is_err(), "{odd}");
    }
}
