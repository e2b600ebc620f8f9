//! Bytes that runs kept, and those beside their events.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use aide::transform::TransformOperation;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::ArtifactRow;
use sluice_model::CallId;

use super::op;
use super::runs::{RunPath, found};
use crate::auth::{Caller, Read};
use crate::edge::Edge;
use crate::input::At;
use crate::page::Page;
use crate::problem::Problem;
use crate::reply::{Reply, answers};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/runs/{run}/artifacts",
            get_with(list, op("list_artifacts", "What a run kept, by name.")),
        )
        .api_route(
            "/v1/runs/{run}/artifacts/{name}",
            get_with(get, |operation| {
                bytes(op("get_artifact", "Bytes that a run kept.")(operation))
            }),
        )
        .api_route(
            "/v1/runs/{run}/payloads/{digest}",
            get_with(payload, |operation| {
                bytes(op("get_payload", "Bytes beside an event of a run.")(operation))
            }),
        )
}

fn bytes(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    answers(operation, &["application/octet-stream"], "The bytes.")
}

/// What a run kept under a name.
#[derive(Serialize, JsonSchema)]
struct Artifact {
    /// The name, within the run.
    name: String,
    /// What the flow says that the bytes are: text that nobody trusts.
    media_type: String,
    /// How many there are.
    size_bytes: u64,
    /// SHA-256 of them, in hex.
    digest: String,
    /// The call that wrote them.
    call: CallId,
    /// When, in microseconds since the Unix epoch.
    at_us: u64,
}

impl From<ArtifactRow> for Artifact {
    fn from(row: ArtifactRow) -> Artifact {
        Artifact {
            name: row.name,
            media_type: row.media_type,
            size_bytes: row.size_bytes,
            digest: row.digest,
            call: row.call,
            at_us: row.at_us,
        }
    }
}

/// Which artifact.
#[derive(Deserialize, JsonSchema)]
struct ArtifactPath {
    /// The id of the run.
    run: String,
    /// The name.
    name: String,
}

/// Which bytes.
#[derive(Deserialize, JsonSchema)]
struct PayloadPath {
    /// The id of the run.
    run: String,
    /// SHA-256 of them, in hex.
    digest: String,
}

async fn list(
    caller: Caller<Read>,
    At(path): At<RunPath>,
) -> Result<Reply<Page<Artifact>>, Problem> {
    let run = found(&caller, &path.run).await?;
    let items = caller.tenant.artifacts(&run.run).await?.into_iter().map(Artifact::from).collect();
    Ok(Reply::new(Page { items, next: None }))
}

async fn get(caller: Caller<Read>, At(path): At<ArtifactPath>) -> Result<Response, Problem> {
    let run = found(&caller, &path.run).await?;
    let kept = caller.tenant.artifact(&run.run, &path.name).await?;
    let (row, bytes) = kept.ok_or_else(|| Problem::not_found("such artifact"))?;
    Ok(raw(&row.media_type, bytes.to_vec()))
}

async fn payload(caller: Caller<Read>, At(path): At<PayloadPath>) -> Result<Response, Problem> {
    let run = found(&caller, &path.run).await?;
    let bytes = caller.tenant.payload(&run.run, &path.digest).await?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("such payload"))?;
    Ok(raw("application/octet-stream", bytes.to_vec()))
}

/// Bytes from a flow that nobody trusts: a browser saves them and never runs them.
fn raw(media_type: &str, bytes: Vec<u8>) -> Response {
    let is_harmless = media_type.is_ascii()
        && ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"]
            .contains(&media_type);
    let media_type = if is_harmless { media_type } else { "application/octet-stream" };
    (
        [
            (CONTENT_TYPE, media_type),
            (CONTENT_DISPOSITION, "attachment"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ],
        bytes,
    )
        .into_response()
}
