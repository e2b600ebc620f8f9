//! What an attempt is made of, and how it ends.

use std::sync::Arc;

use sluice_model::{Capability, Description, History, Limits, Observed, Outcome};

use crate::replay::Replay;

/// One try of a run, in one fresh sandbox.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The source of the flow.
    pub source: Arc<str>,
    /// What [`Sandbox::describe`](crate::Sandbox::describe) compiled from the same source, or
    /// empty: the guest compiles it itself then. All attempts of one run do the same.
    pub code: Arc<[u8]>,
    /// The flow's name; may be empty where the source has one flow.
    pub flow: String,
    /// The flow's input.
    pub input: serde_json::Value,
    /// What whoever started the run was granted.
    pub grants: Vec<Capability>,
    /// What was granted beyond what the tenant has: not in force, and named where it is missed.
    pub withheld: Vec<Capability>,
    /// What the flow asks for. It may use what is in both.
    pub uses: Vec<Capability>,
    /// The ceilings. What is replayed counts like what is new.
    pub limits: Limits,
    /// All randomness of the run comes from this.
    pub seed: [u8; 32],
    /// The record so far, with the bytes of the answers' attachments at hand; empty for a run that
    /// begins.
    pub history: Arc<History>,
    /// What happens at the end of the record.
    pub replay: Replay,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The flow came to its end, or was brought to it.
    Finished {
        /// How.
        outcome: Outcome,
        /// What the flow was told after its last event: for the event `RunEnded`.
        observed: Observed,
    },
    /// The door suspended it; nothing was ended or given up, the record stands as it is.
    Suspended,
    /// The record was used up while the guest went on; it was stopped there, without effects. Only
    /// for [`Replay::Only`], and for the record of a run that was ended from outside.
    Exhausted,
}

/// A source that was loaded and looked at.
#[derive(Clone, Debug)]
pub struct Described {
    /// What it holds.
    pub description: Description,
    /// The compiled module: valid with the same image only.
    pub code: Arc<[u8]>,
}
