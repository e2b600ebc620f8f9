//! The words of Sluice: ids, spans, events, calls, capabilities, limits, failures, outcomes.
//!
//! Pure data and folds over it. Nothing here does IO, reads a clock or draws randomness, so every
//! other crate may depend on it and a test needs nothing but values.

mod call;
mod capability;
mod description;
mod event;
mod failure;
mod id;
mod limits;
mod outcome;
mod tree;

pub use call::{Answer, Call, CallKind, Completion, InvalidRequest, Request};
pub use capability::{Capability, InvalidCapability};
pub use description::{Description, FlowDescription, Problem, Severity};
pub use event::{Event, EventBody, Level, SpanStatus, Stream};
pub use failure::{Code, Excerpt, Failure, FailureKind, Frame};
pub use id::{CallId, SpanId};
pub use limits::Limits;
pub use outcome::{Outcome, Usage};
pub use tree::{Span, Tree};

/// A JSON object with its members in the order in which they were written.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
