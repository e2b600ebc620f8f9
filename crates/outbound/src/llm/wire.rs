//! A turn as OpenAI-compatible endpoints want it, and with less where one of them does not know all of it.

use serde_json::{Map, Value, json};
use sluice_model::Message;

use super::reply::arguments_text;
use super::turn::{ToolChoice, Turn};

/// What a request makes use of. Endpoints that refuse one of these are asked without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features {
    schema: bool,
    streaming: Streaming,
    word_for_tokens: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streaming {
    WithUsage,
    Plain,
    Off,
}

const OLD_WORD: &str = "max_tokens";
const NEW_WORD: &str = "max_completion_tokens";

impl Features {
    /// All that a turn can make use of.
    pub(super) fn of(turn: &Turn) -> Features {
        Features {
            schema: turn.output_schema.is_some(),
            streaming: Streaming::WithUsage,
            word_for_tokens: OLD_WORD,
        }
    }

    /// With less, where the endpoint complains of something that can be left out. Never the same twice.
    pub(super) fn without(self, complaint: &str) -> Option<Features> {
        let complaint = complaint.to_ascii_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
        if self.streaming == Streaming::WithUsage && names(&["stream_options", "include_usage"]) {
            return Some(Features { streaming: Streaming::Plain, ..self });
        }
        if self.schema && names(&["response_format", "json_schema", "schema"]) {
            return Some(Features { schema: false, ..self });
        }
        if self.word_for_tokens == OLD_WORD && names(&[OLD_WORD, NEW_WORD]) {
            return Some(Features { word_for_tokens: NEW_WORD, ..self });
        }
        if self.streaming != Streaming::Off && names(&["stream"]) {
            return Some(Features { streaming: Streaming::Off, ..self });
        }
        None
    }
}

/// The body of a request.
pub(super) fn body(turn: &Turn, model: &str, features: Features) -> Vec<u8> {
    let mut messages: Vec<Value> = turn.messages.iter().map(message).collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    if let Some(schema) = &turn.output_schema {
        if features.schema {
            let format = json!({
                "type": "json_schema",
                "json_schema": { "name": "output", "schema": schema },
            });
            body.insert("response_format".to_owned(), format);
        } else {
            let content = format!(
                "Answer with one JSON value that matches this JSON Schema, and with nothing else:\n{schema}"
            );
            messages.push(json!({ "role": "system", "content": content }));
        }
    }
    body.insert("messages".to_owned(), messages.into());
    if !turn.tools.is_empty() {
        let tools = turn.tools.iter().map(|tool| {
            json!({
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.input,
                },
            })
        });
        body.insert("tools".to_owned(), tools.collect());
    }
    if let Some(choice) = &turn.tool_choice {
        let choice = match choice {
            ToolChoice::Auto => "auto".into(),
            ToolChoice::None => "none".into(),
            ToolChoice::Required => "required".into(),
            ToolChoice::Tool(name) => json!({ "type": "function", "function": { "name": name } }),
        };
        body.insert("tool_choice".to_owned(), choice);
    }
    if let Some(most) = turn.max_output_tokens {
        body.insert(features.word_for_tokens.to_owned(), most.into());
    }
    if let Some(temperature) = turn.temperature {
        body.insert("temperature".to_owned(), temperature.into());
    }
    if !turn.stop.is_empty() {
        body.insert("stop".to_owned(), turn.stop.clone().into());
    }
    if features.streaming != Streaming::Off {
        body.insert("stream".to_owned(), true.into());
    }
    if features.streaming == Streaming::WithUsage {
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    Value::Object(body).to_string().into_bytes()
}

fn message(message: &Message) -> Value {
    match message {
        Message::System { content } => json!({ "role": "system", "content": content }),
        Message::User { content } => json!({ "role": "user", "content": content }),
        Message::Tool { tool_call_id, content } => {
            json!({ "role": "tool", "tool_call_id": tool_call_id, "content": content })
        }
        Message::Assistant { content, tool_calls } if tool_calls.is_empty() => {
            json!({ "role": "assistant", "content": content.as_deref().unwrap_or_default() })
        }
        Message::Assistant { content, tool_calls } => {
            let calls = tool_calls.iter().map(|call| {
                json!({
                    "id": call.id,
                    "type": "function",
                    "function": { "name": call.name, "arguments": arguments_text(&call.arguments) },
                })
            });
            let calls: Value = calls.collect();
            let content = content.as_deref().filter(|content| !content.is_empty());
            json!({ "role": "assistant", "content": content, "tool_calls": calls })
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_model::{ToolCall, ToolDescription};

    use super::*;

    #[test]
    fn a_turn_is_written_as_endpoints_want_it() {
        let turn = Turn {
            messages: vec![
                Message::System { content: "s".to_owned() },
                Message::User { content: "u".to_owned() },
                Message::Assistant {
                    content: None,
                    tool_calls: vec![ToolCall {
                        id: "c1".to_owned(),
                        name: "look".to_owned(),
                        arguments: json!({ "a": 1 }),
                    }],
                },
                Message::Tool { tool_call_id: "c1".to_owned(), content: "r".to_owned() },
            ],
            tools: vec![ToolDescription {
                name: "look".to_owned(),
                description: "Looks.".to_owned(),
                input: json!({ "type": "object" }),
            }],
            tool_choice: Some(ToolChoice::Tool("look".to_owned())),
            output_schema: Some(json!({ "type": "string" })),
            max_output_tokens: Some(9),
            temperature: Some(0.5),
            stop: vec!["end".to_owned()],
        };
        let body: Value =
            serde_json::from_slice(&body(&turn, "m", Features::of(&turn))).expect("JSON");
        let expected = json!({
            "model": "m",
            "messages": [
                { "role": "system", "content": "s" },
                { "role": "user", "content": "u" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function",
                      "function": { "name": "look", "arguments": "{\"a\":1}" } },
                ] },
                { "role": "tool", "tool_call_id": "c1", "content": "r" },
            ],
            "tools": [{ "type": "function", "function": {
                "name": "look", "description": "Looks.", "parameters": { "type": "object" } } }],
            "tool_choice": { "type": "function", "function": { "name": "look" } },
            "response_format": { "type": "json_schema", "json_schema": {
                "name": "output", "schema": { "type": "string" } } },
            "max_tokens": 9,
            "temperature": 0.5,
            "stop": ["end"],
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn less_is_asked_for_until_nothing_can_be_left_out() {
        let turn = Turn { output_schema: Some(json!({})), ..Turn::default() };
        let mut features = Features::of(&turn);
        let mut steps = 0;
        let complaint = "stream_options, response_format, max_tokens, stream: all unknown";
        while let Some(fewer) = features.without(complaint) {
            features = fewer;
            steps += 1;
        }
        assert_eq!(steps, 4);
        let body = String::from_utf8(body(&turn, "m", features)).expect("text");
        assert!(body.contains("matches this JSON Schema") && !body.contains("stream"), "{body}");
        assert_eq!(Features::of(&turn).without("the model is unknown"), None);
    }
}
