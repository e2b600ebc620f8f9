//! Events: the append-only facts about a run. Its trace, journal, audit and live stream are all
//! folds over them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Attachment, Attributes, Call, CallId, Failure, Outcome, SpanId, Start, Usage};

/// One fact about a run, in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Place in the run's record: from 1, without gaps.
    pub seq: u64,
    /// When the host learned of it, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// What the guest was told since its previous event: what a replay tells it again.
    #[serde(default, skip_serializing_if = "Observed::is_empty")]
    pub observed: Observed,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened. The serialised form carries the variant's name as `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// The run was submitted. Always the first event, and all that the run is pinned to.
    RunQueued(Box<Start>),
    /// A worker took the run up, in a fresh sandbox.
    AttemptStarted {
        /// Which attempt of the run, from 1.
        attempt: u32,
        /// Who took it up.
        worker: String,
    },
    /// An attempt is over and the run is not.
    AttemptEnded {
        /// Why.
        #[serde(flatten)]
        why: AttemptEnd,
        /// What the attempt took.
        usage: Usage,
    },
    /// The flow opened a step, or the host opened the span of a call.
    SpanStarted {
        /// The new span.
        span: SpanId,
        /// The span under which it was opened.
        parent: SpanId,
        /// The step's name, as the flow gave it: text that nobody trusts.
        name: String,
        /// Where it stands in the flow's source, from 1, as the guest says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        /// The step's attributes.
        #[serde(default, skip_serializing_if = "Attributes::is_empty")]
        attributes: Attributes,
    },
    /// Attributes were set on an open span; a key set again takes the new value.
    SpanSet {
        /// The span.
        span: SpanId,
        /// The new values.
        attributes: Attributes,
    },
    /// A span said how far it has come.
    SpanProgress {
        /// The span.
        span: SpanId,
        /// Units done.
        done: u64,
        /// Units in all, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    /// A span ended.
    SpanEnded {
        /// The span.
        span: SpanId,
        /// How.
        #[serde(flatten)]
        status: SpanStatus,
    },
    /// A log line, or a line that the flow printed.
    Log {
        /// The span in which it was written.
        span: SpanId,
        /// How much it matters.
        level: Level,
        /// The text: nobody trusts it.
        message: String,
        /// Structured members.
        #[serde(default, skip_serializing_if = "Attributes::is_empty")]
        attributes: Attributes,
        /// Set for a line that was printed rather than logged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stream: Option<Stream>,
    },
    /// A call passed the checks and is about to be performed. Its span is `span` of the call.
    CallStarted {
        /// The call.
        #[serde(flatten)]
        call: Call,
    },
    /// The flow gave a call up. Its end still comes.
    CallCancelled {
        /// The call.
        call: CallId,
    },
    /// A person allowed a call that needs it: it is performed now.
    CallApproved {
        /// The call.
        call: CallId,
    },
    /// A call that was under way when a worker died is performed again, with the same key.
    CallRetried {
        /// The call.
        call: CallId,
    },
    /// The guest has nothing to do until a call is complete, or until then.
    Waiting {
        /// In milliseconds since the Unix epoch.
        until_ms: u64,
    },
    /// A call was not performed.
    CallRefused {
        /// The span under which it was asked.
        parent: SpanId,
        /// The capability that it would have needed.
        capability: String,
        /// Why, and what would allow it.
        failure: Box<Failure>,
    },
    /// A call was answered.
    CallEnded {
        /// The call.
        call: CallId,
        /// The answer; absent where it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<Answer>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Box<Failure>>,
    },
    /// The run ended. Always the last event.
    RunEnded {
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
        /// What it took.
        usage: Usage,
    },
}

/// Why an attempt ended before the run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum AttemptEnd {
    /// It can only wait; the run goes on by replay.
    Suspended {
        /// When it goes on by itself, in microseconds since the Unix epoch; absent where it waits for
        /// somebody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wake_at_us: Option<u64>,
    },
    /// The worker stopped in good order.
    Released,
    /// The flow failed and is tried again from its beginning: what follows is a record of its own,
    /// with numbers that go on.
    Retried {
        /// What it failed with.
        failure: Box<Failure>,
        /// When it is tried again, in microseconds since the Unix epoch.
        due_at_us: u64,
    },
}

/// What a guest was told between two events of its own. A replay tells it the same at the same places.
///
/// Compact on purpose: only what changed is here. A reading of the clock that is not named gives what
/// the one before it gave, and never less than the guest's last event; a `next` that is not named gave
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Observed {
    /// Readings of the clock that differ: which reading since the guest's previous event, from 0, and
    /// the milliseconds since the Unix epoch that it gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clock: Vec<(u64, u64)>,
    /// Calls that were given back: by which `next` since the guest's previous event, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<(u64, Vec<CallId>)>,
}

impl Observed {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.clock.is_empty() && self.delivered.is_empty()
    }
}

impl EventBody {
    /// The variant's name in its serialised form.
    pub fn kind(&self) -> &'static str {
        match self {
            EventBody::RunQueued(_) => "run_queued",
            EventBody::AttemptStarted { .. } => "attempt_started",
            EventBody::AttemptEnded { .. } => "attempt_ended",
            EventBody::SpanStarted { .. } => "span_started",
            EventBody::SpanSet { .. } => "span_set",
            EventBody::SpanProgress { .. } => "span_progress",
            EventBody::SpanEnded { .. } => "span_ended",
            EventBody::Log { .. } => "log",
            EventBody::CallStarted { .. } => "call_started",
            EventBody::CallCancelled { .. } => "call_cancelled",
            EventBody::CallApproved { .. } => "call_approved",
            EventBody::CallRetried { .. } => "call_retried",
            EventBody::Waiting { .. } => "waiting",
            EventBody::CallRefused { .. } => "call_refused",
            EventBody::CallEnded { .. } => "call_ended",
            EventBody::RunEnded { .. } => "run_ended",
        }
    }

    /// The bytes beside it.
    pub fn attachment(&self) -> Option<&Attachment> {
        match self {
            EventBody::CallStarted { call } => call.attachment.as_ref(),
            EventBody::CallEnded { answer, .. } => answer.as_ref()?.attachment.as_ref(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn attachment_mut(&mut self) -> Option<&mut Attachment> {
        match self {
            EventBody::CallStarted { call } => call.attachment.as_mut(),
            EventBody::CallEnded { answer, .. } => answer.as_mut()?.attachment.as_mut(),
            _ => None,
        }
    }
}

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SpanStatus {
    /// As it should.
    Ok,
    /// An error left it.
    Failed {
        /// The error, without frames: those are in the run's own failure.
        failure: Box<Failure>,
    },
    /// It was given up before its end.
    Cancelled,
}

/// How much a log line matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of interest to the author only.
    Debug,
    /// What a reader of the run should know.
    Info,
    /// Something is not as expected, and the flow goes on.
    Warning,
    /// Something failed.
    Error,
}

/// Where a printed line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}
