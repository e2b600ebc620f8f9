//! Sources, flows, and what they may ask for, as an agent gets them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sluice_model::{FlowDescription, Problem as SourceProblem};

use super::failure::{ErrorView, marked};
use crate::mcp::shorten::{self, Listed};

/// A flow.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct FlowView {
    /// What it is called by.
    flow: String,
    /// The newest version, counted from 1; absent for one that is not saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// What it does, in its author's words.
    summary: String,
    /// JSON Schema of its input.
    input: Value,
    /// JSON Schema of its output.
    output: Value,
    /// What it asks for.
    uses: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses_left_out: Option<usize>,
    /// Steps whose names stand in the source.
    steps: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps_left_out: Option<usize>,
}

impl FlowView {
    /// A described flow.
    pub(in crate::mcp) fn of(flow: &FlowDescription, version: Option<u64>) -> FlowView {
        let uses = Listed::of(&flow.uses, |word| shorten::line(word));
        let steps = Listed::of(&flow.steps, |name| shorten::line(name));
        FlowView {
            version,
            summary: shorten::text(&flow.summary),
            input: shorten::shorten(&flow.input).0,
            output: shorten::shorten(&flow.output).0,
            uses: uses.shown,
            uses_left_out: uses.left_out,
            steps: steps.shown,
            steps_left_out: steps.left_out,
            ..FlowView::undescribed(&flow.name, version)
        }
    }

    /// One of which nothing is known but its name.
    pub(in crate::mcp) fn undescribed(name: &str, version: Option<u64>) -> FlowView {
        FlowView {
            flow: shorten::line(name),
            version,
            summary: String::new(),
            input: serde_json::json!({}),
            output: serde_json::json!({}),
            uses: Vec::new(),
            uses_left_out: None,
            steps: Vec::new(),
            steps_left_out: None,
        }
    }
}

/// Flows.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct FlowList {
    /// By name.
    pub(in crate::mcp) flows: Vec<FlowView>,
    /// `after` of the next part; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) next: Option<String>,
}

/// The guide, or a part of it.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct Guide {
    /// Markdown.
    pub(in crate::mcp) guide: String,
    /// All topics.
    pub(in crate::mcp) topics: Vec<String>,
}

/// What a source holds.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct Checked {
    /// Whether it can be run.
    pub(in crate::mcp) is_valid: bool,
    /// Its flows.
    pub(in crate::mcp) flows: Vec<FlowView>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) flows_left_out: Option<usize>,
    /// What is wrong with it.
    pub(in crate::mcp) problems: Vec<ProblemView>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) problems_left_out: Option<usize>,
    /// Why it cannot be loaded at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) error: Option<ErrorView>,
    /// What it asks for and your runs cannot be granted.
    pub(in crate::mcp) missing_grants: Vec<String>,
    /// How many more there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) missing_grants_left_out: Option<usize>,
}

/// Something wrong with a source.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct ProblemView {
    /// `error` where it cannot be used, else `warning`.
    severity: String,
    /// Why, exactly.
    code: String,
    /// One sentence.
    message: String,
    /// What to do.
    hint: Option<String>,
    /// From 1.
    line: Option<u32>,
    /// From 1.
    column: Option<u32>,
    /// The line.
    excerpt: Option<String>,
}

impl ProblemView {
    /// A problem of that source.
    pub(in crate::mcp) fn of(problem: &SourceProblem, source: &str) -> ProblemView {
        let line = problem.line.and_then(|number| {
            let line = source.lines().nth(number.checked_sub(1)? as usize)?;
            Some(marked(number, line, true))
        });
        let severity = serde_json::to_value(problem.severity).unwrap_or_default();
        ProblemView {
            severity: severity.as_str().unwrap_or_default().to_owned(),
            code: shorten::line(&problem.code),
            message: shorten::text(&problem.message),
            hint: problem.hint.as_deref().map(shorten::text),
            line: problem.line,
            column: problem.column,
            excerpt: line,
        }
    }
}

/// What flows may ask for.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct Capabilities {
    /// What your runs can be granted, as words for `uses` and `grants`. `*` at the end stands for any end.
    pub(in crate::mcp) grants: Vec<String>,
    /// All kinds of words.
    pub(in crate::mcp) kinds: Vec<KindView>,
}

/// A kind of capability.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct KindView {
    /// Its word.
    pub(in crate::mcp) kind: &'static str,
    /// What it allows.
    pub(in crate::mcp) about: &'static str,
    /// A word of this kind.
    pub(in crate::mcp) example: &'static str,
    /// Whether your runs can be granted something of it.
    pub(in crate::mcp) is_granted: bool,
}
