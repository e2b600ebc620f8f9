//! What an attempt is made of.

use std::sync::Arc;

use sluice_model::{Capability, Description, Limits};

/// One try of a run, in one fresh sandbox.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The source of the flow.
    pub source: Arc<str>,
    /// What [`Sandbox::describe`](crate::Sandbox::describe) compiled from the same source, or
    /// empty: the guest compiles it itself then.
    pub code: Arc<[u8]>,
    /// The flow's name; may be empty where the source has one flow.
    pub flow: String,
    /// The flow's input.
    pub input: serde_json::Value,
    /// What whoever started the run was granted.
    pub grants: Vec<Capability>,
    /// What the flow asks for. It may use what is in both.
    pub uses: Vec<Capability>,
    /// The ceilings.
    pub limits: Limits,
    /// All randomness of the run comes from this.
    pub seed: [u8; 32],
}

/// A source that was loaded and looked at.
#[derive(Clone, Debug)]
pub struct Described {
    /// What it holds.
    pub description: Description,
    /// The compiled module: valid with the same image only.
    pub code: Arc<[u8]>,
}
