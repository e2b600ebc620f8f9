//! Why a call of a service has no result, and what is known of it then.

use serde_json::Value;
use sluice_model::{Code, Failure};

/// What a service answers in place of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorObject {
    /// The number that programs depend on.
    pub code: i64,
    /// One sentence, of the service: text that nobody trusts.
    pub message: String,
    /// Whatever else the service says; `Null` where it says nothing.
    pub data: Value,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RpcFailure {
    /// The request cannot be made. Nothing was done.
    #[error("the request cannot be made: {0}")]
    Invalid(String),
    /// Nobody was reached. Nothing was done.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// There was no answer in time. Nobody knows whether it was done.
    #[error("there was no answer within {limit_ms} ms")]
    TimedOut {
        /// The time that there was.
        limit_ms: u64,
    },
    /// The connection ended before the answer did. Nobody knows whether it was done.
    #[error("the connection ended before the answer: {0}")]
    Lost(String),
    /// What was answered is no answer of JSON-RPC.
    #[error("the answer is not one of JSON-RPC: {0}")]
    NotJsonRpc(String),
    /// The answer is larger than the caller takes.
    #[error("the answer has more than {limit_bytes} bytes")]
    TooLarge {
        /// How much the caller takes.
        limit_bytes: usize,
    },
    /// The answer has more values than the caller takes: each takes far more memory than its bytes.
    #[error("the answer has more than {limit_values} values")]
    TooMany {
        /// How many the caller takes.
        limit_values: usize,
    },
    /// The service refused, in its own words.
    #[error("{} (code {})", .0.message, .0.code)]
    Service(ErrorObject),
}

impl RpcFailure {
    /// Whether it is certain that the service has done nothing.
    pub fn nothing_done(&self) -> bool {
        matches!(self, RpcFailure::Invalid(_) | RpcFailure::Unreachable(_))
    }

    /// Whether the service may have done it, and nobody can tell.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, RpcFailure::TimedOut { .. } | RpcFailure::Lost(_))
    }

    /// The same as a failure of the call, with the codes that there are; for a refusal of the
    /// service's own, `details` has its `code`, `message` and `data`.
    pub fn failure(&self, code: Code) -> Failure {
        let failure = Failure::new(code, self.to_string());
        match self {
            RpcFailure::Service(error) => {
                let ErrorObject { code, message, data } = error;
                let failure = Failure { message: message.clone(), ..failure };
                failure
                    .detail("code", *code)
                    .detail("message", message.clone())
                    .detail("data", data.clone())
            }
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_of_the_service_keeps_its_code_message_and_data() {
        let error =
            ErrorObject { code: -32004, message: "no such event".into(), data: json!({"id": 7}) };
        let failure = RpcFailure::Service(error).failure(Code::NotAvailable);
        assert_eq!(failure.message, "no such event");
        assert_eq!(
            Value::Object(failure.details),
            json!({"code": -32004, "message": "no such event", "data": {"id": 7}})
        );
    }

    #[test]
    fn what_is_known_of_a_failure_is_told_apart() {
        let unreachable = RpcFailure::Unreachable(String::new());
        assert!(unreachable.nothing_done() && !unreachable.outcome_unknown());
        let lost = RpcFailure::Lost(String::new());
        assert!(!lost.nothing_done() && lost.outcome_unknown());
        let large = RpcFailure::TooLarge { limit_bytes: 1 };
        assert!(!large.nothing_done() && !large.outcome_unknown());
    }
}
