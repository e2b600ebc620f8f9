//! Calls that leave this machine: methods of services, HTTP, models, and the secrets that go with them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::InvalidRequest;
use crate::{Attributes, Capability, Destination, SpanId};

/// A method of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RpcCall {
    /// The service: a word without a dot.
    pub service: String,
    /// Its method.
    pub method: String,
    /// An object where they are given by name, an array where by position.
    pub params: Value,
    /// How long the flow waits for the answer; as long as the host lets it where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// An HTTP request, whose body is the attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpCall {
    /// In capital letters.
    pub method: String,
    /// Where to: `http` or `https`, without a name and password.
    pub url: String,
    /// Names and values, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// How long the flow waits for the whole of the answer; as long as the host lets it where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether to go on to where the answer sends.
    #[serde(default = "yes")]
    pub redirects: bool,
    /// Where redirects may lead and which secrets may be put in: the host's word, never the guest's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Capability>,
}

/// One turn of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LlmCall {
    /// What the tenant calls the model.
    pub model: String,
    /// What was said so far.
    pub messages: Vec<Message>,
    /// Functions that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDescription>,
    /// JSON Schema of the answer; text where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Tokens of the answer at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// How freely the model chooses its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The agent whose turn it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentTurn>,
    /// What the steps around the call may spend, the innermost first, and the run at last: the host's word, never
    /// the guest's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<StepBudget>,
}

/// What a step, or the run, may spend on models, with all that is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBudget {
    /// The step's span; [`SpanId::RUN`] for the run.
    pub span: SpanId,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money, in millionths of a dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

impl StepBudget {
    /// The attribute of a step that says what it may spend.
    pub const ATTRIBUTE: &str = "sluice.budget";

    /// The budget of a step with these attributes; none where they have none. Fails with what is wrong.
    pub fn of(span: SpanId, attributes: &Attributes) -> Result<Option<StepBudget>, InvalidRequest> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Amounts {
            tokens: Option<u64>,
            cost_micros: Option<u64>,
        }
        let Some(budget) = attributes.get(StepBudget::ATTRIBUTE) else { return Ok(None) };
        let amounts = Amounts::deserialize(budget).map_err(|error| {
            InvalidRequest(format!("`{}` is no budget: {error}", StepBudget::ATTRIBUTE))
        })?;
        let Amounts { tokens, cost_micros } = amounts;
        Ok(Some(StepBudget { span, tokens, cost_micros }))
    }
}

/// The agent whose turn a call is, and what all its turns may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentTurn {
    /// Its name.
    pub name: String,
    /// Tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money, in millionths of a dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

/// Something said to a model, or by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Message {
    /// What the model is to hold to.
    System {
        /// The text.
        content: String,
    },
    /// What it is asked.
    User {
        /// The text.
        content: String,
    },
    /// What it said.
    Assistant {
        /// The text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
        /// Functions that it called.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// What a function gave.
    Tool {
        /// The call.
        tool_call_id: String,
        /// The text.
        content: String,
    },
}

/// A function that a model called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The model's word for this call.
    pub id: String,
    /// The function.
    pub name: String,
    /// An object; text where the model wrote none.
    pub arguments: Value,
}

/// A function that a model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolDescription {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input: Value,
}

fn yes() -> bool {
    true
}

/// The longest text that names something: a method, a model, an agent.
const MAX_WORD_BYTES: usize = 256;

/// Headers of a request at most, and bytes of them together.
const MOST_HEADERS: (usize, usize) = (100, 64 << 10);

fn invalid<T>(text: impl Into<String>) -> Result<T, InvalidRequest> {
    Err(InvalidRequest(text.into()))
}

impl RpcCall {
    /// What the capability names.
    pub fn target(&self) -> String {
        format!("{}.{}", self.service, self.method)
    }

    /// Values under a name: of a parameter, or within one by dots; a parameter without a name has its place.
    pub(super) fn values(&self, name: &str) -> Option<Vec<String>> {
        values_at(&self.params, name)
    }

    pub(super) fn check(&self) -> Result<(), InvalidRequest> {
        if self.service.is_empty() || self.service.contains('.') {
            return invalid("`service` is one word, without a dot");
        }
        if self.method.is_empty() {
            return invalid("`method` is empty");
        }
        match self.params {
            Value::Object(_) | Value::Array(_) => Ok(()),
            _ => invalid("`params` is an object or an array"),
        }
    }
}

impl HttpCall {
    /// The address. Fails where it is none that a call can go to.
    pub fn address(&self) -> Result<Url, InvalidRequest> {
        let url = Url::parse(&self.url)
            .map_err(|error| InvalidRequest(format!("`url` is not an address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return invalid("`url` begins with http:// or https:// and a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("`url` has no name and password: send an Authorization header");
        }
        Ok(url)
    }

    pub(super) fn check(&self) -> Result<(), InvalidRequest> {
        self.address()?;
        let is_method = |method: &str| {
            (1..=16).contains(&method.len()) && method.bytes().all(|b| b.is_ascii_uppercase())
        };
        if !is_method(&self.method) || matches!(self.method.as_str(), "CONNECT" | "TRACE") {
            return invalid("`method` is one in capital letters, and not CONNECT or TRACE");
        }
        let bytes: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if self.headers.len() > MOST_HEADERS.0 || bytes > MOST_HEADERS.1 {
            return invalid("there are at most 100 headers, of 64 KiB together");
        }
        Ok(())
    }
}

impl LlmCall {
    pub(super) fn check(&self) -> Result<(), InvalidRequest> {
        if self.messages.is_empty() {
            return invalid("`messages` is empty");
        }
        if self.temperature.is_some_and(|heat| !(0.0..=2.0).contains(&heat)) {
            return invalid("`temperature` is a number from 0 to 2");
        }
        let names = self.tools.iter().map(|tool| &tool.name);
        let agent = self.agent.iter().map(|agent| &agent.name);
        if names.chain(agent).any(|name| name.is_empty() || name.len() > MAX_WORD_BYTES) {
            return invalid("the name of a tool or an agent has 1 to 256 bytes");
        }
        Ok(())
    }
}

/// Where an address goes, as capabilities see it.
pub(super) fn destination(url: &Url) -> Option<Destination<'_>> {
    let port = url.port_or_known_default()?;
    Some(Destination { host: url.host_str()?, port, path: url.path() })
}

/// The values at a dotted path, as texts: of a list each of its own.
pub(super) fn values_at(value: &Value, path: &str) -> Option<Vec<String>> {
    let mut at = value;
    let mut rest = path;
    while !rest.is_empty() {
        // A member whose own name has dots stands before one within another.
        if let Some(found) = at.get(rest) {
            at = found;
            break;
        }
        let (name, below) = rest.split_once('.').unwrap_or((rest, ""));
        at = match at {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
        rest = below;
    }
    let mut texts = Vec::new();
    collect(at, &mut texts).then_some(texts)
}

fn collect(value: &Value, texts: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => texts.push(value.to_string()),
        Value::Array(items) => return items.iter().all(|item| collect(item, texts)),
        Value::Object(_) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_by_name_by_place_and_within_others() {
        let params =
            json!({"to": ["a", "b"], "draft": {"size": 3}, "a.b": true, "deep": [[1], [2]]});
        let at = |path: &str| values_at(&params, path);
        assert_eq!(at("to"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(at("to.1"), Some(vec!["b".to_owned()]));
        assert_eq!(at("draft.size"), Some(vec!["3".to_owned()]));
        assert_eq!(at("a.b"), Some(vec!["true".to_owned()]));
        assert_eq!(at("deep"), Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(at("draft"), None, "what has parts is no value");
        assert_eq!(at("from"), None);
        assert_eq!(values_at(&json!(["x"]), "0"), Some(vec!["x".to_owned()]));
    }
}
