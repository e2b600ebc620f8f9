//! What tools take. Closed objects: a member that a tool does not know is told, not ignored.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use sluice_model::Capability;

/// Nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Which flows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// Words that stand in the flow's name or summary. Without them, all flows by name.
    pub(super) text: Option<String>,
    /// At most so many: 1 to 50; 10 where it is absent.
    #[schemars(range(min = 1, max = 50))]
    pub(super) limit: Option<u32>,
    /// Go on behind an earlier list: its `next`.
    pub(super) after: Option<String>,
}

/// Which part of the guide.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    /// One of the guide's topics. Without it, the whole guide.
    pub(super) topic: Option<String>,
}

/// A source.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    /// Python: a module with at least one `@flow`.
    pub(super) source: String,
}

/// What is to be run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// The name of a saved flow; beside `source`, which of its flows is meant.
    pub(super) flow: Option<String>,
    /// Python. Without it, `flow` names a saved flow.
    pub(super) source: Option<String>,
    /// An object with a member for each parameter of the flow.
    #[serde(default = "nothing")]
    #[schemars(with = "serde_json::Map<String, Value>")]
    pub(super) input: Value,
    /// How long to wait for its end, in milliseconds, at most 60000; 20000 where it is absent.
    pub(super) wait_ms: Option<u64>,
    /// What it may do, as in `kv:notes`, as far as it asks for it and you may grant it. Without this: all
    /// of that.
    pub(super) grants: Option<Vec<Capability>>,
    /// The same key starts the same run once, however often this is called.
    #[schemars(length(min = 1, max = 200))]
    pub(super) idempotency_key: Option<String>,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Which run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetRun {
    /// Its id, as in `run_01k...`.
    pub(super) run: String,
    /// How long to wait for its end, in milliseconds, at most 60000; not at all where it is absent.
    pub(super) wait_ms: Option<u64>,
}

/// Which span.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetSpan {
    /// The id of the run.
    pub(super) run: String,
    /// The number of the span, from `spans` or `error.span` of the run.
    pub(super) span: u64,
}

/// From where a run is run again, and with what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rerun {
    /// The id of the run.
    pub(super) run: String,
    /// The step before which the record is left: its name, or `#12` for span 12. Without it, the first
    /// place where something else happens.
    pub(super) from: Option<String>,
    /// Mended Python; the run's own source where it is absent.
    pub(super) source: Option<String>,
    /// Another input; the run's own where it is absent.
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub(super) input: Option<Value>,
    /// Grants beside those of the run.
    #[serde(default)]
    pub(super) grants: Vec<Capability>,
    /// Whether to do it. `false` only says what would happen.
    pub(super) go_live: bool,
    /// How long to wait for the end of the new run, as in `run_flow`.
    pub(super) wait_ms: Option<u64>,
    /// As in `run_flow`.
    #[schemars(length(min = 1, max = 200))]
    pub(super) idempotency_key: Option<String>,
}

/// An answer to a question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerAsk {
    /// The id of the question, from `asks` of a run.
    pub(super) ask: String,
    /// What fits the `schema` of the question.
    pub(super) value: Value,
}

/// Which run is to end, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancel {
    /// Its id.
    pub(super) run: String,
    /// Why, for whoever looks at it later.
    pub(super) reason: Option<String>,
}

/// A request of the API.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallApi {
    /// As in `GET`.
    pub(super) method: String,
    /// With its query, as in `/v1/runs?q=state:failed&limit=5`.
    pub(super) path: String,
    /// What to send, where the path takes something.
    #[serde(default)]
    pub(super) body: Option<Value>,
    /// `Idempotency-Key`, `If-Match` or `Prefer`, where the path knows them.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}
