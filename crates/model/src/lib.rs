//! The words of Sluice: ids, spans, events, calls, capabilities, limits, failures, outcomes.
//!
//! Pure data and folds over it. Nothing here does IO, reads a clock or draws randomness, so every
//! other crate may depend on it and a test needs nothing but values.

mod authority;
mod call;
mod capability;
mod description;
mod event;
mod failure;
mod history;
mod id;
mod limits;
mod outcome;
mod quota;
mod request;
mod run;
mod scrub;
mod summary;
mod trace;
mod tree;
mod weight;

pub use authority::{Role, Scope};
pub use call::{Answer, Attachment, Call, CallKind, Completion};
pub use capability::{
    CallValue, Capability, Destination, InvalidCapability, Need, Needed, Taken, Values,
    intersection, missing,
};
pub use description::{Description, FlowDescription, Problem, Severity};
pub use event::{AttemptEnd, Event, EventBody, Level, Observed, SpanStatus, Stream};
pub use failure::{Code, Excerpt, Failure, FailureKind, Frame};
pub use history::History;
pub use id::{AskId, AuditId, CallId, InvalidId, RunId, SpanId, TenantId, TokenId};
pub use limits::Limits;
pub use outcome::{Outcome, Usage};
pub use quota::{Quota, day_of};
pub use request::{
    AgentTurn, ArtifactAction, HttpCall, InvalidRequest, KvAction, LlmCall, MAX_VALUE_BYTES,
    Message, Question, Request, RpcCall, StepBudget, ToolCall, ToolDescription,
};
pub use run::{Fork, Parent, RetryPolicy, RunState, Start};
pub use scrub::{REDACTED, SHORTEST_SECRET, Scrub, percent_decoded};
pub use summary::{AskSummary, FlowSummary, RunSummary};
pub use trace::{TraceContext, TraceId, TraceParent, TraceSpanId};
pub use tree::{Span, Tree};
pub use weight::json_weight;

/// A JSON object with its members in the order in which they were written.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
