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
use crate::page::{Bounded, Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

/// Events that are read at once.
const AT_ONCE: u32 = 1_000;

/// Lines and refused calls that are shown with a span.
const MOST_BELOW: usize = 100;

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
    /// Its line in the flow's source, from 1, as the guest says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    /// As last set.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
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
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
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
    /// The first calls that were refused directly under it, at most 100.
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

/// Goes through a whole record, of which a part at a time is in memory, without the bytes beside it.
async fn fold(
    identity: &Identity,
    run: &RunId,
    mut each: impl FnMut(Event),
) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let part = identity.tenant.some_events(run, after, AT_ONCE, None).await?;
        after = part.items.last().map_or(after, |event| event.seq);
        part.items.into_iter().for_each(&mut each);
        if !part.has_more {
            return Ok(());
        }
    }
}

fn summary(span: &sluice_model::Span) -> SpanSummary {
    SpanSummary {
        span: span.id,
        parent: span.parent,
        name: span.name.clone(),
        line: span.line,
        attributes: span.attributes.clone(),
        started_at_us: span.started_at_us,
        ended_at_us: span.ended_at_us,
        end: span.status.clone(),
        progress: span.progress.map(|(done, total)| Progress { done, total }),
    }
}

/// All spans of a run, in the order in which they began.
pub(crate) async fn spans_of(
    identity: &Identity,
    run: &RunId,
) -> Result<Vec<SpanSummary>, Problem> {
    let (mut tree, mut opened) = (Tree::default(), Vec::new());
    fold(identity, run, |event| {
        tree.apply(event.at_us, &event.body);
        if let EventBody::SpanStarted { span, .. } = event.body {
            opened.push(span);
        }
    })
    .await?;
    Ok(opened.into_iter().filter_map(|span| tree.span(span)).map(summary).collect())
}

async fn list(
    caller: Caller<Read>,
    At(path): At<RunPath>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<SpanSummary>>, Problem> {
    let run = found(&caller, &path.run).await?;
    let limit = limit(page.limit)?;
    let after = number(page.after.as_deref())?;
    let spans = spans_of(&caller, &run.run).await?;
    let mut wanted = Bounded::new(limit);
    for span in spans.into_iter().filter(|span| span.span.0 > after) {
        if !wanted.push(span) {
            break;
        }
    }
    Ok(Reply::new(wanted.page(|span| span.span.0.to_string())))
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
    let mut of_span = OfSpan::new(SpanId(span));
    fold(identity, &run, |event| of_span.apply(event)).await?;
    let detail = of_span.detail();
    let mut detail = detail.ok_or_else(|| Problem::not_found(format!("span {span}")))?;
    if let Some(call) = &detail.call {
        detail.child = identity.tenant.child(&run, call.call).await?;
    }
    Ok(detail)
}

/// What a record says of one span.
struct OfSpan {
    id: SpanId,
    tree: Tree,
    call: Option<Call>,
    answer: Option<serde_json::Value>,
    failure: Option<Failure>,
    refused: Vec<Failure>,
    logs: Vec<LogLine>,
    logs_left_out: usize,
}

impl OfSpan {
    fn new(id: SpanId) -> OfSpan {
        OfSpan {
            id,
            tree: Tree::default(),
            call: None,
            answer: None,
            failure: None,
            refused: Vec::new(),
            logs: Vec::new(),
            logs_left_out: 0,
        }
    }

    fn apply(&mut self, event: Event) {
        self.tree.apply(event.at_us, &event.body);
        match event.body {
            EventBody::CallStarted { call } if call.span == self.id => self.call = Some(call),
            EventBody::CallEnded { call: ended, answer, failure }
                if self.call.as_ref().is_some_and(|call| call.call == ended) =>
            {
                self.answer = answer.map(|answer| answer.value);
                self.failure = failure.map(|failure| *failure);
            }
            EventBody::CallRefused { parent, failure, .. }
                if parent == self.id && self.refused.len() < MOST_BELOW =>
            {
                self.refused.push(*failure);
            }
            EventBody::Log { span, .. } if span == self.id => {
                if self.logs.len() < MOST_BELOW {
                    self.logs.extend(line(event));
                } else {
                    self.logs_left_out += 1;
                }
            }
            _ => {}
        }
    }

    /// None where there is no such span.
    fn detail(self) -> Option<SpanDetail> {
        let span = self.tree.span(self.id)?;
        let mut path = Vec::new();
        let mut above = self.tree.span(span.parent);
        while let Some(parent) = above {
            path.push(parent.name.clone());
            above = self.tree.span(parent.parent);
        }
        path.reverse();
        Some(SpanDetail {
            summary: summary(span),
            path,
            children: span.children.clone(),
            call: self.call,
            answer: self.answer,
            failure: self.failure,
            child: None,
            refused: self.refused,
            logs: self.logs,
            logs_left_out: self.logs_left_out,
        })
    }
}

fn line(event: Event) -> Option<LogLine> {
    let Event { seq, at_us, body, .. } = event;
    let EventBody::Log { span, level, message, attributes, stream } = body else { return None };
    Some(LogLine { seq, at_us, span, level, message, attributes, stream })
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
    let mut lines = Bounded::new(limit);
    loop {
        let part = caller.tenant.some_events(&run.run, after, AT_ONCE, None).await?;
        after = part.items.last().map_or(after, |event| event.seq);
        let found = part.items.into_iter().filter_map(line).filter(|line| line.level >= least);
        let is_full = !found.into_iter().all(|line| lines.push(line));
        if is_full || !part.has_more {
            return Ok(Reply::new(lines.page(|line| line.seq.to_string())));
        }
    }
}
