//! Limits: the ceilings of one run. Each has a code of its own that ends the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ceilings of one run. The defaults suit a flow that nobody has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// CPU time of the guest. Default 60 s. `limit_cpu_time`.
    pub cpu_time_ms: u64,
    /// Time from the start of the attempt to its end. Default 1 h. `limit_wall_time`.
    pub wall_time_ms: u64,
    /// Linear memory, of which the runtime image takes about 48 MiB. Default 256 MiB.
    /// `limit_memory`.
    pub memory_bytes: u64,
    /// What the flow prints, in all. Default 4 MiB. `limit_output`.
    pub output_bytes: u64,
    /// Spans, those of calls included. Default 20,000. `limit_spans`.
    pub spans: u64,
    /// Events. Default 100,000. `limit_events`.
    pub events: u64,
    /// Calls. Default 10,000. `limit_calls`.
    pub calls: u64,
    /// Bytes of all events together. Default 64 MiB. `limit_events`.
    pub event_bytes: u64,
    /// One string from the guest: a name, a message, a set of attributes, an argument.
    /// Default 256 KiB. `limit_string_size`.
    pub string_bytes: u64,
    /// One attachment, and the output. Default 4 MiB. `limit_string_size`.
    pub payload_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            cpu_time_ms: 60_000,
            wall_time_ms: 3_600_000,
            memory_bytes: 256 << 20,
            output_bytes: 4 << 20,
            spans: 20_000,
            events: 100_000,
            calls: 10_000,
            event_bytes: 64 << 20,
            string_bytes: 256 << 10,
            payload_bytes: 4 << 20,
        }
    }
}
