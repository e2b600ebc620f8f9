//! What a model is asked: our own form, which is turned into the endpoint's on the way.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reply::ToolCall;

/// One request to a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// What the model may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// JSON Schema of the answer. The endpoint is asked to hold it; whether it did, whoever asks checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// The most tokens that it may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// How freely it writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Texts before which it stops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

/// A part of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Message {
    /// What the model is told about itself.
    System {
        /// The text.
        content: String,
    },
    /// What it is asked.
    User {
        /// The text.
        content: String,
    },
    /// What it answered.
    Assistant {
        /// The text.
        #[serde(default)]
        content: String,
        /// What it asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// What a tool brought.
    Tool {
        /// Which call of it.
        tool_call_id: String,
        /// The text.
        content: String,
    },
}

/// A tool, as we write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its input.
    pub input: Value,
}

/// Whether a model has to ask for a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// It may.
    Auto,
    /// It must not.
    None,
    /// It must.
    Required,
    /// It must ask for this one.
    Tool(String),
}

impl Turn {
    /// About how long it is, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let tools = self
            .tools
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + tool.input.to_string().len());
        let schema = self.output_schema.as_ref().map_or(0, |schema| schema.to_string().len());
        self.messages.iter().map(Message::bytes).sum::<usize>() + tools.sum::<usize>() + schema
    }
}

impl Message {
    /// About how long it is, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Message::System { content }
            | Message::User { content }
            | Message::Tool { content, .. } => content.len(),
            Message::Assistant { content, tool_calls } => {
                content.len() + tool_calls.iter().map(ToolCall::bytes).sum::<usize>()
            }
        }
    }
}
