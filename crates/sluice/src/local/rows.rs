//! Runs, questions and saved flows as they are listed: what the store keeps of them, in the words of `--json`.

use serde::Serialize;
use serde_json::Value;
use sluice_db::{AskRow, FlowVersion, RunRow};
use sluice_model::{AskId, CallId, Fork, Question, RunId, RunState};

/// A run, without its record.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Its name.
    pub run: RunId,
    /// The flow.
    pub flow: String,
    /// Where it stands.
    pub state: RunState,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The code of its failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The source that it is pinned to.
    pub source_digest: String,
    /// The runtime image that it is pinned to.
    pub image_digest: String,
    /// In microseconds since the Unix epoch, as all that ends in `_at_us`.
    pub created_at_us: u64,
    /// When it was first taken up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at_us: Option<u64>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_us: Option<u64>,
    /// When it is looked at again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at_us: Option<u64>,
    /// When it must be over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_us: Option<u64>,
    /// How often it was taken up.
    pub attempts: u32,
    /// Events of its record.
    pub events: u64,
    /// CPU time of its guests.
    pub cpu_time_us: u64,
    /// Why somebody wants it to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// The run that started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The run at the top.
    pub root: RunId,
    /// The run whose record it begins with, and where it leaves that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// Whether its record was made elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_imported: bool,
}

/// A question of a run.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the words of the documents")]
pub struct Ask {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at_us: Option<u64>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at_us: Option<u64>,
}

/// A version of a saved flow.
#[derive(Clone, Debug, Serialize)]
pub struct SavedFlow {
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

impl From<RunRow> for Summary {
    fn from(row: RunRow) -> Summary {
        Summary {
            root: row.root.unwrap_or_else(|| row.id.clone()),
            run: row.id,
            flow: row.flow,
            state: row.state,
            outcome: row.outcome,
            code: row.code,
            source_digest: row.source_digest,
            image_digest: row.image_digest,
            created_at_us: row.created_at_us,
            started_at_us: row.started_at_us,
            ended_at_us: row.ended_at_us,
            due_at_us: row.due_at_us,
            deadline_us: row.deadline_us,
            attempts: row.attempts,
            events: row.seq,
            cpu_time_us: row.cpu_time_us,
            cancel_reason: row.cancel_reason,
            parent: row.parent.map(|(run, _)| run),
            forked_from: row.forked_from,
            is_imported: row.is_imported,
        }
    }
}

impl From<AskRow> for Ask {
    fn from(row: AskRow) -> Ask {
        Ask {
            ask: row.id,
            run: row.run,
            call: row.call,
            question: row.question,
            state: row.state.as_str().to_owned(),
            created_at_us: row.created_at_us,
            due_at_us: row.due_at_us,
            answer: row.answer,
            answered_by: row.answered_by,
            answered_at_us: row.answered_at_us,
        }
    }
}

impl From<FlowVersion> for SavedFlow {
    fn from(row: FlowVersion) -> SavedFlow {
        SavedFlow {
            name: row.name,
            version: row.version,
            source_digest: row.source_digest,
            created_at_us: row.created_at_us,
            description: row.description,
        }
    }
}
