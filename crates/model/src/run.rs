//! Runs: what one is pinned to, where it stands, and when it is tried again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CallId, Capability, Code, Failure, FailureKind, Limits, RunId, SpanId, TenantId, TraceContext,
};

/// What a run is pinned to from its first event on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Start {
    /// Whose it is.
    pub tenant: TenantId,
    /// The flow's name.
    pub flow: String,
    /// SHA-256 of the source, in hex.
    pub source_digest: String,
    /// SHA-256 of the clients that it may import, in hex, by the names of their services.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clients: BTreeMap<String, String>,
    /// Digest of the runtime image, in hex.
    pub image_digest: String,
    /// The flow's input.
    pub input: Value,
    /// Where all randomness of the run begins: 32 bytes in hex.
    pub seed: String,
    /// What whoever started the run granted.
    pub grants: Vec<Capability>,
    /// What was granted beyond what the tenant has: not in force, and kept so that a refusal can say
    /// whom to ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Capability>,
    /// What the flow asks for. It may use what is in both.
    pub uses: Vec<Capability>,
    /// The ceilings of each attempt.
    pub limits: Limits,
    /// Whether it is tried again when it fails.
    #[serde(default)]
    pub retry: RetryPolicy,
    /// When it must be over, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_us: Option<u64>,
    /// Who submitted it, in the words of the audit; none for a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The call that it is a child of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// The run whose record it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// The trace that it is part of, where somebody else began that. Otherwise its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
}

/// The call that a child run answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    /// The run that asked.
    pub run: RunId,
    /// Its call.
    pub call: CallId,
    /// The span of that call.
    pub span: SpanId,
    /// The run at the top.
    pub root: RunId,
    /// How many runs stand above the child; at least 1.
    pub depth: u32,
}

/// Where a run left another's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fork {
    /// The other run.
    pub run: RunId,
    /// The first event of its record that was not taken over.
    pub seq: u64,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It waits for a time, a child, or an answer, and holds no memory.
    Waiting,
    /// It is over.
    Ended,
}

impl RunState {
    /// Every state.
    pub const ALL: [RunState; 4] =
        [RunState::Queued, RunState::Running, RunState::Waiting, RunState::Ended];

    /// The word that stands for it in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Queued => "queued",
            RunState::Running => "running",
            RunState::Waiting => "waiting",
            RunState::Ended => "ended",
        }
    }

    /// The state that the word stands for.
    pub fn of_word(word: &str) -> Option<RunState> {
        RunState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Whether and when a run that failed is tried again from its beginning. The default: never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// How often after the first time.
    pub retries: u32,
    /// The wait before the first retry; doubled before each later one. Default 1 s.
    pub backoff_ms: u64,
    /// The longest wait. Default 1 h.
    pub max_backoff_ms: u64,
    /// Codes of the failures that are tried again. Empty: those that say of themselves that they are
    /// retryable, and every exception of the flow.
    pub on: Vec<Code>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy { retries: 0, backoff_ms: 1_000, max_backoff_ms: 3_600_000, on: Vec::new() }
    }
}

const A_YEAR_MS: u64 = 365 * 86_400_000;

impl RetryPolicy {
    /// How long to wait before the run is tried again, at most a year; none where it is not. `failed` counts the
    /// tries so far, from 1. `chance` is in 0..1: the wait is between half and all of the doubled
    /// backoff, so that many runs do not come back at once.
    pub fn delay_ms(&self, failure: &Failure, failed: u32, chance: f64) -> Option<u64> {
        if failed > self.retries || !self.names(failure) {
            return None;
        }
        let doubled = self.backoff_ms.saturating_mul(1 << (failed - 1).min(30));
        let longest = doubled.min(self.max_backoff_ms).min(A_YEAR_MS);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a wait is a rough thing"
        )]
        let jittered = (longest as f64 * (0.5 + chance.clamp(0.0, 1.0) / 2.0)) as u64;
        Some(jittered)
    }

    fn names(&self, failure: &Failure) -> bool {
        match failure.kind {
            FailureKind::Cancelled | FailureKind::ReplayError => false,
            _ if !self.on.is_empty() => self.on.contains(&failure.code),
            _ => failure.retryable || failure.code == Code::Exception,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_ceiling_and_ends() {
        let policy =
            RetryPolicy { retries: 3, backoff_ms: 100, max_backoff_ms: 300, on: Vec::new() };
        let failure = Failure::new(Code::Exception, "x");
        let delays =
            |chance| (1..=4).map(|n| policy.delay_ms(&failure, n, chance)).collect::<Vec<_>>();
        assert_eq!(delays(1.0), [Some(100), Some(200), Some(300), None]);
        assert_eq!(delays(0.0), [Some(50), Some(100), Some(150), None]);
    }

    #[test]
    fn only_what_the_policy_names_is_tried_again() {
        let any = RetryPolicy { retries: 1, ..RetryPolicy::default() };
        let memory = RetryPolicy { on: vec![Code::LimitMemory], ..any.clone() };
        let failure = |code| Failure::new(code, "x");
        assert!(any.delay_ms(&failure(Code::LimitMemory), 1, 0.5).is_none());
        assert!(memory.delay_ms(&failure(Code::LimitMemory), 1, 0.5).is_some());
        assert!(memory.delay_ms(&failure(Code::Exception), 1, 0.5).is_none());
        assert!(any.delay_ms(&failure(Code::Cancelled), 1, 0.5).is_none());
    }
}
