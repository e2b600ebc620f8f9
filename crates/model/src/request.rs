//! Requests: what a flow asks of the host: docs/calls.md.

mod outside;
mod parse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Attributes, CallKind, Capability, Need, Needed};
pub use outside::{
    AgentTurn, HttpCall, LlmCall, Message, RpcCall, StepBudget, ToolCall, ToolDescription,
};
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
    /// Call a method of a service.
    Rpc(RpcCall),
    /// Send an HTTP request. Its body is the attachment.
    Http(HttpCall),
    /// Have a model take a turn.
    Llm(LlmCall),
    /// A reference to a secret, in whose place the host puts the secret where it goes out.
    Secret {
        /// Its name within the tenant.
        name: String,
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
            Request::Rpc(_) => CallKind::Rpc,
            Request::Http(_) => CallKind::Http,
            Request::Llm(_) => CallKind::Llm,
            Request::Secret { .. } => CallKind::Secret,
        }
    }

    /// Whether it leaves this machine: somebody performs it once its intent is committed.
    pub fn goes_out(&self) -> bool {
        matches!(self, Request::Rpc(_) | Request::Http(_) | Request::Llm(_))
    }

    /// Whether the flow asked the same, whatever the host added to either.
    pub fn is_asked_like(&self, other: &Request) -> bool {
        let bare = |request: &Request| {
            let mut request = request.clone();
            match &mut request {
                Request::Flow { grants, .. } => grants.clear(),
                Request::Http(call) => call.grants.clear(),
                Request::Llm(call) => call.budgets.clear(),
                _ => {}
            }
            request
        };
        self == other || bare(self) == bare(other)
    }

    /// What it is directed at; empty for what has no target.
    fn target(&self) -> String {
        match self {
            Request::Sleep { .. } | Request::Ask(_) => String::new(),
            Request::Flow { flow: target, .. }
            | Request::Kv { space: target, .. }
            | Request::Artifact { name: target, .. }
            | Request::Secret { name: target }
            | Request::Llm(LlmCall { model: target, .. }) => target.clone(),
            Request::Rpc(call) => call.target(),
            Request::Http(call) => call.address().map_or_else(
                |_| String::new(),
                |url| match (url.host_str(), url.port()) {
                    (Some(host), Some(port)) => format!("{host}:{port}"),
                    (host, _) => host.unwrap_or_default().to_owned(),
                },
            ),
        }
    }

    /// The capability that lets it be made, and others like it: of an HTTP request that for the host.
    /// None for what every flow may do.
    pub fn capability(&self) -> Option<Capability> {
        match self {
            Request::Sleep { .. } => None,
            Request::Http(_) => format!("http:{}", self.target()).parse().ok(),
            _ => Some(Capability::new(self.kind(), self.target())),
        }
    }

    /// The narrowest capability by its target that lets it be made.
    pub fn exact_capability(&self) -> Option<Capability> {
        let Request::Http(call) = self else { return self.capability() };
        let path = call.address().map_or_else(|_| String::new(), |url| url.path().to_owned());
        let exact = format!("http:{}{path}(method={})", self.target(), call.method);
        exact.parse().ok().or_else(|| self.capability())
    }

    /// What it would do, as capabilities see it; none for what every flow may do.
    pub fn with_need<T>(&self, look: impl FnOnce(&Need<'_>) -> T) -> Option<T> {
        let kind = self.kind();
        if !kind.needs_grant() {
            return None;
        }
        let values = |name: &str| self.values(name);
        if let Request::Http(call) = self {
            let url = call.address().ok()?;
            let target = Needed::Place(outside::destination(&url)?);
            return Some(look(&Need { kind, target, values: &values }));
        }
        let target = self.target();
        Some(look(&Need { kind, target: Needed::Name(&target), values: &values }))
    }

    /// Its values under a name that a bound may have.
    fn values(&self, name: &str) -> Option<Vec<String>> {
        let word = |value: &Value, name: &str| outside::values_at(value, name);
        match (self, name) {
            (Request::Rpc(call), name) => call.values(name),
            (Request::Flow { input, .. }, name) => word(input, name),
            (Request::Http(call), "method") => Some(vec![call.method.clone()]),
            (Request::Ask(question), "assignee") => question.assignee.clone().map(|to| vec![to]),
            (Request::Kv { action: KvAction::List { prefix, .. }, .. }, "key") => {
                // All keys that begin so.
                Some(vec![prefix.clone()])
            }
            (Request::Kv { action, .. }, "key") => action.key().map(|key| vec![key.to_owned()]),
            (Request::Kv { action, .. }, "operation") => {
                word(&serde_json::to_value(action).ok()?, "operation")
            }
            (Request::Artifact { action, .. }, "operation") => {
                word(&serde_json::to_value(action).ok()?, "operation")
            }
            _ => None,
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
