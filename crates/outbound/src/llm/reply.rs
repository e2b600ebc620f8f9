//! What a model answered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer of one turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text; empty where there is none.
    pub content: String,
    /// What it asks for.
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

/// A tool that is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the model calls this call.
    pub id: String,
    /// The tool's name: any text.
    pub name: String,
    /// What it is given.
    pub arguments: Arguments,
}

/// The arguments of a tool, as the model wrote them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arguments {
    /// A JSON object.
    Object(Map<String, Value>),
    /// Something else: models do that, and can be told.
    Malformed(String),
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
        serde_json::from_str(inner.unwrap_or(text)).ok()
    }
}

impl ToolCall {
    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.arguments.text().len()
    }
}

impl Arguments {
    /// Reads what a model wrote. Nothing at all stands for no arguments.
    pub fn of(text: &str) -> Arguments {
        if text.trim().is_empty() {
            return Arguments::Object(Map::new());
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(arguments)) => Arguments::Object(arguments),
            _ => Arguments::Malformed(text.to_owned()),
        }
    }

    /// The same as a model writes it.
    pub fn text(&self) -> String {
        match self {
            Arguments::Object(arguments) => Value::Object(arguments.clone()).to_string(),
            Arguments::Malformed(text) => text.clone(),
        }
    }
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
