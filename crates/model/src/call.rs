//! Calls: the operations that a flow asks of the host, and what they bring.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CallId, Failure, Request, SpanId};

/// The closed set of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Wait for a time.
    Sleep,
    /// A method of a `hero_rpc` service.
    Rpc,
    /// An HTTP request.
    Http,
    /// A model.
    Llm,
    /// A child run.
    Flow,
    /// A question to a person or a machine.
    Ask,
    /// The tenant's key-value store.
    Kv,
    /// A reference to a secret.
    Secret,
    /// Bytes kept with the run.
    Artifact,
}

impl CallKind {
    /// Every kind, in the order of the WIT enum.
    pub const ALL: [CallKind; 9] = [
        CallKind::Sleep,
        CallKind::Rpc,
        CallKind::Http,
        CallKind::Llm,
        CallKind::Flow,
        CallKind::Ask,
        CallKind::Kv,
        CallKind::Secret,
        CallKind::Artifact,
    ];

    /// The word that stands for it in capabilities, JSON and WIT.
    pub fn as_str(self) -> &'static str {
        match self {
            CallKind::Sleep => "sleep",
            CallKind::Rpc => "rpc",
            CallKind::Http => "http",
            CallKind::Llm => "llm",
            CallKind::Flow => "flow",
            CallKind::Ask => "ask",
            CallKind::Kv => "kv",
            CallKind::Secret => "secret",
            CallKind::Artifact => "artifact",
        }
    }

    /// Whether a call of this kind needs a capability at all.
    pub fn needs_grant(self) -> bool {
        self != CallKind::Sleep
    }
}

/// A call that passed the checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// The call.
    pub call: CallId,
    /// The span that the host opened for it.
    pub span: SpanId,
    /// What is asked.
    pub request: Request,
    /// Bytes beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// Whether a person has to allow it before it is performed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_approval: bool,
}

/// Bytes beside a call or its answer. Records name them by their digest; the store keeps them apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// SHA-256 of the bytes, in hex.
    pub digest: String,
    /// How many there are.
    pub size_bytes: u64,
    /// The bytes, where they are at hand: a record that was read has them in the store only.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
}

/// What a call brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The answer proper.
    pub value: Value,
    /// Bytes beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
}

impl Answer {
    /// An answer without bytes beside it.
    pub fn of(value: Value) -> Answer {
        Answer { value, attachment: None }
    }
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Which.
    pub call: CallId,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Box<Failure>>,
}
