//! Runs are begun: of a source that comes with the request, or of a saved flow.

use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::post_with;
use axum::extract::State;
use axum::http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use sluice_executor::{Submission, Version, now_us, seed_of_hex};
use sluice_model::{Capability, Limits, RetryPolicy, RunId, RunState, intersection};

use super::op;
use super::runs::{RunDetail, detail};
use crate::auth::{Caller, Identity, Run};
use crate::edge::Edge;
use crate::input::{At, Body};
use crate::problem::Problem;
use crate::reply::Accepted;
use crate::trace::trace_of;

/// Bytes of an idempotency key at most.
const LONGEST_KEY: usize = 200;

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
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
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
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRun {
    /// Python. Without it, `flow` names a saved flow.
    pub(crate) source: Option<String>,
    /// The flow; may be left out where the source has one.
    pub(crate) flow: Option<String>,
    /// As in `POST /v1/flows/{flow}/runs`.
    #[serde(default = "no_input")]
    pub(crate) input: Value,
    /// As there.
    pub(crate) grants: Option<Vec<Capability>>,
    /// As there.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// As there.
    #[serde(default)]
    pub(crate) retry: RetryPolicy,
    /// As there.
    pub(crate) deadline_ms: Option<u64>,
    /// As there.
    pub(crate) seed: Option<String>,
}

/// Which flow.
#[derive(Deserialize, JsonSchema)]
struct FlowPath {
    /// Its name.
    flow: String,
}

async fn of_source(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    headers: HeaderMap,
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
    let version = match (&new.source, &new.flow) {
        (Some(source), _) => edge.version(caller.tenant.id(), source).await?,
        (None, Some(flow)) => edge.saved(caller.tenant.id(), flow).await?,
        (None, None) => {
            return Err(Problem::field(
                "/source",
                "a run needs a `source`, or a `flow` by its name",
            ));
        }
    };
    let submission = submission(&caller, version, new.flow, how, key_of(&headers)?)?;
    let submission = Submission { trace: trace_of(&headers), ..submission };
    begun(&edge, &caller, submission, &headers).await
}

async fn of_flow(
    State(edge): State<Edge>,
    caller: Caller<Run>,
    At(path): At<FlowPath>,
    headers: HeaderMap,
    Body(how): Body<How>,
) -> Result<Accepted<RunDetail>, Problem> {
    let version = edge.saved(caller.tenant.id(), &path.flow).await?;
    let key = key_of(&headers)?;
    let submission = submission(&caller, version, Some(path.flow), how, key)?;
    let submission = Submission { trace: trace_of(&headers), ..submission };
    begun(&edge, &caller, submission, &headers).await
}

/// What whoever asks may begin. Their token narrows it here, the tenant where it is taken on.
pub(crate) fn submission(
    identity: &Identity,
    version: std::sync::Arc<Version>,
    flow: Option<String>,
    how: How,
    idempotency_key: Option<String>,
) -> Result<Submission, Problem> {
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
        version,
        flow,
        input: how.input,
        grants,
        limits: how.limits,
        retry: how.retry,
        deadline_us,
        seed: how.seed.as_ref().map(seed).transpose()?,
        idempotency_key,
        trace: None,
    })
}

/// The key under which a repeated request finds the run of the first.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Problem::field("Idempotency-Key", "it has 1 to 200 visible characters"));
    }
    Ok(Some(key.to_owned()))
}

async fn begun(
    edge: &Edge,
    identity: &Identity,
    submission: Submission,
    headers: &HeaderMap,
) -> Result<Accepted<RunDetail>, Problem> {
    let run = taken_on(edge, identity, submission).await?;
    let waits = prefer_wait(headers).map(|wait| wait.min(edge.settings().longest_wait));
    if let Some(wait) = waits {
        until_ended(edge, identity, &run, wait).await?;
    }
    let run = detail(identity, &run).await?;
    let path = format!("/v1/runs/{}", run.summary.run);
    let is_over = run.summary.state == RunState::Ended;
    let span = run.traceparent;
    let reply = Accepted::new(run, is_over && waits.is_some()).at(path).traced(span);
    Ok(match waits {
        Some(wait) => reply.applied(wait),
        None => reply,
    })
}

/// Takes a run on, or finds the one that the same key took on before.
pub(crate) async fn taken_on(
    edge: &Edge,
    identity: &Identity,
    submission: Submission,
) -> Result<RunId, Problem> {
    let wanted = (
        submission.version.digest.clone(),
        submission.input.clone(),
        submission.idempotency_key.clone(),
    );
    let run = edge.executor().submit(submission).await?;
    if let (digest, input, Some(key)) = wanted {
        same_as_before(identity, &run, &digest, &input, &key).await?;
    }
    Ok(run)
}

/// A key that was used for something else would otherwise give the answer to another question.
async fn same_as_before(
    identity: &Identity,
    run: &RunId,
    digest: &str,
    input: &Value,
    key: &str,
) -> Result<(), Problem> {
    let run = detail(identity, run).await?;
    if run.summary.source_digest == digest && run.input == *input {
        return Ok(());
    }
    let message = format!(
        "the idempotency key was used for {} before, with another source or input",
        run.summary.run
    );
    tracing::debug!(key, "an idempotency key was used twice");
    Err(Problem::new(sluice_model::Code::Conflict, message).hint("Take a fresh key for each run."))
}

/// How long the answer may take: `Prefer: wait=5`.
fn prefer_wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let mut wait = preferences.flat_map(|value| value.split([',', ';'])).filter_map(|preference| {
        let (name, value) = preference.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().parse::<u64>().ok())?
    });
    wait.next().map(Duration::from_secs)
}

/// Waits until the run is over, the time is, or the server stops.
pub(crate) async fn until_ended(
    edge: &Edge,
    identity: &Identity,
    run: &RunId,
    most: Duration,
) -> Result<(), Problem> {
    /// How often the store is asked where nothing was heard.
    const NET: Duration = Duration::from_secs(1);
    let mut changes = edge.hub().run(run);
    let looked = async {
        loop {
            changes.mark_unchanged();
            let row = identity.tenant.run(run).await?;
            if row.is_none_or(|row| row.state == RunState::Ended) {
                return Ok(());
            }
            // The net: whether or not it has passed, the run is looked at.
            let _ = tokio::time::timeout(NET, changes.changed()).await;
        }
    };
    tokio::select! {
        ended = looked => ended,
        () = tokio::time::sleep(most) => Ok(()),
        () = edge.stopping() => Ok(()),
    }
}
