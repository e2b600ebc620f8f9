//! Outcome: how a run ended, and what it took.

use serde::{Deserialize, Serialize};

use crate::{Code, Failure, FailureKind};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The flow returned.
    Succeeded {
        /// What it returned.
        output: serde_json::Value,
    },
    /// The flow ended by an error, a refusal, or a limit.
    Failed {
        /// Why.
        failure: Box<Failure>,
    },
    /// Somebody ended it.
    Cancelled {
        /// The same as an error object.
        failure: Box<Failure>,
    },
    /// It did not end in its wall time.
    TimedOut {
        /// The same as an error object.
        failure: Box<Failure>,
    },
}

impl Outcome {
    /// The outcome that a failure means: a cancel and a passed wall time have names of their own.
    pub fn from_failure(failure: Failure) -> Outcome {
        let failure = Box::new(failure);
        match (failure.kind, failure.code) {
            (FailureKind::Cancelled, _) => Outcome::Cancelled { failure },
            (_, Code::LimitWallTime) => Outcome::TimedOut { failure },
            _ => Outcome::Failed { failure },
        }
    }

    /// Why it did not succeed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Succeeded { .. } => None,
            Outcome::Failed { failure }
            | Outcome::Cancelled { failure }
            | Outcome::TimedOut { failure } => Some(failure),
        }
    }
}

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time of the guest, host functions included.
    pub cpu_time_us: u64,
    /// From the start of the attempt to its end.
    pub wall_time_us: u64,
    /// The most linear memory that the guest held.
    pub memory_bytes: u64,
}
