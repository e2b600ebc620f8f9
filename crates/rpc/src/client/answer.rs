//! The result in an answer, or why there is none.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};
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

/// Reads the answers to a batch of requests whose ids begin with 1; they come in any order.
pub(super) fn results(
    status: u16,
    answer: &[u8],
    requests: usize,
) -> Result<Vec<Result<Value, RpcFailure>>, RpcFailure> {
    if !is_list(answer) {
        // A service that takes no batch says so once.
        return match parsed::<Answer>(status, answer)?.result(status) {
            Ok(_) => not("it is one answer to a batch of requests"),
            Err(failure) => Err(failure),
        };
    }
    let mut deserializer = serde_json::Deserializer::from_slice(answer);
    let answers = match deserializer.deserialize_seq(AtMost(requests)) {
        Ok(answers) => answers,
        Err(_) if !is_success(status) => return not(format!("the status is {status}")),
        Err(error) => return not(format!("it is no list of answers: {error}")),
    };
    let mut results: Vec<_> = (0..requests).map(|_| not("it has none to this request")).collect();
    let mut given = vec![false; requests];
    for answer in answers {
        let id = answer.id.as_ref().and_then(Value::as_u64).unwrap_or(0);
        let Some(place) = usize::try_from(id).ok().and_then(|id| id.checked_sub(1)) else {
            continue;
        };
        if place < requests && !std::mem::replace(&mut given[place], true) {
            results[place] = answer.result(status);
        }
    }
    Ok(results)
}

/// So many answers and not one more: each takes far more memory than its few bytes.
struct AtMost(usize);

impl<'de> Visitor<'de> for AtMost {
    type Value = Vec<Answer>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {} answers at most", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Answer>, A::Error> {
        let mut answers = Vec::new();
        while let Some(answer) = list.next_element()? {
            if answers.len() == self.0 {
                return Err(A::Error::invalid_length(self.0 + 1, &self));
            }
            answers.push(answer);
        }
        Ok(answers)
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
            (200, "[".repeat(100_000), "it is a list"),
            (200, r#"{"a":"#.repeat(100_000), "it is not JSON"),
        ] {
            let Err(RpcFailure::NotJsonRpc(told)) = result(status, answer.as_bytes(), 1) else {
                panic!("{answer:.40} is no answer")
            };
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn the_answers_to_a_batch_come_in_any_order_and_each_once() {
        let answer = json!([
            {"id": 2, "error": {"code": 5, "message": "five"}},
            {"id": 1, "result": "one"}, {"id": 1, "result": "again"}, {"id": 9, "result": 9}, {},
        ]);
        let results = results(200, answer.to_string().as_bytes(), 5).expect("it is a list");
        assert_eq!(results[0], Ok(json!("one")));
        assert!(matches!(&results[1], Err(RpcFailure::Service(error)) if error.code == 5));
        assert!(matches!(&results[2], Err(RpcFailure::NotJsonRpc(_))));
        let refused = br#"{"id": null, "error": {"code": -32600, "message": "no batches"}}"#;
        assert!(matches!(super::results(200, refused, 3), Err(RpcFailure::Service(_))));
        let more = "[".to_owned() + &"{},".repeat(3) + "{}]";
        assert!(super::results(200, more.as_bytes(), 3).is_err(), "more answers than requests");
        assert!(super::results(200, b"{}", 3).is_err() && super::results(200, b"[7]", 3).is_err());
    }
}
