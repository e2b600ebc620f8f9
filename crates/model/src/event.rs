//! Events: the append-only facts about a run. Its trace, journal, audit and live stream are all
//! folds over them.

use serde::{Deserialize, Serialize};

use crate::{Answer, Attributes, Call, CallId, Failure, Limits, Outcome, SpanId, Usage};

/// One fact about a run, in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the run's record: from 1, without gaps.
    pub seq: u64,
    /// When the host learned of it, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened. The serialised form carries the variant's name as `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// The run began. Always the first event.
    RunStarted {
        /// The flow's name.
        flow: String,
        /// SHA-256 of the source, in hex.
        source_digest: String,
        /// Digest of the runtime image that the run is pinned to, in hex.
        image_digest: String,
        /// The ceilings of this run.
        limits: Limits,
    },
    /// The flow opened a step, or the host opened the span of a call.
    SpanStarted {
        /// The new span.
        span: SpanId,
        /// The span under which it was opened.
        parent: SpanId,
        /// The step's name, as the flow gave it: text that nobody trusts.
        name: String,
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

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}
