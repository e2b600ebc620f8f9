//! What tools answer with: less than the API tells, as a model reads all of it. Every text that a flow
//! had a hand in stands in a field of its own, cut to a bearable length.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sluice_model::{AskSummary, Failure, FlowDescription, Frame, Problem as SourceProblem};

use super::shorten;
use crate::problem::Field;

/// What a tool answers with, whether or not it did what it was asked.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is what it is for")]
pub(super) enum Done<T> {
    /// It was done.
    Done(T),
    /// It was not.
    Refused(Box<Refused>),
}

/// Why a tool did not do it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Refused {
    /// The reason.
    pub(super) error: ErrorView,
}

/// Why something did not work.
#[derive(Serialize, JsonSchema)]
pub(super) struct ErrorView {
    /// Why, exactly, as in `input_invalid`.
    pub(super) code: String,
    /// One sentence; for an exception its text.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: Option<String>,
    /// The parts of the arguments that are at fault.
    pub(super) fields: Vec<Field>,
    /// The exception's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exception: Option<String>,
    /// The innermost span that was open: for `get_span`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span: Option<u64>,
    /// Names of the open steps, outermost first: for `rerun_from_step`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) step: Vec<String>,
    /// Where in the source, as in `flow.py:9:20 in total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// The lines around; `>` stands before the one at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) excerpt: Vec<String>,
    /// Local variables there.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) locals: Value,
    /// What else there is to say, by the code.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) details: Value,
    /// The messages of what it was raised from, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) causes: Vec<String>,
}

impl ErrorView {
    /// The object of a failure.
    pub(super) fn of(failure: &Failure, fields: Vec<Field>) -> ErrorView {
        let own = failure.frames.iter().rev().find(|frame| frame.own && frame.excerpt.is_some());
        let frame = own.or_else(|| failure.frames.last());
        let causes = std::iter::successors(failure.cause.as_deref(), |it| it.cause.as_deref());
        let told = |it: &Failure| {
            let class = it.exception.as_deref().unwrap_or(it.code.as_str());
            shorten::text(&format!("{class}: {}", it.message))
        };
        ErrorView {
            code: failure.code.as_str().to_owned(),
            message: shorten::text(&failure.message),
            hint: failure.hint.as_deref().map(shorten::text),
            fields,
            exception: failure.exception.clone(),
            span: failure.span.map(|span| span.0),
            step: failure.step.clone(),
            at: frame.map(place),
            excerpt: frame.map(excerpt).unwrap_or_default(),
            locals: frame.map_or(Value::Null, |frame| members(&frame.locals)),
            details: members(&failure.details),
            causes: causes.take(5).map(told).collect(),
        }
    }
}

/// What a flow attached, as it is shown; `null` where it is nothing.
pub(super) fn members(attributes: &sluice_model::Attributes) -> Value {
    if attributes.is_empty() {
        return Value::Null;
    }
    shorten::shorten(&serde_json::to_value(attributes).unwrap_or_default()).0
}

fn place(frame: &Frame) -> String {
    let number =
        |number: Option<u32>| number.map(|number| format!(":{number}")).unwrap_or_default();
    let (line, column) = (number(frame.line), number(frame.column));
    format!("{}{line}{column} in {}", frame.file, frame.function)
}

fn excerpt(frame: &Frame) -> Vec<String> {
    let Some(excerpt) = &frame.excerpt else { return Vec::new() };
    let numbered = (excerpt.first_line..).zip(&excerpt.lines);
    numbered.map(|(number, line)| marked(number, line, frame.line == Some(number))).collect()
}

/// A line of source with its number.
pub(super) fn marked(number: u32, line: &str, is_meant: bool) -> String {
    let line: String = line.chars().take(200).collect();
    format!("{}{number:>4} | {line}", if is_meant { '>' } else { ' ' })
}

/// A flow.
#[derive(Serialize, JsonSchema)]
pub(super) struct FlowView {
    /// What it is called by.
    pub(super) flow: String,
    /// The newest version, counted from 1; absent for one that is not saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u64>,
    /// What it does, in its author's words.
    pub(super) summary: String,
    /// JSON Schema of its input.
    pub(super) input: Value,
    /// JSON Schema of its output.
    pub(super) output: Value,
    /// What it asks for.
    pub(super) uses: Vec<String>,
    /// Steps whose names stand in the source.
    pub(super) steps: Vec<String>,
}

impl FlowView {
    /// A described flow.
    pub(super) fn of(flow: &FlowDescription, version: Option<u64>) -> FlowView {
        FlowView {
            flow: flow.name.clone(),
            version,
            summary: shorten::text(&flow.summary),
            input: shorten::shorten(&flow.input).0,
            output: shorten::shorten(&flow.output).0,
            uses: flow.uses.clone(),
            steps: flow.steps.iter().take(30).cloned().collect(),
        }
    }
}

/// Flows.
#[derive(Serialize, JsonSchema)]
pub(super) struct FlowList {
    /// By name.
    pub(super) flows: Vec<FlowView>,
    /// `after` of the next part; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// The guide, or a part of it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Guide {
    /// Markdown.
    pub(super) guide: String,
    /// All topics.
    pub(super) topics: Vec<String>,
}

/// What a source holds.
#[derive(Serialize, JsonSchema)]
pub(super) struct Checked {
    /// Whether it can be run.
    pub(super) is_valid: bool,
    /// Its flows.
    pub(super) flows: Vec<FlowView>,
    /// What is wrong with it.
    pub(super) problems: Vec<ProblemView>,
    /// Why it cannot be loaded at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorView>,
    /// What it asks for and your runs cannot be granted.
    pub(super) missing_grants: Vec<String>,
}

/// Something wrong with a source.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProblemView {
    /// `error` where it cannot be used, else `warning`.
    pub(super) severity: String,
    /// Why, exactly.
    pub(super) code: String,
    /// One sentence.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: Option<String>,
    /// From 1.
    pub(super) line: Option<u32>,
    /// From 1.
    pub(super) column: Option<u32>,
    /// The line.
    pub(super) excerpt: Option<String>,
}

impl ProblemView {
    /// A problem of that source.
    pub(super) fn of(problem: &SourceProblem, source: &str) -> ProblemView {
        let line = problem.line.and_then(|number| {
            let line = source.lines().nth(number.checked_sub(1)? as usize)?;
            Some(marked(number, line, true))
        });
        let severity = serde_json::to_value(problem.severity).unwrap_or_default();
        ProblemView {
            severity: severity.as_str().unwrap_or_default().to_owned(),
            code: problem.code.clone(),
            message: shorten::text(&problem.message),
            hint: problem.hint.as_deref().map(shorten::text),
            line: problem.line,
            column: problem.column,
            excerpt: line,
        }
    }
}

/// A run.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunView {
    /// Its id.
    pub(super) run: String,
    /// The flow.
    pub(super) flow: String,
    /// `queued`, `running`, `waiting` or `ended`.
    pub(super) state: String,
    /// `succeeded`, `failed`, `cancelled` or `timed_out`, once it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<String>,
    /// What it returned, where it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Value>,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorView>,
    /// Questions that it waits for: for `answer_ask`.
    pub(super) asks: Vec<AskView>,
    /// What it did, in the order of beginning: for `get_span`.
    pub(super) spans: Vec<SpanLine>,
    /// Spans that are not listed, for want of room.
    pub(super) spans_left_out: usize,
    /// Whether the output is longer than what stands here; `GET /v1/runs/{run}` has all of it.
    pub(super) is_cut: bool,
    /// CPU time that it took.
    pub(super) cpu_time_us: u64,
    /// The run whose record it begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forked_from: Option<String>,
}

/// A question of a run.
#[derive(Serialize, JsonSchema)]
pub(super) struct AskView {
    /// Its id.
    pub(super) ask: String,
    /// The run that asks.
    pub(super) run: String,
    /// What is asked, in the flow's words.
    pub(super) question: String,
    /// What whoever answers should know.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) details: Value,
    /// JSON Schema of the answer.
    pub(super) schema: Value,
    /// Who is to answer; anybody where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignee: Option<String>,
    /// `open`, `answered` or `closed`.
    pub(super) state: String,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Value>,
}

impl From<AskSummary> for AskView {
    fn from(ask: AskSummary) -> AskView {
        AskView {
            ask: ask.ask.to_string(),
            run: ask.run.to_string(),
            question: shorten::text(&ask.question.question),
            details: members(&ask.question.details),
            schema: shorten::shorten(&ask.question.schema).0,
            assignee: ask.question.assignee,
            state: ask.state,
            answer: ask.answer.map(|answer| shorten::shorten(&answer).0),
        }
    }
}

/// A step or call, in a line.
#[derive(Serialize, JsonSchema)]
pub(super) struct SpanLine {
    /// Its number.
    pub(super) span: u64,
    /// The span that it stands under; 0 is the run.
    pub(super) parent: u64,
    /// In the flow's words.
    pub(super) name: String,
    /// `open`, `ok`, `failed` or `cancelled`.
    pub(super) status: &'static str,
}

/// A step or call with what belongs to it.
#[derive(Serialize, JsonSchema)]
pub(super) struct SpanView {
    /// In a line.
    #[serde(flatten)]
    pub(super) line: SpanLine,
    /// Names of the spans above, the outermost first.
    pub(super) path: Vec<String>,
    /// How long it took, in microseconds; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) took_us: Option<u64>,
    /// What the flow attached to it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) attributes: Value,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ErrorView>,
    /// What was asked of the host, where it is a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<Value>,
    /// What the call was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Value>,
    /// The run that the call started: for `get_run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) child: Option<String>,
    /// Calls that were refused in it.
    pub(super) refused: Vec<ErrorView>,
    /// Spans directly under it.
    pub(super) children: Vec<u64>,
    /// What was logged and printed in it, from the beginning.
    pub(super) logs: Vec<LogView>,
}

/// A line of log.
#[derive(Serialize, JsonSchema)]
pub(super) struct LogView {
    /// `debug`, `info`, `warning` or `error`.
    pub(super) level: String,
    /// In the flow's words.
    pub(super) message: String,
    /// Structured members.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) attributes: Value,
}

/// A run that is run again, or would be.
#[derive(Serialize, JsonSchema)]
pub(super) struct RerunView {
    /// The run whose record is taken over.
    pub(super) of: String,
    /// How many of its events are taken over.
    pub(super) taken: usize,
    /// Whether anything else would happen than what is recorded.
    pub(super) is_needed: bool,
    /// What happens otherwise at the place where the record is left, where a replay found that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<ErrorView>,
    /// The new run, where it went live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rerun: Option<RunView>,
}

/// What flows may ask for.
#[derive(Serialize, JsonSchema)]
pub(super) struct Capabilities {
    /// What your runs can be granted, as words for `uses` and `grants`. `*` at the end stands for any end.
    pub(super) grants: Vec<String>,
    /// All kinds of words.
    pub(super) kinds: Vec<KindView>,
}

/// A kind of capability.
#[derive(Serialize, JsonSchema)]
pub(super) struct KindView {
    /// Its word.
    pub(super) kind: &'static str,
    /// What it allows.
    pub(super) about: &'static str,
    /// A word of this kind.
    pub(super) example: &'static str,
    /// Whether your runs can be granted something of it.
    pub(super) is_granted: bool,
}
