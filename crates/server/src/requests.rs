//! One span of the log for each request: what was asked for, by whom, and what became of it. Never a body, a
//! query or a token; the path as the pattern that it matched.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::edge::Edge;
use crate::metrics::method_word;

/// The header by which a request is known in logs, here and elsewhere.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a request's id at most.
const LONGEST_ID: usize = 64;

/// Notes a request and its answer.
pub(crate) async fn logged(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>();
    let id = id_of(request.headers()).unwrap_or_else(fresh_id);
    let span = tracing::info_span!(
        "request",
        method = method_word(&method),
        route = route.map_or("none", MatchedPath::as_str),
        request_id = id,
        tenant = Empty,
        status = Empty,
        took_us = Empty,
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    edge.metrics().answered(&method, response.status(), took);
    span.record("status", response.status().as_u16());
    span.record("took_us", u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    tracing::info!(parent: &span, "answered");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Notes whose request it is, as soon as that is known.
pub(crate) fn is_of(tenant: &str) {
    tracing::Span::current().record("tenant", tenant);
}

/// The id that a client gave; none where it is not of the characters of ids.
fn id_of(headers: &HeaderMap) -> Option<String> {
    let mut ids = headers.get_all(&REQUEST_ID).iter();
    let (Some(id), None) = (ids.next(), ids.next()) else { return None };
    let id = id.to_str().ok()?;
    let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (!id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(is_of_id)).then(|| id.to_owned())
}

fn fresh_id() -> String {
    sluice_executor::hex(&sluice_executor::random::<16>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ids: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for id in ids {
            headers.append(REQUEST_ID, id.parse().expect("it is a value"));
        }
        id_of(&headers)
    }

    #[test]
    fn only_plain_and_short_ids_are_taken_over() {
        let longest = "a".repeat(LONGEST_ID);
        for id in ["a", "0f-9_Z.1:2", &longest] {
            assert_eq!(read(&[id]).as_deref(), Some(id));
        }
        let long = "a".repeat(LONGEST_ID + 1);
        for id in ["", "a b", "a\"b", "a=b", "a,b", "a/b", &long] {
            assert_eq!(read(&[id]), None, "{id}");
        }
        assert_eq!(read(&["a", "b"]), None);
        assert_ne!(fresh_id(), fresh_id());
    }
}
