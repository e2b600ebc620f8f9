//! The tool for all that has no tool of its own: a request of the API, made within this process as whoever
//! called the tool. What the token may not do is refused there as over HTTP.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use axum::http::{HeaderMap, Method, Request};
use futures_util::StreamExt as _;
use serde_json::Value;
use tower_service::Service as _;

use super::Agent;
use super::answer::Answer;
use super::arguments::CallApi;
use super::shorten;
use super::view::ApiAnswer;
use crate::problem::Problem;

/// Bytes of an answer that are read: of more than that, a model is shown a part only.
const MOST_READ: usize = 1 << 20;

/// Headers that a request may have, beside those that are the tool's own.
const HEADERS: [&str; 3] = ["idempotency-key", "if-match", "prefer"];

pub(super) async fn call(agent: &Agent, arguments: CallApi) -> Result<Answer, Problem> {
    let request = request_of(agent, arguments)?;
    let mut api: Router = agent.api.clone();
    let answered = match api.call(request).await {
        Ok(answered) => answered,
        Err(never) => match never {},
    };
    if let Some(problem) = answered.extensions().get::<Problem>() {
        return Err(problem.clone());
    }
    let (head, body) = answered.into_parts();
    let (bytes, is_whole) = beginning(body).await;
    let (body, is_cut) = shown(&head.headers, &bytes, is_whole);
    let words = format!("The API answered with {}.", head.status);
    let header = |name: HeaderName| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
    let (etag, location) = (header(ETAG), header(LOCATION));
    let status = head.status.as_u16();
    Ok(Answer::new(words, &ApiAnswer { status, body, is_cut, etag, location }))
}

fn request_of(agent: &Agent, arguments: CallApi) -> Result<Request<Body>, Problem> {
    let CallApi { method, path, body, headers } = arguments;
    if !path.starts_with("/v1/") {
        return Err(Problem::field("path", "it is not a path of the API: those begin with /v1/")
            .hint("call_api with GET /v1/openapi.json lists them."));
    }
    let method: Method = method
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| Problem::field("method", "it is no method of HTTP"))?;
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        if !HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            let known = HEADERS.join(", ");
            return Err(Problem::field("headers", format!("a request may have {known} only")));
        }
        request = request.header(name, value);
    }
    let body = match body {
        None => Body::empty(),
        Some(body) => {
            request = request.header(CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
    };
    let request = request.extension(agent.identity.clone()).body(body);
    request
        .map_err(|_| Problem::field("path", "it is no path with a query, or a header is no text"))
}

/// The beginning of a body, and whether that is all of it.
async fn beginning(body: Body) -> (Vec<u8>, bool) {
    let mut read: Vec<u8> = Vec::new();
    let mut parts = body.into_data_stream();
    while let Some(Ok(part)) = parts.next().await {
        let part: Bytes = part;
        let room = MOST_READ - read.len();
        read.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            return (read, false);
        }
    }
    (read, true)
}

/// A body as a model reads it, and whether that is not all of it.
fn shown(headers: &HeaderMap, bytes: &[u8], is_whole: bool) -> (Value, bool) {
    if is_whole && let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        return shorten::shorten(&value);
    }
    if bytes.is_empty() {
        return (Value::Null, false);
    }
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = media_type.is_some_and(|it| it.starts_with("text/") || it.contains("json"));
    if !is_text {
        let size = if is_whole { bytes.len().to_string() } else { format!("over {MOST_READ}") };
        let media_type = media_type.unwrap_or("no media type");
        return (format!("({size} bytes, {media_type})").into(), true);
    }
    let (text, is_cut) = shorten::shorten(&String::from_utf8_lossy(bytes).into_owned().into());
    (text, is_cut || !is_whole)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn seen(media_type: &'static str, bytes: &[u8], is_whole: bool) -> (Value, bool) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        shown(&headers, bytes, is_whole)
    }

    #[test]
    fn a_body_is_shown_by_what_it_is() {
        assert_eq!(seen("application/json", b"{\"a\":1}", true), (json!({"a": 1}), false));
        assert_eq!(seen("application/json", b"", true), (Value::Null, false));
        assert_eq!(seen("text/plain", b"x = 1", true), (json!("x = 1"), false));
        assert_eq!(seen("application/jsonl", b"{}\n{}\n", true), (json!("{}\n{}\n"), false));
        assert_eq!(seen("image/png", b"\x89PNG", true), (json!("(4 bytes, image/png)"), true));
        assert!(seen("application/json", b"[1, 2", false).1);
    }
}
