//! Running a run again from a place in its record: first the plan, and live only where that is asked for.

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_executor::Rerun;
use sluice_model::{Capability, Event, Failure, RunId, TraceContext};

use super::op;
use super::runs::{RunPath, detail, found};
use super::start::keyed;
use crate::auth::{Caller, Identity, Run};
use crate::edge::Edge;
use crate::headers::{RequestKey, Trace};
use crate::input::{At, Body};
use crate::problem::Problem;
use crate::reply::{Begun, Reply};

pub(super) fn routes() -> ApiRouter<Edge> {
    let about =
        op("rerun_run", "Run a run again from a place in its record, or see what that would do.");
    ApiRouter::new().api_route("/v1/runs/{run}/reruns", post_with(rerun, about))
}

/// From where, and with what.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = json!({ "from": "total", "go_live": false }))]
pub(crate) struct RerunRequest {
    /// The step before which the record is left, by name, or `#12` for span 12; without it the first
    /// place where something else happens.
    pub(crate) from: Option<String>,
    /// Python; the run's own source where it is absent.
    pub(crate) source: Option<String>,
    /// Another input.
    pub(crate) input: Option<Value>,
    /// Grants beside those of the run.
    pub(crate) grants: Vec<Capability>,
    /// Whether to go on live. Without it, nothing happens but the plan.
    pub(crate) go_live: bool,
}

/// What running it again would do, or does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RerunPlan {
    /// The run whose record it begins with.
    pub(crate) of: RunId,
    /// How many events are taken over.
    pub(crate) taken: usize,
    /// The first event that is not.
    pub(crate) seq: u64,
    /// That event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recorded: Option<Event>,
    /// What happens there instead, where a replay found that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) difference: Option<Failure>,
    /// Whether the new run would do anything but what is recorded.
    pub(crate) is_needed: bool,
    /// The new run, where it goes on live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunId>,
}

async fn rerun(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    At(path): At<RunPath>,
    RequestKey(key): RequestKey,
    Trace(trace): Trace,
    Body(request): Body<RerunRequest>,
) -> Result<Reply<RerunPlan, 200, Begun>, Problem> {
    let plan = planned(&edge, &caller, &path.run, request, key, trace).await?;
    let begun = match &plan.run {
        // Another request with the same key may have begun it, in another trace.
        Some(run) => Some((format!("/v1/runs/{run}"), detail(&caller, run).await?.traceparent)),
        None => None,
    };
    Ok(Reply::new(plan).begun(begun))
}

/// Makes the plan, and follows it where that is asked for: once for a key.
pub(crate) async fn planned(
    edge: &Edge,
    identity: &Identity,
    run: &str,
    request: RerunRequest,
    key: Option<String>,
    trace: Option<TraceContext>,
) -> Result<RerunPlan, Problem> {
    let of = found(identity, run).await?.run;
    let key = key.filter(|_| request.go_live).map(|key| keyed(key, &("rerun", &of, &request)));
    let gone_live = match &key {
        Some(key) => identity.tenant.run_of_key(key).await?,
        None => None,
    };
    let version = match &request.source {
        Some(source) => Some(edge.version(identity.tenant.id(), source).await?),
        None => None,
    };
    let plan = edge
        .executor()
        .plan(Rerun {
            tenant: identity.tenant.id().clone(),
            run: of.clone(),
            from: request.from,
            version,
            input: request.input,
            grants: request.grants,
            by: Some(identity.actor()),
            most: identity.grants.clone(),
        })
        .await
        .map_err(|error| Problem::from(error).within("/input"))?;
    let mut planned = RerunPlan {
        of,
        taken: plan.taken,
        seq: plan.seq,
        recorded: plan.recorded.clone(),
        difference: plan.difference.as_deref().cloned(),
        is_needed: plan.is_needed(),
        run: gone_live,
    };
    if request.go_live && planned.run.is_none() {
        let run = edge.executor().go_live(plan.in_trace(trace), key).await?;
        let detail = json!({ "of": planned.of, "seq": planned.seq });
        identity.note("rerun run", run.as_str(), detail).await?;
        planned.run = Some(run);
    }
    Ok(planned)
}
