//! An answer put together: of a stream's pieces, or of one JSON document.

use serde::Deserialize;
use serde_json::Value;
use sluice_model::{ToolCall, json_weight};

use super::failure::LlmFailure;
use super::reply::{Finish, MAX_VALUES, Reply, Usage, arguments_of};
use super::turn::Turn;
use super::veil::Veil;

/// The most tools that one answer may ask for.
const MAX_TOOL_CALLS: usize = 128;

/// The longest id, name of a tool and name of a model, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The most of an endpoint's own words that is kept, in characters.
const MAX_MESSAGE_CHARS: usize = 500;

/// More tokens than any turn has: an endpoint that says so does not know.
const MAX_TOKENS: u64 = 1 << 40;

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    content: String,
    refusal: String,
    calls: Vec<Call>,
    model: String,
    usage: Option<Usage>,
    finish: Option<Finish>,
    has_choice: bool,
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Value>,
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<Value>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPart>>,
}

#[derive(Deserialize)]
struct CallPart {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionPart>,
}

#[derive(Deserialize)]
struct FunctionPart {
    name: Option<String>,
    arguments: Option<Value>,
}

impl Assembly {
    /// Takes a document or a piece of a stream in, and gives the text that it brought.
    pub(super) fn take(&mut self, json: &[u8]) -> Result<String, LlmFailure> {
        if json_weight(json) > MAX_VALUES {
            return Err(malformed("JSON of too many values"));
        }
        let answer: Answer = serde_json::from_slice(json).map_err(|error| {
            malformed(if error.is_data() { "JSON of another form" } else { "no whole JSON" })
        })?;
        if let Some(error) = answer.error {
            if self.has_begun() {
                return Err(LlmFailure::Cut { what: message_of(&error) });
            }
            let status = error.get("code").and_then(Value::as_u64);
            let status = status.and_then(|it| u16::try_from(it).ok()).unwrap_or(500);
            let message = message_of(&error);
            return Err(LlmFailure::Broken { status, retry_after: None, message });
        }
        if let Some(model) = answer.model.filter(|_| self.model.is_empty()) {
            self.model = named(model, "a model with an overlong name")?;
        }
        if let Some(usage) = answer.usage.as_ref().and_then(usage_of) {
            self.usage = Some(usage);
        }
        // Only one is asked for.
        let choice = answer.choices.into_iter().flatten().find(|choice| choice.index == 0);
        let Some(choice) = choice else { return Ok(String::new()) };
        self.has_choice = true;
        if let Some(word) = choice.finish_reason {
            self.finish = Some(Finish::of(&word));
        }
        let delta = choice.delta.unwrap_or_default();
        self.refusal.push_str(&delta.refusal.unwrap_or_default());
        for part in delta.tool_calls.into_iter().flatten() {
            self.take_call(part)?;
        }
        let text = delta.content.map(text_of).transpose()?.unwrap_or_default();
        self.content.push_str(&text);
        Ok(text)
    }

    /// Whether the model has said why it stopped.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether the endpoint answered at all, if with nothing.
    pub(super) fn has_choice(&self) -> bool {
        self.has_choice
    }

    /// Whether anything of an answer has come.
    pub(super) fn has_begun(&self) -> bool {
        !(self.content.is_empty() && self.refusal.is_empty() && self.calls.is_empty())
    }

    /// The whole answer, without the endpoint's key.
    pub(super) fn reply(self, turn: &Turn, veil: &Veil) -> Result<Reply, LlmFailure> {
        if !self.has_choice {
            return Err(malformed("no choice"));
        }
        let written = self.content.len()
            + self.refusal.len()
            + self.calls.iter().map(|it| it.name.len() + it.arguments.len()).sum::<usize>();
        let mut tool_calls = Vec::new();
        for (at, call) in self.calls.into_iter().enumerate() {
            if call.name.is_empty() {
                return Err(malformed("a call of a tool without a name"));
            }
            let id = if call.id.is_empty() { format!("call_{at}") } else { veil.text(&call.id) };
            let arguments = arguments_of(&veil.text(&call.arguments));
            tool_calls.push(ToolCall { id, name: veil.text(&call.name), arguments });
        }
        let stopped = if tool_calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
        Ok(Reply {
            content: veil.text(&self.content),
            tool_calls,
            refusal: (!self.refusal.is_empty()).then(|| veil.text(&self.refusal)),
            usage: self.usage.unwrap_or_else(|| Usage {
                input_tokens: tokens_of(turn.bytes()),
                output_tokens: tokens_of(written),
                is_estimated: true,
            }),
            finish_reason: self.finish.unwrap_or(stopped),
            model: veil.text(&self.model),
            tries: 1,
        })
    }

    fn take_call(&mut self, part: CallPart) -> Result<(), LlmFailure> {
        // Without an index, an id begins another call.
        let at = part.index.unwrap_or_else(|| match part.id {
            Some(_) => self.calls.len(),
            None => self.calls.len().saturating_sub(1),
        });
        if at > self.calls.len() || at >= MAX_TOOL_CALLS {
            return Err(malformed("calls of tools out of order, or too many"));
        }
        if at == self.calls.len() {
            self.calls.push(Call::default());
        }
        let call = &mut self.calls[at];
        if let Some(id) = part.id.filter(|id| !id.is_empty()) {
            call.id = named(id, "a call with an overlong id")?;
        }
        let Some(function) = part.function else { return Ok(()) };
        if let Some(name) = function.name {
            call.name = named(call.name.clone() + &name, "a tool with an overlong name")?;
        }
        match function.arguments {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => call.arguments.push_str(&text),
            Some(other) => call.arguments.push_str(&other.to_string()),
        }
        Ok(())
    }
}

/// About how many tokens a text of so many bytes has.
pub(super) fn tokens_of(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

/// What an endpoint says of an error: the document's own message, or the beginning of whatever it sent.
pub(super) fn complaint(body: &[u8]) -> String {
    let told = match serde_json::from_slice::<Value>(body) {
        Ok(document) => message_of(document.get("error").unwrap_or(&document)),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    shortened(&told)
}

pub(super) fn malformed(what: &str) -> LlmFailure {
    LlmFailure::Malformed { what: what.to_owned() }
}

fn message_of(error: &Value) -> String {
    let texts = [error.get("message"), error.get("detail"), Some(error)];
    let text = texts.into_iter().flatten().find_map(Value::as_str);
    shortened(text.map_or_else(|| error.to_string(), str::to_owned).trim())
}

fn shortened(text: &str) -> String {
    let is_kept = |character: &char| !character.is_control();
    text.chars().filter(is_kept).take(MAX_MESSAGE_CHARS).collect()
}

fn named(name: String, problem: &str) -> Result<String, LlmFailure> {
    if name.len() > MAX_NAME_BYTES { Err(malformed(problem)) } else { Ok(name) }
}

/// A text, or several as some endpoints have it.
fn text_of(content: Value) -> Result<String, LlmFailure> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            Ok(texts.collect())
        }
        _ => Err(malformed("a text of another form")),
    }
}

fn usage_of(usage: &Value) -> Option<Usage> {
    let of = |name| usage.get(name).and_then(Value::as_u64).filter(|it| *it <= MAX_TOKENS);
    Some(Usage {
        input_tokens: of("prompt_tokens")?,
        output_tokens: of("completion_tokens")?,
        is_estimated: false,
    })
}
