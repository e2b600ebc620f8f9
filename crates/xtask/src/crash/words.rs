//! What the harness tells a worker, and what it hears from it: a line of JSON each, over its standard
//! input and output.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_model::RunId;

/// What a worker is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Command {
    /// Take a run on.
    Submit(Order),
    /// Cancel a run.
    Cancel { run: RunId },
    /// Answer at most so many open questions, the first with `value`, each other with 1 more.
    Answer { value: u64, most: u32 },
    /// Work until nothing is left to do, for at most so long; then replay so many records.
    Drain { ceiling_ms: u64, replays: u32 },
}

/// A run as the harness orders it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The idempotency key; the member `tag` of the input, too.
    pub(super) key: String,
    pub(super) flow: String,
    pub(super) input: Value,
    /// How often it is tried again after it failed.
    pub(super) retries: u32,
    /// When it must be over, from its submission on.
    pub(super) deadline_ms: Option<u64>,
}

/// What a worker says. Each is said after the commit that it is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub(super) enum Said {
    /// It works.
    Ready,
    /// The run of a key is in the store.
    Submitted { key: String, run: RunId },
    /// The cancel of a run is in the store.
    Cancelled { run: RunId },
    /// The first answer to a run's question is in the store.
    Answered { run: RunId, value: u64 },
    /// Nothing is left to do; so many records were replayed.
    Drained { replayed: u32 },
    /// Something is not as it should be.
    Wrong { what: String },
}
