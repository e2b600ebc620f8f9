//! Why a turn brought no answer.

use std::time::Duration;

use crate::http::{HttpFailure, Reason};

/// A turn without an answer. No text holds the endpoint's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LlmFailure {
    /// The endpoint was not reached, or the connection ended before anything of the answer came.
    #[error("the model was not reached: {0}")]
    Unreached(HttpFailure),
    /// The endpoint does not accept the request.
    #[error("the model's endpoint refused the request with status {status}: {message}")]
    Rejected {
        /// The status.
        status: u16,
        /// What it says: text that nobody trusts.
        message: String,
    },
    /// The endpoint does not accept the key.
    #[error("the model's endpoint refused the key with status {status}: {message}")]
    Unauthorized {
        /// The status.
        status: u16,
        /// What it says: text that nobody trusts.
        message: String,
    },
    /// There were too many requests.
    #[error("the model's endpoint is asked too often: {message}")]
    RateLimited {
        /// When it may be asked again, where it says so.
        retry_after: Option<Duration>,
        /// What it says: text that nobody trusts.
        message: String,
    },
    /// The endpoint is broken or busy.
    #[error("the model's endpoint failed with status {status}: {message}")]
    Broken {
        /// The status; of an error within a stream, the one that it names, or 500.
        status: u16,
        /// When it may be asked again, where it says so.
        retry_after: Option<Duration>,
        /// What it says: text that nobody trusts.
        message: String,
    },
    /// The answer began and did not end.
    #[error("the model's answer was cut off: {what}")]
    Cut {
        /// What happened.
        what: String,
    },
    /// The answer is none of a chat completion.
    #[error("the model's endpoint answered something that is no chat completion: {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// The answer is larger than it may be.
    #[error("the model's answer is larger than {most_bytes} bytes")]
    TooLarge {
        /// The most that it may have.
        most_bytes: usize,
    },
    /// The time was over.
    #[error("no whole answer of the model within {} ms", after.as_millis())]
    TimedOut {
        /// The time: of the whole turn, or of silence.
        after: Duration,
    },
}

impl LlmFailure {
    /// Whether the same turn may succeed when it is tried again, and nothing of this one was paid for.
    pub fn may_be_retried(&self) -> bool {
        match self {
            LlmFailure::Unreached(failure) => matches!(
                failure.reason,
                Reason::Unreachable { .. } | Reason::Unresolved { .. } | Reason::Protocol(_)
            ),
            LlmFailure::RateLimited { .. } | LlmFailure::Broken { .. } => true,
            _ => false,
        }
    }

    /// How long the endpoint asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            LlmFailure::RateLimited { retry_after, .. }
            | LlmFailure::Broken { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A failure of the connection, before or after something of the answer came.
    pub(super) fn of_http(failure: HttpFailure, has_begun: bool) -> LlmFailure {
        match failure.reason {
            Reason::TooLarge { most_bytes, .. } => LlmFailure::TooLarge { most_bytes },
            Reason::TimedOut { after } => LlmFailure::TimedOut { after },
            reason if has_begun => LlmFailure::Cut { what: reason.to_string() },
            reason => LlmFailure::Unreached(HttpFailure { reason, sent: failure.sent }),
        }
    }
}
