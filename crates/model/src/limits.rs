//! Limits: the ceilings of each attempt of a run, and of what models take for it in all its attempts. Each of the
//! former has a code of its own that ends the run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ceilings of each attempt of a run; what an attempt replays counts like what is new, but for what models take:
/// that is counted once over all attempts until the run is tried again. The defaults suit a flow that nobody has read.
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
    /// Bytes of all events together, with what lies beside calls and answers. Default 64 MiB.
    /// `limit_events`.
    pub event_bytes: u64,
    /// One string from the guest: a name, a message, a set of attributes, an argument.
    /// Default 256 KiB. `limit_string_size`.
    pub string_bytes: u64,
    /// One attachment, and the output. Default 4 MiB. `limit_string_size`.
    pub payload_bytes: u64,
    /// What models read and write for it over all attempts of a try, in tokens. Default 1,000,000. The turn that has
    /// no room left fails with `budget_exceeded`, which the flow may catch.
    pub model_tokens: u64,
    /// What models cost over all attempts of a try, in millionths of a dollar, where they have a price. Default 10
    /// dollars. `budget_exceeded`, likewise.
    pub model_cost_micros: u64,
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
            model_tokens: 1_000_000,
            model_cost_micros: 10_000_000,
        }
    }
}

impl Limits {
    /// These ceilings, none of them above those of `most`.
    #[must_use]
    pub fn within(&self, most: &Limits) -> Limits {
        Limits {
            cpu_time_ms: self.cpu_time_ms.min(most.cpu_time_ms),
            wall_time_ms: self.wall_time_ms.min(most.wall_time_ms),
            memory_bytes: self.memory_bytes.min(most.memory_bytes),
            output_bytes: self.output_bytes.min(most.output_bytes),
            spans: self.spans.min(most.spans),
            events: self.events.min(most.events),
            calls: self.calls.min(most.calls),
            event_bytes: self.event_bytes.min(most.event_bytes),
            string_bytes: self.string_bytes.min(most.string_bytes),
            payload_bytes: self.payload_bytes.min(most.payload_bytes),
            model_tokens: self.model_tokens.min(most.model_tokens),
            model_cost_micros: self.model_cost_micros.min(most.model_cost_micros),
        }
    }

    /// The first of these ceilings that is above the one of `most`: its name, and both numbers.
    pub fn first_above(&self, most: &Limits) -> Option<(&'static str, u64, u64)> {
        let pairs = [
            ("cpu_time_ms", self.cpu_time_ms, most.cpu_time_ms),
            ("wall_time_ms", self.wall_time_ms, most.wall_time_ms),
            ("memory_bytes", self.memory_bytes, most.memory_bytes),
            ("output_bytes", self.output_bytes, most.output_bytes),
            ("spans", self.spans, most.spans),
            ("events", self.events, most.events),
            ("calls", self.calls, most.calls),
            ("event_bytes", self.event_bytes, most.event_bytes),
            ("string_bytes", self.string_bytes, most.string_bytes),
            ("payload_bytes", self.payload_bytes, most.payload_bytes),
            ("model_tokens", self.model_tokens, most.model_tokens),
            ("model_cost_micros", self.model_cost_micros, most.model_cost_micros),
        ];
        pairs.into_iter().find(|(_, asked, most)| asked > most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ceiling_is_compared() {
        let most = Limits::default();
        let value = serde_json::to_value(&most).expect("it is JSON");
        for name in value.as_object().expect("limits are an object").keys() {
            let mut above = value.clone();
            let ceiling = value[name].as_u64().expect("a ceiling is a number");
            above[name] = (ceiling + 1).into();
            let above: Limits = serde_json::from_value(above).expect("these are limits");
            let found = above.first_above(&most).expect("it is above");
            assert_eq!((found.0, found.1, found.2), (name.as_str(), ceiling + 1, ceiling));
            assert_eq!(above.within(&most), most);
        }
        assert_eq!(most.first_above(&most), None);
    }
}
