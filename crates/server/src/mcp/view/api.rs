//! What the API answered, as an agent gets it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An answer of the API that says yes.
#[derive(Serialize, JsonSchema)]
pub(in crate::mcp) struct ApiAnswer {
    /// The status of HTTP.
    pub(in crate::mcp) status: u16,
    /// What came: JSON as it is, anything else as a text.
    pub(in crate::mcp) body: Value,
    /// Whether `body` is not all of it.
    pub(in crate::mcp) is_cut: bool,
    /// The state of the thing, for `If-Match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) etag: Option<String>,
    /// The path of what is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::mcp) location: Option<String>,
}
