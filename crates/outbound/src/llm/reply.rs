//! What a model answered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sluice_model::{ToolCall, json_weight};

/// The most values in JSON of a model, arrays and objects counting as four.
pub(super) const MAX_VALUES: usize = 50_000;

/// The answer of one turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text; empty where there is none.
    pub content: String,
    /// What it asks for; arguments that are no object are the text that it wrote: it can be told.
    pub tool_calls: Vec<ToolCall>,
    /// What it declined to do, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What it took.
    pub usage: Usage,
    /// Why it stopped.
    pub finish_reason: Finish,
    /// Which model answered, as the endpoint calls it.
    pub model: String,
    /// How many requests it took: those that failed may have cost something too.
    pub tries: u32,
}

/// The tokens of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
    /// Whether the endpoint did not say, and they are guessed of the lengths of the texts.
    pub is_estimated: bool,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done.
    Stop,
    /// It had no tokens left.
    Length,
    /// It waits for tools.
    ToolCalls,
    /// The endpoint held back what it wrote.
    ContentFilter,
    /// The endpoint used a word that we do not know.
    Other,
}

impl Reply {
    /// The text as JSON, with or without a fence around it; nothing where it is none.
    pub fn structured(&self) -> Option<Value> {
        let text = self.content.trim();
        let inner = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
        let inner = inner.map(|text| text.strip_prefix("json").unwrap_or(text));
        read(inner.unwrap_or(text))
    }
}

/// The arguments of a tool as a model wrote them: an object, or the text where it wrote something else. Nothing at
/// all stands for no arguments.
pub(super) fn arguments_of(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match read(text) {
        Some(arguments @ Value::Object(_)) => arguments,
        _ => text.into(),
    }
}

/// The same as a model writes it.
pub fn arguments_text(arguments: &Value) -> Cow<'_, str> {
    match arguments {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

/// JSON in a text, if it has no more values than a text of a model may have.
fn read(text: &str) -> Option<Value> {
    let is_light = json_weight(text.as_bytes()) <= MAX_VALUES;
    is_light.then(|| serde_json::from_str(text).ok()).flatten()
}

impl Finish {
    pub(super) fn of(word: &str) -> Finish {
        match word {
            "stop" | "end_turn" => Finish::Stop,
            "length" | "max_tokens" => Finish::Length,
            "tool_calls" | "function_call" => Finish::ToolCalls,
            "content_filter" => Finish::ContentFilter,
            _ => Finish::Other,
        }
    }
}
