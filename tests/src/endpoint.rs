//! A server that plays what endpoints of models do: answers, calls of tools, refusals, hang-ups.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What it does for one turn.
#[derive(Clone, Debug)]
pub enum Play {
    /// Answers with this document.
    Answers(Value),
    /// Says that it is asked too often, and when to come again.
    Limits(&'static str),
    /// Ends the connection before anything is said.
    HangsUp,
    /// Begins to speak, and ends the connection.
    BreaksOff,
    /// Says the first, and the second once it is let go on.
    Pauses(&'static str, &'static str, Arc<Notify>),
}

impl Play {
    /// An answer that took so many tokens.
    pub fn says(text: &str, input_tokens: u64, output_tokens: u64) -> Play {
        Play::of(
            &json!({ "role": "assistant", "content": text }),
            "stop",
            [input_tokens, output_tokens],
        )
    }

    /// A call of a tool, which takes 10 tokens in and 5 out.
    pub fn wants(tool: &str, arguments: &str) -> Play {
        let function = json!({ "name": tool, "arguments": arguments });
        let call = json!({ "id": "call_1", "type": "function", "function": function });
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
        Play::of(&message, "tool_calls", [10, 5])
    }

    fn of(message: &Value, finish_reason: &str, tokens: [u64; 2]) -> Play {
        Play::Answers(json!({
            "model": "small-1",
            "choices": [{ "index": 0, "finish_reason": finish_reason, "message": message }],
            "usage": { "prompt_tokens": tokens[0], "completion_tokens": tokens[1] },
        }))
    }

    fn response(&self) -> Response {
        let broken = || Err::<Bytes, _>(io::Error::other("the connection ends"));
        let streamed = |pieces: Vec<io::Result<Bytes>>| {
            // Each piece is on its way before the next one comes.
            let pieces = stream::iter(pieces).then(|piece| async move {
                tokio::task::yield_now().await;
                piece
            });
            let body = Body::from_stream(pieces);
            ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
        };
        match self {
            Play::Answers(document) => axum::Json(document).into_response(),
            Play::Limits(after) => {
                (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, *after)], "slow down")
                    .into_response()
            }
            Play::HangsUp => streamed(vec![broken()]),
            Play::BreaksOff => streamed(vec![Ok(delta("Once", None)), broken()]),
            Play::Pauses(first, second, go_on) => {
                let (second, go_on) = (*second, Arc::clone(go_on));
                let rest = stream::once(async move {
                    go_on.notified().await;
                    Ok(delta(second, Some("stop")))
                });
                let first = stream::iter([Ok::<_, io::Error>(delta(first, None))]);
                let body = Body::from_stream(first.chain(rest));
                ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
            }
        }
    }
}

/// A piece of a stream.
fn delta(text: &str, finish_reason: Option<&str>) -> Bytes {
    let choice =
        json!({ "index": 0, "delta": { "content": text }, "finish_reason": finish_reason });
    format!("data: {}\n\n", json!({ "choices": [choice] })).into()
}

/// A turn as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The header of that name.
    pub authorization: Option<String>,
    /// The document.
    pub body: Value,
}

/// The server. It plays one after the other, and the last one from then on.
pub struct Endpoint {
    address: SocketAddr,
    script: Arc<Script>,
}

struct Script {
    plays: Vec<Play>,
    seen: Mutex<Vec<Seen>>,
}

impl Endpoint {
    /// Begins to play.
    pub async fn start(plays: Vec<Play>) -> Endpoint {
        let script = Arc::new(Script { plays, seen: Mutex::default() });
        let app = Router::new().route("/v1/chat/completions", post(turn));
        let app = app.with_state(Arc::clone(&script));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Endpoint { address, script }
    }

    /// As a tenant's model has it.
    pub fn address(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// As the bounds of a secret name it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All turns so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().expect("nobody panics").clone()
    }
}

async fn turn(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let seen = Seen {
        authorization: authorization.map(str::to_owned),
        body: serde_json::from_slice(&body).expect("a turn is JSON"),
    };
    let number = {
        let mut all = script.seen.lock().expect("nobody panics");
        all.push(seen);
        all.len() - 1
    };
    script.plays[number.min(script.plays.len() - 1)].response()
}
