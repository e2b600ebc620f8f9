//! Turns of models in the words of OpenTelemetry's conventions for generative AI, for spans that are exported.
//! Nothing of what is said to a model, or by it, is among them.

use serde_json::Value;
use sluice_model::{Answer, Attributes, LlmCall};

/// What a call asks of which model, and for whom.
pub(crate) fn asked(call: &LlmCall) -> Attributes {
    let members = [
        ("gen_ai.operation.name", Some("chat".into())),
        ("gen_ai.request.model", Some(call.model.as_str().into())),
        ("gen_ai.request.max_tokens", call.max_output_tokens.map(Value::from)),
        ("gen_ai.request.temperature", call.temperature.map(Value::from)),
        ("gen_ai.agent.name", call.agent.as_ref().map(|agent| agent.name.as_str().into())),
    ];
    present(members)
}

/// What its answer took, and whose it is.
pub(crate) fn answered(answer: &Answer) -> Attributes {
    let value = &answer.value;
    let usage = |name: &str| value.get("usage").and_then(|usage| usage.get(name)).cloned();
    let members = [
        ("gen_ai.response.model", value.get("model").cloned()),
        ("gen_ai.usage.input_tokens", usage("input_tokens")),
        ("gen_ai.usage.output_tokens", usage("output_tokens")),
        (
            "gen_ai.response.finish_reasons",
            value.get("finish_reason").map(|reason| Value::Array(vec![reason.clone()])),
        ),
    ];
    present(members)
}

fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Attributes {
    let members = members.into_iter();
    let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    members.filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_turn_has_the_names_of_the_conventions() {
        let call: LlmCall = serde_json::from_value(json!({
            "model": "default",
            "messages": [{ "role": "user", "content": "something private" }],
            "agent": { "name": "judge" },
        }))
        .expect("a call");
        let expected = json!({
            "gen_ai.agent.name": "judge",
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "default",
        });
        assert_eq!(json!(asked(&call)), expected);
        let answer = Answer::of(json!({
            "content": "something private",
            "tool_calls": [],
            "usage": { "input_tokens": 3, "output_tokens": 2, "cost_micros": null },
            "finish_reason": "stop",
            "model": "small-1",
        }));
        let expected = json!({
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.response.model": "small-1",
            "gen_ai.usage.input_tokens": 3,
            "gen_ai.usage.output_tokens": 2,
        });
        assert_eq!(json!(answered(&answer)), expected);
    }
}
