//! The socket: everything that somebody watches, over one connection. docs/live.md has its messages.

use aide::OperationInput;
use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::openapi::SecurityRequirement;
use aide::transform::TransformOperation;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use sluice_model::Scope;

use crate::auth::{address_of, bearer, identify};
use crate::edge::Edge;
use crate::live::{Arrival, MOST_MESSAGE_BYTES, attend};
use crate::origin::{host_of, may_come};
use crate::problem::Problem;

/// What a connection keeps to read into; clients say little.
const READ_BYTES: usize = 4 << 10;

/// What is written to a connection at once.
const WRITE_BYTES: usize = 16 << 10;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new().api_route("/v1/socket", get_with(socket, about))
}

fn about(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let mut operation = operation
        .id("open_socket")
        .summary("Watch runs over a WebSocket.")
        .description(
            "Programs send their token as elsewhere; browsers send no header, and say \
             `{\"type\":\"hello\",\"ticket\":\"sls_...\"}` within 5 s, with a ticket of \
             `POST /v1/socket-tickets`. docs/live.md has the messages and the codes of closing.",
        )
        .security_requirement("token")
        .response_with::<101, (), _>(|response| response.description("The socket is open."));
    // Or nothing, for browsers.
    operation.inner_mut().security.push(SecurityRequirement::default());
    operation
}

/// Somebody who may open a socket: of an origin that may, and known where it says so in its headers.
struct Opening {
    upgrade: WebSocketUpgrade,
    arrival: Arrival,
}

impl FromRequestParts<Edge> for Opening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Edge) -> Result<Self, Problem> {
        let host = host_of(&parts.uri, &parts.headers);
        if !may_come(&parts.headers, host.as_ref(), &edge.settings().origins) {
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

async fn socket(State(edge): State<Edge>, opening: Opening) -> Response {
    let Opening { upgrade, arrival } = opening;
    upgrade
        .max_message_size(MOST_MESSAGE_BYTES)
        .max_frame_size(MOST_MESSAGE_BYTES)
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        .on_upgrade(async move |socket| edge.clone().attend(attend(edge, socket, arrival)))
}
