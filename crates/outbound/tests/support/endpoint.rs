//! Endpoints of models: what they answer, and one to ask them.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_model::Message;
use sluice_outbound::http::{Guard, Http};
use sluice_outbound::llm::{Endpoint, LlmFailure, Patience, Prices, Reply, Turn, complete};
use sluice_outbound::vault::Secret;

use super::{Play, Seen, Server, answer, open_ended};

pub(crate) const KEY: &str = "sk-canary-0123456789";

pub(crate) fn http() -> Http {
    Http::new(Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] })
}

pub(crate) fn endpoint(address: &str) -> Endpoint {
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

pub(crate) fn patience() -> Patience {
    Patience { backoff: Duration::from_millis(1), ..Patience::default() }
}

pub(crate) fn turn() -> Turn {
    Turn { messages: vec![Message::User { content: "hello there".to_owned() }], ..Turn::default() }
}

/// Asks the server, and gives what was shown on the way too.
pub(crate) async fn ask(
    server: &Server,
    turn: &Turn,
    patience: &Patience,
) -> (Result<Reply, LlmFailure>, String) {
    let mut shown = String::new();
    let endpoint = endpoint(&server.url("/v1/"));
    let mut listener = |text: &str| shown.push_str(text);
    let result = complete(&http(), &endpoint, turn, patience, Some(&mut listener)).await;
    (result, shown)
}

/// Plays one after the other, and the last one from then on.
pub(crate) async fn in_turn(plays: Vec<Play>) -> Server {
    let nth = move |number: usize, _: &Seen| plays[number.min(plays.len() - 1)].clone();
    Server::at("127.0.0.1", nth).await
}

pub(crate) fn document(content: &str) -> Value {
    json!({
        "model": "small-1",
        "choices": [{ "index": 0, "finish_reason": "stop",
                      "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 7 },
    })
}

pub(crate) fn plain(status: u16, body: &str) -> Play {
    Play::Send(answer(status, &[("content-type", "application/json")], body.as_bytes()))
}

pub(crate) fn fine() -> Play {
    plain(200, &document("fine").to_string())
}

pub(crate) fn delta(delta: &Value) -> String {
    format!(
        "data: {}\n\n",
        json!({ "model": "small-1", "choices": [{ "index": 0, "delta": delta }] })
    )
}

pub(crate) fn end(reason: &str) -> String {
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": 3 } });
    format!("data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n")
}

/// A stream of these events in pieces of `size` bytes.
pub(crate) fn stream(events: &str, size: usize) -> Play {
    let mut pieces = vec![open_ended(&[("content-type", "text/event-stream")])];
    pieces.extend(events.as_bytes().chunks(size).map(<[u8]>::to_vec));
    Play::Pieces(pieces)
}

pub(crate) fn text(texts: &[&str]) -> String {
    texts.iter().map(|text| delta(&json!({ "content": text }))).collect()
}
