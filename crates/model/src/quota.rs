//! Quota: the ceilings of one tenant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ceilings of one tenant. What is over them is refused with `quota_exceeded`, or waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Runs that workers have at one time; more wait in the queue. Default 1,000.
    pub running: u32,
    /// Runs that wait for a worker; more are refused. Default 100,000.
    pub queued: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Quota { running: 1_000, queued: 100_000 }
    }
}
