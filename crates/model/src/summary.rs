//! Runs, questions and saved flows as they are listed, in the words of the API and of `--json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AskId, CallId, Fork, Question, RunId, RunState};

/// A run, without its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Its name.
    pub run: RunId,
    /// The flow.
    pub flow: String,
    /// Where it stands.
    pub state: RunState,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The code of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The source that it is pinned to.
    pub source_digest: String,
    /// The runtime image that it is pinned to.
    pub image_digest: String,
    /// In microseconds since the Unix epoch, as all that ends in `_at_us`.
    pub created_at_us: u64,
    /// When it was first taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at_us: Option<u64>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_us: Option<u64>,
    /// When it is looked at again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_us: Option<u64>,
    /// When it must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_us: Option<u64>,
    /// How often it was taken up.
    pub attempts: u32,
    /// Events of its record.
    pub events: u64,
    /// CPU time of its guests.
    pub cpu_time_us: u64,
    /// Why somebody wants it to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// Who submitted it, in the words of the audit; none for a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The run that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The run at the top.
    pub root: RunId,
    /// The run whose record it begins with, and where it leaves that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// Whether its record was made elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_imported: bool,
}

/// A question of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskSummary {
    /// Its name.
    pub ask: AskId,
    /// The run that asks.
    pub run: RunId,
    /// Its call.
    pub call: CallId,
    /// What is asked: text that nobody trusts.
    #[serde(flatten)]
    pub question: Question,
    /// `open`, `answered` or `closed`.
    pub state: String,
    /// When it was asked.
    pub created_at_us: u64,
    /// When it is closed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_us: Option<u64>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at_us: Option<u64>,
}

/// A version of a saved flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowSummary {
    /// The flow.
    #[serde(rename = "flow")]
    pub name: String,
    /// Counted from 1.
    pub version: u64,
    /// Its source.
    pub source_digest: String,
    /// When it was saved.
    pub created_at_us: u64,
    /// What `check` says of it: docs/describe.md.
    pub description: Value,
}
