//! What a run did, as a tree of spans and as lines of logs: folds over its record.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_model::{
    Attributes, Call, Event, EventBody, Failure, Level, RunId, SpanId, SpanStatus, Stream, Tree,
};

use super::op;
use super::runs::{RunPath, found};
use crate::auth::{Caller, Identity, Read};
use crate::edge::Edge;
use crate::input::{At, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

/// Events that are read at once.
const AT_ONCE: u32 = 1_000;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/runs/{run}/spans",
            get_with(
                list,
                op("list_spans", "The spans of a run, in the order of their beginning."),
            ),
        )
        .api_route(
            "/v1/runs/{run}/spans/{span}",
            get_with(get, op("get_span", "A span with its call, its logs and what it started.")),
        )
        .api_route(
            "/v1/runs/{run}/logs",
            get_with(logs, op("list_logs", "What a run logged and printed.")),
        )
}

/// A timed node of a run's tree.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SpanSummary {
    /// Its number within the run, from 1.
    pub(crate) span: SpanId,
    /// The span that it stands under; 0 is the run itself.
    pub(crate) parent: SpanId,
    /// Text that nobody trusts.
    pub(crate) name: String,
    /// As last set.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub(crate) attributes: Attributes,
    /// When it began, in microseconds since the Unix epoch.
    pub(crate) started_at_us: u64,
    /// When it ended; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at_us: Option<u64>,
    /// How it ended; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<SpanStatus>,
    /// How far it is, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<Progress>,
}

/// How far a span is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Progress {
    /// Units that are done.
    pub(crate) done: u64,
    /// Units in all, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
}

/// A line that a run logged or printed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LogLine {
    /// The number of its event.
    pub(crate) seq: u64,
    /// When, in microseconds since the Unix epoch.
    pub(crate) at_us: u64,
    /// The span in which it was written.
    pub(crate) span: SpanId,
    /// How much it matters.
    pub(crate) level: Level,
    /// Text that nobody trusts.
    pub(crate) message: String,
    /// Structured members.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub(crate) attributes: Attributes,
    /// Set for what was printed rather than logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<Stream>,
}

/// A span with what belongs to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SpanDetail {
    #[serde(flatten)]
    pub(crate) summary: SpanSummary,
    /// Names of the spans above, the outermost first.
    pub(crate) path: Vec<String>,
    /// Spans directly under it.
    pub(crate) children: Vec<SpanId>,
    /// The call whose span it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<Call>,
    /// What the call was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<serde_json::Value>,
    /// Why the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// The run that the call started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) child: Option<RunId>,
    /// Calls that were refused directly under it.
    pub(crate) refused: Vec<Failure>,
    /// The first lines that were logged in it, at most 100.
    pub(crate) logs: Vec<LogLine>,
    /// How many more there are: `list_logs` has all.
    pub(crate) logs_left_out: usize,
}

/// Which lines.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LogParams {
    /// Only lines that matter at least so much.
    level: Option<Level>,
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    after: Option<String>,
}

/// Which span.
#[derive(Deserialize, JsonSchema)]
struct SpanPath {
    /// The id of the run.
    run: String,
    /// The number of the span, from 1.
    span: u64,
}

/// The whole record, a part at a time, without the bytes beside it.
pub(crate) async fn events_of(identity: &Identity, run: &RunId) -> Result<Vec<Event>, Problem> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let after = events.last().map_or(0, |event| event.seq);
        let more = identity.tenant.events(run, after, AT_ONCE).await?;
        let is_last = more.len() < AT_ONCE as usize;
        events.extend(more);
        if is_last {
            return Ok(events);
        }
    }
}

fn summary(span: &sluice_model::Span) -> SpanSummary {
    SpanSummary {
        span: span.id,
        parent: span.parent,
        name: span.name.clone(),
        attributes: span.attributes.clone(),
        started_at_us: span.started_at_us,
        ended_at_us: span.ended_at_us,
        end: span.status.clone(),
        progress: span.progress.map(|(done, total)| Progress { done, total }),
    }
}

/// All spans of a record, in the order in which they began.
pub(crate) fn spans_of(events: &[Event]) -> Vec<SpanSummary> {
    let mut tree = Tree::default();
    for event in events {
        tree.apply(event.at_us, &event.body);
    }
    let opened = events.iter().filter_map(|event| match &event.body {
        EventBody::SpanStarted { span, .. } => tree.span(*span),
        _ => None,
    });
    opened.map(summary).collect()
}

async fn list(
    caller: Caller<Read>,
    At(path): At<RunPath>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<SpanSummary>>, Problem> {
    let run = found(&caller, &path.run).await?;
    let limit = limit(page.limit)?;
    let after = number(page.after.as_deref())?;
    let spans = spans_of(&events_of(&caller, &run.run).await?);
    let wanted = spans.into_iter().filter(|span| span.span.0 > after).take(limit as usize + 1);
    Ok(Reply::new(Page::of(wanted.collect(), limit, |span| span.span.0.to_string())))
}

/// A cursor that is a number; 0 where it is absent.
pub(super) fn number(after: Option<&str>) -> Result<u64, Problem> {
    let Some(after) = after else { return Ok(0) };
    after.parse().map_err(|_| Problem::field("after", "it is a number, the `next` of a page"))
}

async fn get(caller: Caller<Read>, At(path): At<SpanPath>) -> Result<Reply<SpanDetail>, Problem> {
    Ok(Reply::new(span_in(&caller, &path.run, path.span).await?))
}

/// A span of a run, where whoever asks may see it.
pub(crate) async fn span_in(
    identity: &Identity,
    run: &str,
    span: u64,
) -> Result<SpanDetail, Problem> {
    let run = found(identity, run).await?.run;
    let events = events_of(identity, &run).await?;
    let detail = span_of(&events, SpanId(span));
    let mut detail = detail.ok_or_else(|| Problem::not_found(format!("span {span}")))?;
    if let Some(call) = &detail.call {
        detail.child = identity.tenant.child(&run, call.call).await?;
    }
    Ok(detail)
}

/// A span with all that a record says of it.
pub(crate) fn span_of(events: &[Event], id: SpanId) -> Option<SpanDetail> {
    let mut tree = Tree::default();
    let mut call: Option<Call> = None;
    let (mut answered, mut failed) = (None, None);
    let (mut refused, mut logs, mut logs_left_out) = (Vec::new(), Vec::new(), 0);
    for event in events {
        tree.apply(event.at_us, &event.body);
        match &event.body {
            EventBody::CallStarted { call: started } if started.span == id => {
                call = Some(started.clone());
            }
            EventBody::CallEnded { call: ended, answer, failure }
                if call.as_ref().is_some_and(|call| call.call == *ended) =>
            {
                answered = answer.as_ref().map(|answer| answer.value.clone());
                failed = failure.as_deref().cloned();
            }
            EventBody::CallRefused { parent, failure, .. } if *parent == id => {
                refused.push((**failure).clone());
            }
            EventBody::Log { span, .. } if *span == id => {
                if logs.len() < 100 {
                    logs.extend(line(event));
                } else {
                    logs_left_out += 1;
                }
            }
            _ => {}
        }
    }
    let span = tree.span(id)?;
    let mut path = Vec::new();
    let mut above = tree.span(span.parent);
    while let Some(parent) = above {
        path.push(parent.name.clone());
        above = tree.span(parent.parent);
    }
    path.reverse();
    Some(SpanDetail {
        summary: summary(span),
        path,
        children: span.children.clone(),
        call,
        answer: answered,
        failure: failed,
        child: None,
        refused,
        logs,
        logs_left_out,
    })
}

fn line(event: &Event) -> Option<LogLine> {
    let EventBody::Log { span, level, message, attributes, stream } = &event.body else {
        return None;
    };
    Some(LogLine {
        seq: event.seq,
        at_us: event.at_us,
        span: *span,
        level: *level,
        message: message.clone(),
        attributes: attributes.clone(),
        stream: *stream,
    })
}

async fn logs(
    caller: Caller<Read>,
    At(path): At<RunPath>,
    Params(params): Params<LogParams>,
) -> Result<Reply<Page<LogLine>>, Problem> {
    let run = found(&caller, &path.run).await?;
    let limit = limit(params.limit)?;
    let mut after = number(params.after.as_deref())?;
    let least = params.level.unwrap_or(Level::Debug);
    let mut lines = Vec::new();
    loop {
        let events = caller.tenant.events(&run.run, after, AT_ONCE).await?;
        let found = events.iter().filter_map(line).filter(|line| line.level >= least);
        lines.extend(found.take((limit as usize + 1).saturating_sub(lines.len())));
        let is_last = events.len() < AT_ONCE as usize;
        if is_last || lines.len() > limit as usize {
            return Ok(Reply::new(Page::of(lines, limit, |line| line.seq.to_string())));
        }
        after = events.last().map_or(after, |event| event.seq);
    }
}
