//! What a source holds, as `describe` found it: docs/describe.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The flows of a source and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// Version of this document.
    pub version: u32,
    /// In the order of the source.
    pub flows: Vec<FlowDescription>,
    /// What would go wrong.
    pub problems: Vec<Problem>,
}

/// One flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowDescription {
    /// What it is called by.
    pub name: String,
    /// The Python function.
    pub function: String,
    /// Line of its definition, from 1.
    pub line: u32,
    /// First paragraph of the docstring.
    pub summary: String,
    /// The docstring.
    pub doc: String,
    /// JSON Schema of the input.
    pub input: Value,
    /// JSON Schema of the output.
    pub output: Value,
    /// Capabilities that it requests.
    pub uses: Vec<String>,
    /// Step names that stand as literals in the source.
    pub steps: Vec<String>,
    /// Whether it is a coroutine function.
    pub is_async: bool,
}

/// Something wrong, found without running a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Whether the source is unusable.
    pub severity: Severity,
    /// A heading of docs/errors.md.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// First line, from 1.
    pub line: Option<u32>,
    /// First column, from 1, in characters.
    pub column: Option<u32>,
    /// Last line.
    pub end_line: Option<u32>,
    /// Column after the last character.
    pub end_column: Option<u32>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The source or a flow cannot be used.
    Error,
    /// It can, and will likely disappoint.
    Warning,
}
