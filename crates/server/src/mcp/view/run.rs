//! Runs, their spans and their questions, as an agent gets them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sluice_model::{AskSummary, SpanStatus};

use super::failure::{ErrorView, members};
use crate::mcp::shorten::{self, Listed};
use crate::routes::reruns::RerunPlan;
use crate::routes::runs::RunDetail;
use crate::routes::spans::{LogLine, SpanDetail, SpanSummary};

/// A run.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct RunView {
    /// Its id.
    run: String,
    /// The flow.
    flow: String,
    /// `queued`, `running`, `waiting` or `ended`.
    state: String,
    /// `succeeded`, `failed`, `cancelled` or `timed_out`, once it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// What it returned, where it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView>,
    /// Questions that it waits for: for `answer_ask`.
    asks: Vec<AskView>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    asks_left_out: Option<usize>,
    /// What it did, in the order of beginning: for `get_span`.
    spans: Vec<SpanLine>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    spans_left_out: Option<usize>,
    /// Whether the output is longer than what stands here; `GET /v1/runs/{run}` has all of it.
    is_cut: bool,
    /// CPU time that it took.
    cpu_time_us: u64,
    /// The run whose record it begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_from: Option<String>,
}

impl RunView {
    /// A run with its spans.
    pub(in crate::mcp) fn of(run: RunDetail, spans: &[SpanSummary]) -> RunView {
        let outcome = run.end.map(|end| end.outcome);
        let error = outcome.as_ref().and_then(|outcome| outcome.failure());
        let error = error.map(|failure| ErrorView::of(failure, &[]));
        let word = outcome.as_ref().map(|outcome| outcome.as_str().to_owned());
        let output = outcome.and_then(|outcome| outcome.into_result().ok());
        let (output, is_cut) = match output.map(|output| shorten::shorten(&output)) {
            Some((output, is_cut)) => (Some(output), is_cut),
            None => (None, false),
        };
        let asks = Listed::of(&run.asks, AskView::of);
        let spans = Listed::of(spans, SpanLine::of);
        RunView {
            run: run.summary.run.to_string(),
            flow: shorten::line(&run.summary.flow),
            state: run.summary.state.as_str().to_owned(),
            outcome: word,
            output,
            error,
            asks: asks.shown,
            asks_left_out: asks.left_out,
            spans: spans.shown,
            spans_left_out: spans.left_out,
            is_cut,
            cpu_time_us: run.summary.cpu_time_us,
            forked_from: run.summary.forked_from.map(|fork| fork.run.to_string()),
        }
    }
}

/// A question of a run.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct AskView {
    /// Its id.
    ask: String,
    /// The run that asks.
    run: String,
    /// What is asked, in the flow's words.
    question: String,
    /// What whoever answers should know.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    details: Value,
    /// JSON Schema of the answer.
    schema: Value,
    /// Who is to answer; anybody where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// `open`, `answered` or `closed`.
    state: String,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
}

impl AskView {
    /// A question.
    pub(in crate::mcp) fn of(ask: &AskSummary) -> AskView {
        AskView {
            ask: ask.ask.to_string(),
            run: ask.run.to_string(),
            question: shorten::text(&ask.question.question),
            details: members(&ask.question.details),
            schema: shorten::shorten(&ask.question.schema).0,
            assignee: ask.question.assignee.as_deref().map(shorten::line),
            state: ask.state.clone(),
            answer: ask.answer.as_ref().map(|answer| shorten::shorten(answer).0),
        }
    }
}

/// A step or call, in a line.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct SpanLine {
    /// Its number.
    pub(in crate::mcp) span: u64,
    /// The span that it stands under; 0 is the run.
    parent: u64,
    /// In the flow's words.
    name: String,
    /// `open`, `ok`, `failed` or `cancelled`.
    pub(in crate::mcp) status: &'static str,
}

impl SpanLine {
    fn of(span: &SpanSummary) -> SpanLine {
        SpanLine {
            span: span.span.0,
            parent: span.parent.0,
            name: shorten::line(&span.name),
            status: match &span.end {
                None => "open",
                Some(SpanStatus::Ok) => "ok",
                Some(SpanStatus::Failed { .. }) => "failed",
                Some(SpanStatus::Cancelled) => "cancelled",
            },
        }
    }
}

/// A step or call with what belongs to it.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct SpanView {
    /// In a line.
    #[serde(flatten)]
    pub(in crate::mcp) line: SpanLine,
    /// Names of the spans above, the outermost first.
    path: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_left_out: Option<usize>,
    /// How long it took, in microseconds; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_us: Option<u64>,
    /// What the flow attached to it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    attributes: Value,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView>,
    /// What was asked of the host, where it is a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<Value>,
    /// What the call was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    /// The run that the call started: for `get_run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<String>,
    /// Calls that were refused in it.
    refused: Vec<ErrorView>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_left_out: Option<usize>,
    /// Spans directly under it.
    children: Vec<u64>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    children_left_out: Option<usize>,
    /// What was logged and printed in it, from the beginning.
    logs: Vec<LogView>,
    /// How many more lines there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    logs_left_out: Option<usize>,
}

impl SpanView {
    /// A span.
    pub(in crate::mcp) fn of(span: &SpanDetail) -> SpanView {
        let ended = match &span.summary.end {
            Some(SpanStatus::Failed { failure }) => Some(&**failure),
            _ => None,
        };
        let error = span.failure.as_ref().or(ended);
        let short = |value: Value| shorten::shorten(&value).0;
        let summary = &span.summary;
        let path = Listed::of(&span.path, |name| shorten::line(name));
        let refused = Listed::of(&span.refused, |failure| ErrorView::of(failure, &[]));
        let children = Listed::of(&span.children, |child| child.0);
        let logs = Listed::of(&span.logs, LogView::of);
        SpanView {
            line: SpanLine::of(summary),
            path: path.shown,
            path_left_out: path.left_out,
            took_us: summary.ended_at_us.map(|at| at.saturating_sub(summary.started_at_us)),
            attributes: members(&summary.attributes),
            error: error.map(|failure| ErrorView::of(failure, &[])),
            call: span
                .call
                .as_ref()
                .and_then(|it| serde_json::to_value(&it.request).ok())
                .map(short),
            answer: span.answer.clone().map(short),
            child: span.child.as_ref().map(ToString::to_string),
            refused: refused.shown,
            refused_left_out: refused.left_out,
            children: children.shown,
            children_left_out: children.left_out,
            logs: logs.shown,
            logs_left_out: Some(logs.left_out.unwrap_or(0) + span.logs_left_out)
                .filter(|left_out| *left_out > 0),
        }
    }
}

/// A line of log.
#[derive(Serialize, JsonSchema)]
struct LogView {
    /// `debug`, `info`, `warning` or `error`.
    level: String,
    /// In the flow's words.
    message: String,
    /// Structured members.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    attributes: Value,
}

impl LogView {
    fn of(line: &LogLine) -> LogView {
        let level = serde_json::to_value(line.level).unwrap_or_default();
        LogView {
            level: level.as_str().unwrap_or_default().to_owned(),
            message: shorten::text(&line.message),
            attributes: members(&line.attributes),
        }
    }
}

/// A run that is run again, or would be.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct RerunView {
    /// The run whose record is taken over.
    of: String,
    /// How many of its events are taken over.
    taken: usize,
    /// Whether anything else would happen than what is recorded.
    is_needed: bool,
    /// What happens otherwise at the place where the record is left, where a replay found that.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<ErrorView>,
    /// The new run, where it went live.
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun: Option<RunView>,
}

impl RerunView {
    /// A plan, and the run that followed it.
    pub(in crate::mcp) fn of(plan: &RerunPlan, rerun: Option<RunView>) -> RerunView {
        RerunView {
            of: plan.of.to_string(),
            taken: plan.taken,
            is_needed: plan.is_needed,
            difference: plan.difference.as_ref().map(|it| ErrorView::of(it, &[])),
            rerun,
        }
    }
}
