//! Runs are begun: of a source that comes with the request, or of a saved flow.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_db::IdempotencyKey;
use sluice_executor::{Submission, Version, now_us, seed_of_hex, sha256};
use sluice_model::{Capability, Limits, RetryPolicy, RunId, RunState, TraceContext, intersection};

use super::op;
use super::runs::{RunDetail, detail};
use crate::auth::{Caller, Identity, Run};
use crate::edge::Edge;
use crate::headers::{RequestKey, Trace, Wait};
use crate::input::{At, Body};
use crate::problem::Problem;
use crate::reply::Accepted;
use crate::wait::{Until, wait};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/runs",
            post_with(of_source, op("start_run", "Run a source, or a saved flow by its name."))
                .get_with(super::runs::list, op("list_runs", "Runs, the newest first.")),
        )
        .api_route(
            "/v1/flows/{flow}/runs",
            post_with(of_flow, op("start_flow_run", "Run the newest version of a saved flow.")),
        )
}

/// How a run is to go.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = json!({ "input": { "name": "Ada" } }))]
pub(crate) struct How {
    /// The flow's input; an object with a member a parameter.
    #[serde(default = "no_input")]
    pub(crate) input: Value,
    /// What it may do, as far as it asks for it and the tenant may. Without this: all of that.
    pub(crate) grants: Option<Vec<Capability>>,
    /// Its ceilings. Members that are absent have their defaults.
    pub(crate) limits: Limits,
    /// Whether it is tried again when it fails.
    pub(crate) retry: RetryPolicy,
    /// When it must be over, waiting included, in milliseconds from now.
    pub(crate) deadline_ms: Option<u64>,
    /// Where its randomness begins: 64 hexadecimal digits; drawn where it is absent.
    pub(crate) seed: Option<String>,
}

fn no_input() -> Value {
    Value::Object(serde_json::Map::new())
}

/// A run of a source that comes along, or of a saved flow.
#[derive(Deserialize, JsonSchema)]
#[schemars(example = json!({
    "source": "from sluice import flow\n\n\n@flow\ndef hello(name: str) -> str:\n    return f'Hello, {name}'\n",
    "input": { "name": "Ada" },
}))]
#[serde(deny_unknown_fields)]
struct NewRun {
    /// Python. Without it, `flow` names a saved flow.
    source: Option<String>,
    /// The flow; may be left out where the source has one.
    flow: Option<String>,
    /// As in `POST /v1/flows/{flow}/runs`.
    #[serde(default = "no_input")]
    input: Value,
    /// As there.
    grants: Option<Vec<Capability>>,
    /// As there.
    #[serde(default)]
    limits: Limits,
    /// As there.
    #[serde(default)]
    retry: RetryPolicy,
    /// As there.
    deadline_ms: Option<u64>,
    /// As there.
    seed: Option<String>,
}

/// Which flow.
#[derive(Deserialize, JsonSchema)]
struct FlowPath {
    /// Its name.
    flow: String,
}

/// What is to be run, and how: what two requests with one idempotency key have in common.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Order {
    /// Python. Without it, `flow` names a saved flow.
    pub(crate) source: Option<String>,
    /// The flow.
    pub(crate) flow: Option<String>,
    /// How it is to go.
    pub(crate) how: How,
    /// The trace that it is to be part of: a request that is sent again has another, and is the same.
    #[serde(skip)]
    pub(crate) trace: Option<TraceContext>,
}

/// A key with what it stands for. The order of members says nothing.
pub(crate) fn keyed(key: String, order: &impl Serialize) -> IdempotencyKey {
    let mut order = serde_json::to_value(order).unwrap_or_default();
    order.sort_all_objects();
    IdempotencyKey { key, request: Some(sha256(order.to_string().as_bytes())) }
}

impl Order {
    async fn version(&self, edge: &Edge, identity: &Identity) -> Result<Arc<Version>, Problem> {
        match (&self.source, &self.flow) {
            (Some(source), _) => edge.version(identity.tenant.id(), source).await,
            (None, Some(flow)) => edge.saved(identity.tenant.id(), flow).await,
            (None, None) => {
                let problem = "a run needs a `source`, or a saved `flow` by its name";
                Err(Problem::field("/source", problem))
            }
        }
    }
}

async fn of_source(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    RequestKey(key): RequestKey,
    wait: Wait,
    Trace(trace): Trace,
    Body(new): Body<NewRun>,
) -> Result<Accepted<RunDetail>, Problem> {
    let how = How {
        input: new.input,
        grants: new.grants,
        limits: new.limits,
        retry: new.retry,
        deadline_ms: new.deadline_ms,
        seed: new.seed,
    };
    let order = Order { source: new.source, flow: new.flow, how, trace };
    begun(&edge, &caller, order, key, wait).await
}

async fn of_flow(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    At(path): At<FlowPath>,
    RequestKey(key): RequestKey,
    wait: Wait,
    Trace(trace): Trace,
    Body(how): Body<How>,
) -> Result<Accepted<RunDetail>, Problem> {
    let order = Order { source: None, flow: Some(path.flow), how, trace };
    begun(&edge, &caller, order, key, wait).await
}

async fn begun(
    edge: &Edge,
    identity: &Identity,
    order: Order,
    key: Option<String>,
    Wait(most): Wait,
) -> Result<Accepted<RunDetail>, Problem> {
    let run = taken_on(edge, identity, order, key).await?;
    let most = most.map(|most| most.min(edge.settings().longest_wait));
    if let Some(most) = most {
        wait(edge, identity, &run, Until::Ended, most).await?;
    }
    let run = detail(identity, &run).await?;
    let begun = (format!("/v1/runs/{}", run.summary.run), run.traceparent);
    let is_over = run.summary.state == RunState::Ended;
    Ok(Accepted::new(run, begun, most, is_over && most.is_some()))
}

/// Takes a run on, or finds the one that the same request took on before with the same key. Nothing of
/// the request is looked at before that: what it names may have changed since then.
pub(crate) async fn taken_on(
    edge: &Edge,
    identity: &Identity,
    order: Order,
    key: Option<String>,
) -> Result<RunId, Problem> {
    let key = key.map(|key| keyed(key, &order));
    if let Some(key) = &key
        && let Some(run) = identity.tenant.run_of_key(key).await?
    {
        return Ok(run);
    }
    let version = order.version(edge, identity).await?;
    let submission = submission(identity, version, order, key)?;
    let submitted = edge.executor().submit(submission).await;
    submitted.map_err(|error| Problem::from(error).within("/input"))
}

/// What whoever asks may begin. Their token narrows it here, the tenant where it is taken on.
fn submission(
    identity: &Identity,
    version: Arc<Version>,
    order: Order,
    idempotency_key: Option<IdempotencyKey>,
) -> Result<Submission, Problem> {
    let how = order.how;
    let held = identity.grants.clone().unwrap_or_else(Capability::every);
    let grants = match &how.grants {
        Some(wanted) => intersection(&held, wanted),
        None => held,
    };
    let seed = |digits: &String| {
        seed_of_hex(digits).ok_or_else(|| Problem::field("/seed", "it is 64 hexadecimal digits"))
    };
    let deadline_us = how.deadline_ms.map(|ms| now_us().saturating_add(ms.saturating_mul(1_000)));
    Ok(Submission {
        tenant: identity.tenant.id().clone(),
        by: Some(identity.actor()),
        version,
        flow: order.flow,
        input: how.input,
        grants,
        limits: how.limits,
        retry: how.retry,
        deadline_us,
        seed: how.seed.as_ref().map(seed).transpose()?,
        idempotency_key,
        trace: order.trace,
    })
}
