//! Records as wholes: checked, taken out as one file, taken in, gone through once more.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_executor::{RecordError, Redaction, Replayed, Replaying, export, import, start_of};
use sluice_model::{Failure, RunSummary};

use super::op;
use super::runs::{RunPath, found, no_run};
use crate::auth::{Caller, Read, Run, Write};
use crate::edge::Edge;
use crate::input::{At, Body, LINES, Lines, Params};
use crate::problem::Problem;
use crate::reply::{Located, Reply, answers};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/runs/{run}/verify",
            get_with(verify, op("verify_run", "Whether the record is as it was written.")),
        )
        .api_route(
            "/v1/runs/{run}/export",
            get_with(take_out, |operation| {
                let about = op("export_run", "The record as one file, a line of JSON each.");
                answers(about(operation), &[LINES], "The file.")
            }),
        )
        .api_route(
            "/v1/records",
            post_with(take_in, op("import_run", "Take a record in that was exported elsewhere.")),
        )
        .api_route(
            "/v1/runs/{run}/replay",
            post_with(
                replay,
                op("replay_run", "Go through a record once more, without any effect."),
            ),
        )
}

/// Whether a record is as it was written.
#[derive(Serialize, JsonSchema)]
struct Verified {
    /// Whether it is.
    is_intact: bool,
    /// Its events.
    events: u64,
    /// The first thing that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    flaw: Option<String>,
}

async fn verify(caller: Caller<Read>, At(path): At<RunPath>) -> Result<Reply<Verified>, Problem> {
    let run = found(&caller, &path.run).await?;
    let verified = caller.tenant.verify(&run.run).await?;
    let flaw = verified.first_bad.map(|flaw| flaw.to_string());
    Ok(Reply::new(Verified { is_intact: flaw.is_none(), events: verified.events, flaw }))
}

/// What is left out of a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportParams {
    /// Leave out what members called like a secret hold, and attachments.
    #[serde(default)]
    redact: bool,
}

async fn take_out(
    caller: Caller<Read>,
    At(path): At<RunPath>,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let run = found(&caller, &path.run).await?;
    let redaction = Redaction { by_name: params.redact, words: Vec::new() };
    let file = export(&caller.tenant, &run.run, &redaction).await.map_err(of_record)?;
    Ok(([(CONTENT_TYPE, LINES)], file).into_response())
}

async fn take_in(
    caller: Caller<Write>,
    Lines(text): Lines,
) -> Result<Reply<RunSummary, 201, Located>, Problem> {
    let run = import(&caller.tenant, &text).await.map_err(of_record)?;
    caller.note("import run", run.as_str(), json!({})).await?;
    let path = format!("/v1/runs/{run}");
    Ok(Reply::new(found(&caller, run.as_str()).await?).at(Some(path)))
}

fn of_record(error: RecordError) -> Problem {
    match error {
        RecordError::Unknown(run) => no_run(run),
        RecordError::Line { .. } => Problem::field("", error.to_string())
            .hint("Send the file that `GET /v1/runs/{run}/export` gave, as it is."),
        RecordError::Refused(failure) => failure.into(),
        RecordError::Store(error) => error.into(),
    }
}

/// With what a record is gone through.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Replay {
    /// Python; the run's own source where it is absent.
    source: Option<String>,
}

/// What going through it came to.
#[derive(Serialize, JsonSchema)]
struct ReplayReport {
    /// `same`, `same_so_far` where the record does not end by the flow's own doing, or `different`.
    result: &'static str,
    /// Events of the record.
    events: usize,
    /// The first difference, with both sides.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

async fn replay(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    At(path): At<RunPath>,
    Body(replay): Body<Replay>,
) -> Result<Reply<ReplayReport>, Problem> {
    let run = found(&caller, &path.run).await?;
    let events = caller.tenant.history(&run.run).await?;
    let start = start_of(&events).ok_or_else(|| no_run(&run.run))?;
    let version = match &replay.source {
        Some(source) => edge.version(caller.tenant.id(), source).await?,
        None => edge.executor().version_of(caller.tenant.id(), start).await?,
    };
    let replaying = Replaying {
        events: &events,
        version: &version,
        flow: &start.flow,
        input: &start.input,
        grants: &start.grants,
    };
    let replayed = edge.executor().replay(replaying, |_| ()).await?;
    let (result, failure) = match replayed {
        Replayed::Same => ("same", None),
        Replayed::SameSoFar => ("same_so_far", None),
        Replayed::Different(failure) => ("different", Some(*failure)),
    };
    Ok(Reply::new(ReplayReport { result, events: events.len(), failure }))
}
