//! What a model is asked: in the words of flows, which are turned into the endpoint's on the way.

use serde_json::Value;
use sluice_model::{Message, ToolDescription};

use super::reply::arguments_text;

/// One request to a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// What the model may ask for.
    pub tools: Vec<ToolDescription>,
    /// Whether it has to.
    pub tool_choice: Option<ToolChoice>,
    /// JSON Schema of the answer. The endpoint is asked to hold it; whether it did, whoever asks checks.
    pub output_schema: Option<Value>,
    /// The most tokens that it may write.
    pub max_output_tokens: Option<u64>,
    /// How freely it writes.
    pub temperature: Option<f64>,
    /// Texts before which it stops.
    pub stop: Vec<String>,
}

/// Whether a model has to ask for a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        self.messages.iter().map(bytes_of).sum::<usize>() + tools.sum::<usize>() + schema
    }
}

fn bytes_of(message: &Message) -> usize {
    match message {
        Message::System { content } | Message::User { content } | Message::Tool { content, .. } => {
            content.len()
        }
        Message::Assistant { content, tool_calls } => {
            let calls = tool_calls.iter();
            let calls = calls.map(|call| call.name.len() + arguments_text(&call.arguments).len());
            content.as_ref().map_or(0, String::len) + calls.sum::<usize>()
        }
    }
}
