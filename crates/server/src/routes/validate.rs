//! What a source holds and what is wrong with it, without running a flow.

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_model::{Capability, Code, Description, Failure, FailureKind, missing};

use super::op;
use crate::auth::{Caller, Identity, Read};
use crate::edge::Edge;
use crate::input::Body;
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    let about = op("validate_source", "What a source holds, and what is wrong with it.");
    ApiRouter::new().api_route("/v1/validate", post_with(validate, about))
}

/// A source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "source": "from sluice import flow\n\n\n@flow\ndef hello(name: str) -> str:\n    return f'Hello, {name}'\n",
}))]
struct Source {
    /// Python.
    source: String,
}

/// What a source holds.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Validated {
    /// Whether it can be run.
    pub(crate) is_valid: bool,
    /// What it holds: docs/describe.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Description>,
    /// Why it cannot be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// Capabilities that its flows ask for and the tenant does not have.
    pub(crate) missing_grants: Vec<Capability>,
}

async fn validate(
    State(edge): State<Edge>,
    caller: Caller<Read>,
    Body(source): Body<Source>,
) -> Result<Reply<Validated>, Problem> {
    Ok(Reply::new(validated(&edge, &caller, &source.source).await?))
}

/// Looks at a source. One that cannot be loaded is an answer, too.
pub(crate) async fn validated(
    edge: &Edge,
    identity: &Identity,
    source: &str,
) -> Result<Validated, Problem> {
    let version = match edge.version(identity.tenant.id(), source).await {
        Ok(version) => version,
        Err(problem) if is_not_the_sources(problem.failure()) => return Err(problem),
        Err(problem) => {
            return Ok(Validated {
                is_valid: false,
                description: None,
                failure: Some(problem.failure().clone()),
                missing_grants: Vec::new(),
            });
        }
    };
    let description = version.described.description.clone();
    let held = identity.tenant.row().await?.map(|row| row.grants).unwrap_or_default();
    let uses = description.flows.iter().flat_map(|flow| &flow.uses);
    let asked: Vec<Capability> = uses.filter_map(|word| word.parse().ok()).collect();
    let missing_grants = missing(&held, &asked);
    let is_error =
        |problem: &sluice_model::Problem| problem.severity == sluice_model::Severity::Error;
    Ok(Validated {
        is_valid: !description.problems.iter().any(is_error) && !description.flows.is_empty(),
        description: Some(description),
        failure: None,
        missing_grants,
    })
}

/// Whether a source was not even looked at.
fn is_not_the_sources(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::PlatformError | FailureKind::RequestError)
        || failure.code == Code::QuotaExceeded
}
