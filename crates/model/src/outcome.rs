//! Outcome: how a run ended, and what it took.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, Failure, FailureKind};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// It did not end in its wall time, or before its deadline.
    TimedOut {
        /// The same as an error object.
        failure: Box<Failure>,
    },
}

impl Outcome {
    /// The word that stands for it in JSON and in the store.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Succeeded { .. } => "succeeded",
            Outcome::Failed { .. } => "failed",
            Outcome::Cancelled { .. } => "cancelled",
            Outcome::TimedOut { .. } => "timed_out",
        }
    }

    /// The outcome that a failure means: a cancel and a passed wall time have names of their own.
    pub fn from_failure(failure: Failure) -> Outcome {
        let failure = Box::new(failure);
        match (failure.kind, failure.code) {
            (FailureKind::Cancelled, _) => Outcome::Cancelled { failure },
            (_, Code::LimitWallTime | Code::LimitDeadline) => Outcome::TimedOut { failure },
            _ => Outcome::Failed { failure },
        }
    }

    /// What the flow returned, or why it did not.
    pub fn into_result(self) -> Result<serde_json::Value, Box<Failure>> {
        match self {
            Outcome::Succeeded { output } => Ok(output),
            Outcome::Failed { failure }
            | Outcome::Cancelled { failure }
            | Outcome::TimedOut { failure } => Err(failure),
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// CPU time of the guest, host functions included.
    pub cpu_time_us: u64,
    /// From the start of the attempt to its end.
    pub wall_time_us: u64,
    /// The most linear memory that the guest held.
    pub memory_bytes: u64,
}

impl Usage {
    /// What this and another attempt took together.
    #[must_use]
    pub fn and(&self, other: &Usage) -> Usage {
        Usage {
            cpu_time_us: self.cpu_time_us + other.cpu_time_us,
            wall_time_us: self.wall_time_us + other.wall_time_us,
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }
}
