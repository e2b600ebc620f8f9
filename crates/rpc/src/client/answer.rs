//! The result in an answer, or why there is none.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::Value;

use crate::{ErrorObject, RpcFailure};

/// The longest message of a service's error, in characters.
const MAX_MESSAGE: usize = 4_000;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    data: Value,
}

/// A `null` that is there is a result.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Reads an answer. Services say errors with any status; a result comes with one of success.
pub(super) fn result(status: u16, answer: &[u8], id: u64) -> Result<Value, RpcFailure> {
    let not = |why: String| Err(RpcFailure::NotJsonRpc(why));
    let succeeded = (200..300).contains(&status);
    // An array would be read as the members in their order.
    let is_object = answer.trim_ascii_start().first() == Some(&b'{');
    let answer: Answer = match serde_json::from_slice(answer) {
        Ok(answer) if is_object => answer,
        Ok(_) => return not("it is a list, and no batch was asked for".to_owned()),
        Err(_) if !succeeded => return not(format!("the status is {status}")),
        Err(_) if answer.is_empty() => return not("it is empty".to_owned()),
        Err(_) if serde_json::from_slice::<IgnoredAny>(answer).is_ok() => {
            return not("it is JSON, but no object with `result` or `error`".to_owned());
        }
        Err(error) => return not(format!("it is not JSON: {error}")),
    };
    if let Some(Refusal { code, message, data }) = answer.error {
        let Some(code) = code.as_i64() else {
            return not("the `code` of its error is no whole number".to_owned());
        };
        let message = match message {
            Value::String(text) => text.chars().take(MAX_MESSAGE).collect(),
            _ => String::new(),
        };
        return Err(RpcFailure::Service(ErrorObject { code, message, data }));
    }
    match answer.result {
        _ if !succeeded => not(format!("the status is {status}")),
        None => not("it has neither `result` nor `error`".to_owned()),
        Some(_) if answer.id != Some(Value::from(id)) => {
            not("its `id` is not that of the request".to_owned())
        }
        Some(result) => Ok(result),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, answer: &Value) -> Result<Value, RpcFailure> {
        result(status, answer.to_string().as_bytes(), 1)
    }

    #[test]
    fn a_result_is_a_result_even_where_it_is_null() {
        assert_eq!(read(200, &json!({"jsonrpc": "2.0", "id": 1, "result": [1]})), Ok(json!([1])));
        assert_eq!(read(200, &json!({"id": 1, "result": null})), Ok(Value::Null));
        assert_eq!(read(200, &json!({"id": 1, "result": 2, "error": null})), Ok(json!(2)));
    }

    #[test]
    fn an_error_keeps_its_code_whatever_the_status() {
        let error =
            json!({"id": null, "error": {"code": -32004, "message": "no", "data": {"a": 1}}});
        let expected = ErrorObject { code: -32004, message: "no".into(), data: json!({"a": 1}) };
        for status in [200, 400, 500] {
            assert_eq!(read(status, &error), Err(RpcFailure::Service(expected.clone())));
        }
    }

    #[test]
    fn anything_else_says_what_it_is() {
        for (status, answer, why) in [
            (502, "<html>".to_owned(), "the status is 502"),
            (200, String::new(), "it is empty"),
            (200, "nope".to_owned(), "it is not JSON"),
            (200, "1".to_owned(), "no object with `result`"),
            (200, "[1, 2]".to_owned(), "it is a list"),
            (200, "{}".to_owned(), "neither `result` nor `error`"),
            (500, r#"{"id": 1, "result": 1}"#.to_owned(), "the status is 500"),
            (200, r#"{"id": 2, "result": 1}"#.to_owned(), "its `id`"),
            (200, r#"{"id": 1, "error": {"code": "x"}}"#.to_owned(), "no whole number"),
            (200, "[".repeat(100_000), "it is not JSON"),
        ] {
            let Err(RpcFailure::NotJsonRpc(told)) = result(status, answer.as_bytes(), 1) else {
                panic!("{answer:.40} is no answer")
            };
            assert!(told.contains(why), "{told}");
        }
    }
}
