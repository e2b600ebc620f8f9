//! Runs: listed, looked at, asked to end.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_db::{AskFilter, AskState, RunFilter};
use sluice_executor::{RunTrace, now_us};
use sluice_model::{
    AskSummary, Capability, EventBody, Limits, Outcome, RetryPolicy, RunId, RunState, RunSummary,
    SpanId, TraceParent, Usage,
};

use super::op;
use crate::auth::{Caller, Identity, Read, Run};
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, limit};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/runs/{run}",
            get_with(get, op("get_run", "A run with its input, and with its output or failure.")),
        )
        .api_route(
            "/v1/runs/{run}/source",
            get_with(source, op("get_run_source", "The source that a run is pinned to.")),
        )
        .api_route(
            "/v1/runs/{run}/cancel",
            post_with(cancel, op("cancel_run", "Ask that a run end, with all that it started.")),
        )
}

/// Which runs are listed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunParams {
    /// Only those that stand there.
    state: Option<RunState>,
    /// Only those that ended so: `succeeded`, `failed`, `cancelled`, `timed_out`.
    outcome: Option<OutcomeWord>,
    /// Only those of this flow.
    flow: Option<String>,
    /// Only those that this run started itself.
    parent: Option<String>,
    /// Only those that this run started, and what those started.
    root: Option<String>,
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    after: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeWord {
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
}

impl OutcomeWord {
    fn as_str(self) -> &'static str {
        match self {
            OutcomeWord::Succeeded => "succeeded",
            OutcomeWord::Failed => "failed",
            OutcomeWord::Cancelled => "cancelled",
            OutcomeWord::TimedOut => "timed_out",
        }
    }
}

/// A run with all that it is pinned to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RunDetail {
    #[serde(flatten)]
    pub(crate) summary: RunSummary,
    /// The flow's input.
    pub(crate) input: Value,
    /// What whoever started the run granted.
    pub(crate) grants: Vec<Capability>,
    /// What the flow asks for. It may use what is in both.
    pub(crate) uses: Vec<Capability>,
    /// Its ceilings.
    pub(crate) limits: Limits,
    /// Whether it is tried again when it fails.
    pub(crate) retry: RetryPolicy,
    /// Where its randomness begins.
    pub(crate) seed: String,
    /// The trace that it is part of: 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// The run's own span of it.
    #[serde(skip)]
    pub(crate) traceparent: TraceParent,
    /// How it ended, with the output or the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<End>,
    /// Questions that it waits for.
    pub(crate) asks: Vec<AskSummary>,
}

/// The end of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct End {
    /// How.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// What it took.
    pub(crate) usage: Usage,
}

/// Which run.
#[derive(Deserialize, JsonSchema)]
pub(super) struct RunPath {
    /// Its id.
    pub(super) run: String,
}

/// The id that a text is. One that is none reads as a run that does not exist.
pub(crate) fn run_id(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| no_run(text))
}

/// There is no such run.
pub(crate) fn no_run(run: impl std::fmt::Display) -> Problem {
    let run: String = run.to_string().chars().take(40).collect();
    Problem::not_found(format!("run {run}")).hint("`GET /v1/runs` lists the runs.")
}

/// The run, where whoever asks may see it.
pub(crate) async fn found(identity: &Identity, run: &str) -> Result<RunSummary, Problem> {
    let run = run_id(run)?;
    let row = identity.tenant.run(&run).await?.ok_or_else(|| no_run(&run))?;
    Ok(RunSummary::from(row))
}

/// The run with what its record begins and ends with.
pub(crate) async fn detail(identity: &Identity, run: &RunId) -> Result<RunDetail, Problem> {
    let row = identity.tenant.run(run).await?.ok_or_else(|| no_run(run))?;
    let first = identity.tenant.events(run, 0, 1).await?.into_iter().next();
    let Some(EventBody::RunQueued(start)) = first.map(|event| event.body) else {
        return Err(no_run(run));
    };
    let end = if row.state == RunState::Ended {
        let last = identity.tenant.events(run, row.seq.saturating_sub(1), 1).await?;
        last.into_iter().find_map(|event| match event.body {
            EventBody::RunEnded { outcome, usage } => Some(End { outcome, usage }),
            _ => None,
        })
    } else {
        None
    };
    let asks = if row.state == RunState::Ended {
        Vec::new()
    } else {
        let filter = AskFilter {
            run: Some(run.clone()),
            state: Some(AskState::Open),
            ..AskFilter::default()
        };
        identity.tenant.some_asks(&filter).await?.items.into_iter().map(AskSummary::from).collect()
    };
    let trace = RunTrace::of(&row.id, start.trace.as_ref());
    Ok(RunDetail {
        summary: RunSummary::from(row),
        input: start.input,
        grants: start.grants,
        uses: start.uses,
        limits: start.limits,
        retry: start.retry,
        seed: start.seed,
        trace_id: trace.trace_id().to_string(),
        traceparent: trace.context(SpanId::RUN).traceparent,
        end,
        asks,
    })
}

pub(super) async fn list(
    caller: Caller<Read>,
    Params(params): Params<RunParams>,
) -> Result<Reply<Page<RunSummary>>, Problem> {
    let limit = limit(params.limit)?;
    let id = |text: Option<String>, place: &str| -> Result<Option<RunId>, Problem> {
        text.map(|text| text.parse().map_err(|_| Problem::field(place, "it is no id of a run")))
            .transpose()
    };
    let filter = RunFilter {
        state: params.state,
        outcome: params.outcome.map(|outcome| outcome.as_str().to_owned()),
        flow: params.flow,
        parent: id(params.parent, "parent")?,
        root: id(params.root, "root")?,
        before: id(params.after, "after")?,
        limit: Some(limit + 1),
    };
    let runs = caller.tenant.runs(&filter).await?;
    let page = Page::of(runs, limit, |run| run.id.to_string());
    Ok(Reply::new(page.map(RunSummary::from)))
}

async fn get(caller: Caller<Read>, At(path): At<RunPath>) -> Result<Reply<RunDetail>, Problem> {
    Ok(Reply::new(detail(&caller, &run_id(&path.run)?).await?))
}

/// The source of a run.
#[derive(Serialize, JsonSchema)]
struct RunSource {
    /// SHA-256 of it, in hex.
    source_digest: String,
    /// Python.
    source: String,
}

async fn source(caller: Caller<Read>, At(path): At<RunPath>) -> Result<Reply<RunSource>, Problem> {
    let run = found(&caller, &path.run).await?;
    let source = caller.tenant.source(&run.source_digest).await?;
    let source = source.ok_or_else(|| Problem::not_found("source of that run"))?.to_string();
    Ok(Reply::new(RunSource { source_digest: run.source_digest, source }))
}

/// Why a run is to end.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(example = json!({ "reason": "it is no longer needed" }))]
struct Cancel {
    /// In words, for the record.
    reason: Option<String>,
}

async fn cancel(
    caller: Caller<Run>,
    At(path): At<RunPath>,
    Body(cancel): Body<Cancel>,
) -> Result<Reply<RunSummary, 202>, Problem> {
    Ok(Reply::new(cancelled(&caller, &path.run, cancel.reason).await?))
}

/// Asks that a run end. One that is over stays as it is.
pub(crate) async fn cancelled(
    identity: &Identity,
    run: &str,
    reason: Option<String>,
) -> Result<RunSummary, Problem> {
    let run = found(identity, run).await?;
    let reason = reason.unwrap_or_else(|| format!("asked for by {}", identity.name));
    let reason: String = reason.chars().take(500).collect();
    if identity.tenant.cancel(&run.run, &reason, now_us()).await? {
        identity.note("cancel run", run.run.as_str(), json!({ "reason": reason })).await?;
    }
    found(identity, run.run.as_str()).await
}
