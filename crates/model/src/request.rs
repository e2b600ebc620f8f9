//! Requests: what a flow asks of the host: docs/calls.md.

mod parse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Attributes, CallKind, Capability};
pub use parse::InvalidRequest;

/// What is asked of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Request {
    /// Wait for a time.
    Sleep {
        /// How long; at most a year.
        duration_ms: u64,
    },
    /// Run another flow.
    Flow {
        /// Its name: of the same source, else of the tenant.
        flow: String,
        /// Its input.
        input: Value,
        /// What the child may do at most: the host's word, never the guest's.
        grants: Vec<Capability>,
    },
    /// Ask a person, or whoever answers for one.
    Ask(Question),
    /// Read or change the tenant's key-value store.
    Kv {
        /// The space, which the capability names.
        space: String,
        /// What to do in it.
        action: KvAction,
    },
    /// Keep bytes with the run, or read them again. The bytes are the attachment.
    Artifact {
        /// Its name within the run.
        name: String,
        /// What to do with it.
        action: ArtifactAction,
    },
    /// An operation that leaves this machine: a performer does it, where the host has one for its kind.
    /// `arguments` is kept as the guest wrote it.
    Named {
        /// Which kind.
        call_kind: CallKind,
        /// What it is directed at: the part of the capability after the colon.
        target: String,
        /// The arguments.
        arguments: Attributes,
    },
}

/// A question to a person or a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question, for a person: text that nobody trusts.
    pub question: String,
    /// JSON Schema of the answer.
    pub schema: Value,
    /// What whoever answers should know.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub details: Attributes,
    /// Who may answer; anybody of the tenant where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// How long the flow waits; for ever where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// What to do in a space of the key-value store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum KvAction {
    /// The value of a key; `null` where there is none.
    Get {
        /// The key.
        key: String,
    },
    /// Sets the value of a key. Answers `null`.
    Set {
        /// The key.
        key: String,
        /// The value.
        value: Value,
        /// After how long it is gone; it stays where this is absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
    },
    /// Removes a key. Answers whether there was one.
    Delete {
        /// The key.
        key: String,
    },
    /// The keys that begin so, in order, with their values: `[[key, value], ...]`.
    List {
        /// How they begin.
        #[serde(default)]
        prefix: String,
        /// Only keys after this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// At most so many; 100 where it is absent, and at most 1,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// Sets the value of a key where it has the expected one, `null` standing for none. Answers
    /// whether it did.
    CompareAndSet {
        /// The key.
        key: String,
        /// What it should be.
        expected: Value,
        /// What it becomes; `null` removes the key.
        value: Value,
        /// As for `set`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
    },
}

/// What to do with an artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArtifactAction {
    /// Keeps the attachment under the name. Answers `{name, media_type, size_bytes, digest}`.
    Write {
        /// What the bytes are.
        media_type: String,
    },
    /// The bytes that the run kept under the name, as the answer's attachment, with what `write`
    /// answered.
    Read,
}

/// The largest value of a key, answer to a question and description of a flow, as JSON in bytes: what
/// lists hold many of.
pub const MAX_VALUE_BYTES: usize = 1 << 20;

/// The longest key of the key-value store.
const MAX_KEY_BYTES: usize = 512;

impl Request {
    /// Which kind of call it is.
    pub fn kind(&self) -> CallKind {
        match self {
            Request::Sleep { .. } => CallKind::Sleep,
            Request::Flow { .. } => CallKind::Flow,
            Request::Ask(_) => CallKind::Ask,
            Request::Kv { .. } => CallKind::Kv,
            Request::Artifact { .. } => CallKind::Artifact,
            Request::Named { call_kind, .. } => *call_kind,
        }
    }

    /// The capability that it needs; none for what every flow may do.
    pub fn capability(&self) -> Option<Capability> {
        match self {
            Request::Sleep { .. } => None,
            Request::Ask(_) => Some(Capability::new(CallKind::Ask, "")),
            Request::Flow { flow: target, .. }
            | Request::Kv { space: target, .. }
            | Request::Artifact { name: target, .. }
            | Request::Named { target, .. } => Some(Capability::new(self.kind(), target)),
        }
    }

    /// Name of the span that the host opens for it.
    pub fn span_name(&self) -> String {
        match self.capability() {
            None => self.kind().as_str().to_owned(),
            Some(capability) => capability.to_string(),
        }
    }
}

impl KvAction {
    /// The key that it is about, where it is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            KvAction::Get { key }
            | KvAction::Set { key, .. }
            | KvAction::Delete { key }
            | KvAction::CompareAndSet { key, .. } => Some(key),
            KvAction::List { .. } => None,
        }
    }

    /// Whether that can be a key: it has 1 to 512 bytes, none of them zero.
    pub fn is_key(text: &str) -> bool {
        (1..=MAX_KEY_BYTES).contains(&text.len()) && !text.contains('\0')
    }
}
