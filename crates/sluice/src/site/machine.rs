//! What runs flows: loads sources, takes runs on, goes through records once more. What a flow or its
//! author did wrong is the inner error; the outer one is ours, or the server's.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sluice_model::{Capability, Description, Event, Failure, Limits, RetryPolicy, RunId};

use super::Records;
use crate::local::{Plan, Replayed};

/// What was asked for, or why it is not done.
pub type Refusable<T> = anyhow::Result<Result<T, Box<Failure>>>;

/// Work that goes on beside whoever holds it, and tells how it failed.
pub type Work = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// A run as somebody asks for it.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The source.
    pub source: Arc<str>,
    /// Its flow.
    pub flow: String,
    /// The input.
    pub input: Value,
    /// What it may do, as far as it asks for it.
    pub grants: Vec<Capability>,
    /// Its ceilings.
    pub limits: Limits,
    /// Whether it is tried again.
    pub retry: RetryPolicy,
    /// When it must be over, in milliseconds from now.
    pub deadline_ms: Option<u64>,
    /// Where its randomness begins; drawn where it is absent.
    pub seed: Option<[u8; 32]>,
    /// The same key starts the same run once.
    pub idempotency_key: Option<String>,
}

/// Running a run again: from where, and with what.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// The run.
    pub run: RunId,
    /// The step before which its record is left.
    pub from: Option<String>,
    /// Another source.
    pub source: Option<Arc<str>>,
    /// Another input.
    pub input: Option<Value>,
    /// What it may do beside what the run may.
    pub grants: Vec<Capability>,
}

/// What running a run again would do.
#[derive(Debug, Serialize, Deserialize)]
pub struct Planned {
    /// How many events are taken over.
    pub taken: usize,
    /// The first event that is not.
    pub seq: u64,
    /// That event.
    #[serde(default)]
    pub recorded: Option<Event>,
    /// What happens there instead, where a replay found that.
    #[serde(default)]
    pub difference: Option<Box<Failure>>,
    /// Whether the new run would do anything but what is recorded.
    pub is_needed: bool,
    /// What this machine goes live with. A server makes the plan once more, and as a record only grows
    /// at its end, it makes the same one.
    #[serde(skip)]
    pub kept: Option<Box<Plan>>,
}

/// A record to be gone through, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Replaying<'r> {
    /// The run.
    pub run: &'r RunId,
    /// Its whole record.
    pub events: &'r [Event],
    /// Another source than its own.
    pub source: Option<&'r Arc<str>>,
}

/// What runs flows, with the records of the runs.
#[async_trait]
pub trait Machine: Send + Sync {
    /// The records.
    fn records(&self) -> &dyn Records;

    /// Works from now on, where nobody else does.
    fn work_beside(&self) -> Work;

    /// Digest of the runtime image that new runs are pinned to.
    async fn image_digest(&self) -> anyhow::Result<String>;

    /// What a source holds, or why it cannot be loaded.
    async fn load(&self, source: &Arc<str>) -> Refusable<Description>;

    /// Takes a run on.
    async fn submit(&self, run: NewRun) -> Refusable<RunId>;

    /// Finds out what running a run again would do. Nothing happens.
    async fn plan(&self, rerun: &Rerun) -> Refusable<Planned>;

    /// Takes the planned run on.
    async fn go_live(&self, rerun: &Rerun, planned: Planned) -> Refusable<RunId>;

    /// Goes through a record once more. `seen` hears how many of its events are behind, where that is
    /// known.
    async fn replay(
        &self,
        replaying: Replaying<'_>,
        seen: &mut (dyn FnMut(usize) + Send),
    ) -> anyhow::Result<Replayed>;
}
