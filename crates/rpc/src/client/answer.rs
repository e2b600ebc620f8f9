//! The result in an answer, or why there is none.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::Value;
use sluice_model::json_weight;

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

/// Reads an answer of so many values at most. Services say errors with any status; a result comes with one
/// of success.
pub(super) fn result(
    status: u16,
    answer: &[u8],
    id: u64,
    limit_values: usize,
) -> Result<Value, RpcFailure> {
    if json_weight(answer) > limit_values {
        return Err(RpcFailure::TooMany { limit_values });
    }
    // A list would be read as the members in their order.
    if is_list(answer) {
        return not("it is a list, and no batch was asked for");
    }
    let answer: Answer = parsed(status, answer)?;
    let of_another = answer.error.is_none() && answer.id != Some(Value::from(id));
    match answer.result(status) {
        Ok(_) if of_another => not("its `id` is not that of the request"),
        result => result,
    }
}

impl Answer {
    fn result(self, status: u16) -> Result<Value, RpcFailure> {
        if let Some(Refusal { code, message, data }) = self.error {
            let Some(code) = code.as_i64() else {
                return not("the `code` of its error is no whole number");
            };
            let message = match message {
                Value::String(text) => text.chars().take(MAX_MESSAGE).collect(),
                _ => String::new(),
            };
            return Err(RpcFailure::Service(ErrorObject { code, message, data }));
        }
        match self.result {
            _ if !is_success(status) => not(format!("the status is {status}")),
            None => not("it has neither `result` nor `error`"),
            Some(result) => Ok(result),
        }
    }
}

fn parsed<'a, T: Deserialize<'a>>(status: u16, answer: &'a [u8]) -> Result<T, RpcFailure> {
    match serde_json::from_slice(answer) {
        Ok(answer) => Ok(answer),
        Err(_) if !is_success(status) => not(format!("the status is {status}")),
        Err(_) if answer.is_empty() => not("it is empty"),
        Err(_) if serde_json::from_slice::<IgnoredAny>(answer).is_ok() => {
            not("it is JSON, but no object with `result` or `error`")
        }
        Err(error) => not(format!("it is not JSON: {error}")),
    }
}

fn not<T>(why: impl Into<String>) -> Result<T, RpcFailure> {
    Err(RpcFailure::NotJsonRpc(why.into()))
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn is_list(answer: &[u8]) -> bool {
    answer.trim_ascii_start().first() == Some(&b'[')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MOST: usize = 1_000_000;

    fn read(status: u16, answer: &Value) -> Result<Value, RpcFailure> {
        result(status, answer.to_string().as_bytes(), 1, MOST)
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
            (200, "[".repeat(100_000), "it is a list"),
            (200, r#"{"a":"#.repeat(100_000), "it is not JSON"),
        ] {
            let Err(RpcFailure::NotJsonRpc(told)) = result(status, answer.as_bytes(), 1, MOST)
            else {
                panic!("{answer:.40} is no answer")
            };
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn many_small_values_are_too_much() {
        let answer = json!({"id": 1, "result": vec![json!([0]); 100]}).to_string();
        let told = result(200, answer.as_bytes(), 1, 500);
        assert_eq!(told, Err(RpcFailure::TooMany { limit_values: 500 }));
        assert!(result(200, answer.as_bytes(), 1, 700).is_ok());
    }
}
