//! The record of a run: a part at a time, or as it grows, as a stream of server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::transform::TransformOperation;
use axum::extract::State;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::Deserialize;
use sluice_model::{Code, Event};

use super::runs::{RunPath, found};
use super::spans::number;
use crate::auth::{Caller, Identity, Read};
use crate::edge::Edge;
use crate::headers::Following;
use crate::input::{At, Params};
use crate::live::RunStream;
use crate::page::{Page, limit};
use crate::places::{Place, Viewer};
use crate::problem::Problem;
use crate::reply::{Reply, answers};

/// A sign of life for proxies that close what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new().api_route("/v1/runs/{run}/events", get_with(events, about))
}

fn about(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = operation
        .id("list_events")
        .summary("The record of a run.")
        .description(
            "With `Accept: text/event-stream`, the record as it grows until the run ends: each message \
             is named `events`, its data a JSON array of events, its id the number of the last of \
             them, which `Last-Event-ID` or `after` take up again.",
        )
        .response::<200, Reply<Page<Event>>>();
    answers(operation, &["text/event-stream"], "A part of the record, or the record as it grows.")
}

/// Which events.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventParams {
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Only events after this one.
    after: Option<String>,
}

async fn events(
    State(edge): State<Edge>,
    caller: Caller<Read>,
    At(path): At<RunPath>,
    Params(params): Params<EventParams>,
    following: Following,
) -> Result<Response, Problem> {
    let run = found(&caller, &path.run).await?;
    let limit = limit(params.limit)?;
    let after = number(params.after.as_deref())?;
    if following.wants_stream {
        let after = following.last.unwrap_or(after);
        let viewer = Viewer::Of(caller.tenant.id().clone());
        let most = edge.settings().sockets_per_tenant;
        let place = edge.places().take(viewer, most).ok_or_else(|| too_many(most))?;
        let stream = RunStream::new(&edge, caller.tenant.clone(), run.run, after);
        return Ok(streamed(edge, caller.identity.clone(), stream, place));
    }
    let part = caller.tenant.some_events(&run.run, after, limit, None).await?;
    let page = Page::part(part, |event| event.seq.to_string());
    Ok(Reply::<_>::new(page).into_response())
}

fn too_many(most: usize) -> Problem {
    let message = format!("the tenant has {most} streams and sockets open");
    Problem::new(Code::RateLimited, message)
        .hint("Close some, or watch many runs over one socket.")
        .retry_after(1)
}

fn streamed(edge: Edge, identity: Identity, stream: RunStream, place: Place<Viewer>) -> Response {
    let begin = (stream, edge, identity, place);
    let messages = unfold(begin, |(mut stream, edge, identity, place)| async move {
        let batch = stream.next(&edge, &identity).await?;
        let message = axum::response::sse::Event::default().event("events");
        let message = message.id(batch.last.to_string()).data(batch.json);
        Some((Ok::<_, Infallible>(message), (stream, edge, identity, place)))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("");
    Sse::new(messages).keep_alive(keep_alive).into_response()
}
