//! The socket: everything that somebody watches, over one connection. docs/live.md has its messages.

use aide::OperationInput;
use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::transform::TransformOperation;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sluice_model::Scope;

use crate::auth::{address_of, bearer, identify};
use crate::edge::Edge;
use crate::live::{Arrival, MOST_MESSAGE_BYTES, attend};
use crate::problem::Problem;

/// What a connection keeps to read into; clients say little.
const READ_BYTES: usize = 4 << 10;

/// What is written to a connection at once.
const WRITE_BYTES: usize = 16 << 10;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new().api_route("/v1/socket", get_with(socket, about))
}

fn about(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    operation
        .id("open_socket")
        .summary("Watch runs over a WebSocket.")
        .description(
            "Programs send their token as elsewhere; browsers send no header, and say \
             `{\"type\":\"hello\",\"ticket\":\"sls_...\"}` within 5 s, with a ticket of \
             `POST /v1/socket-tickets`. docs/live.md has the messages and the codes of closing.",
        )
        .security_requirement("token")
        .response_with::<101, (), _>(|response| response.description("The socket is open."))
}

/// Somebody who may open a socket: of an origin that may, and known where it says so in its headers.
struct Opening {
    upgrade: WebSocketUpgrade,
    arrival: Arrival,
}

impl FromRequestParts<Edge> for Opening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        if !is_from_a_known_origin(&parts.headers, &edge.settings().origins) {
            return Err(Problem::field("Origin", "pages from there may not open sockets here")
                .status(StatusCode::FORBIDDEN)
                .hint("Whoever runs this server names the origins whose pages may."));
        }
        let arrival = match bearer(parts) {
            None => Arrival::Stranger(address_of(parts)),
            token => {
                let identity = identify(edge, token, address_of(parts)).await?;
                identity.require(Scope::Read)?;
                Arrival::Known(Box::new(identity))
            }
        };
        let upgrade = WebSocketUpgrade::from_request_parts(parts, edge).await;
        let upgrade = upgrade.map_err(|rejection| {
            Problem::field("Upgrade", rejection.body_text()).status(rejection.status())
        })?;
        Ok(Opening { upgrade, arrival })
    }
}

impl OperationInput for Opening {}

/// Programs send no origin. A page may open a socket where it came from here itself, or from a place that
/// is named.
fn is_from_a_known_origin(headers: &HeaderMap, known: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if known.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let of_page = origin.split_once("://").map(|(_, host)| host);
    host.zip(of_page).is_some_and(|(host, of_page)| host.eq_ignore_ascii_case(of_page))
}

async fn socket(State(edge): State<Edge>, opening: Opening) -> Response {
    let Opening { upgrade, arrival } = opening;
    upgrade
        .max_message_size(MOST_MESSAGE_BYTES)
        .max_frame_size(MOST_MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .on_upgrade(move |socket| attend(edge, socket, arrival))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_from_here_and_from_named_origins_may() {
        let known = ["https://app.example.com/".to_owned()];
        for (origin, may) in [
            ("http://sluice.example.com:8080", true),
            ("https://SLUICE.example.com:8080", true),
            ("https://app.example.com", true),
            ("http://app.example.com", false),
            ("http://sluice.example.com", false),
            ("http://sluice.example.com:8080.evil.example", false),
            ("http://evil.example/sluice.example.com:8080", false),
            ("null", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([
                (HOST, "sluice.example.com:8080".parse().expect("a header")),
                (ORIGIN, origin.parse().expect("a header")),
            ]);
            assert_eq!(is_from_a_known_origin(&headers, &known), may, "{origin}");
        }
        assert!(is_from_a_known_origin(&HeaderMap::new(), &known));
    }
}
