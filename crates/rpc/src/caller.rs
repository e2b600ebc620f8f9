//! For whom a call is made, and what it may take.

use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::RpcFailure;

/// For whom a call is made, and the headers that a service gets beside the request. All of it is the
/// host's word; nothing here ever comes from a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Whose share of the connections it takes: the tenant's id. It is not sent.
    pub owner: String,
    /// `X-Hero-User`.
    pub user: Option<String>,
    /// `X-Hero-Context`.
    pub context: Option<String>,
    /// `X-Hero-Claims`.
    pub claims: Option<String>,
    /// `traceparent`: where the call stands in a trace.
    pub traceparent: Option<String>,
    /// `Idempotency-Key`: the same for a call that is tried again.
    pub idempotency_key: Option<String>,
}

/// What one call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// From the start of the call to its whole answer.
    pub timeout: Duration,
    /// The largest request, in bytes.
    pub request_bytes: usize,
    /// The largest answer, in bytes.
    pub answer_bytes: usize,
    /// The most values in an answer, arrays and objects counting as four.
    pub answer_values: usize,
}

impl Default for CallLimits {
    /// 30 seconds, 4 MiB there, 4 MiB back with 500,000 values.
    fn default() -> CallLimits {
        CallLimits {
            timeout: Duration::from_secs(30),
            request_bytes: 4 << 20,
            answer_bytes: 4 << 20,
            answer_values: 500_000,
        }
    }
}

impl Caller {
    /// Adds the headers; a text that no header can have fails the call before anything is sent.
    pub(crate) fn write(&self, headers: &mut HeaderMap) -> Result<(), RpcFailure> {
        let Caller { owner: _, user, context, claims, traceparent, idempotency_key } = self;
        for (name, value) in [
            ("x-hero-user", user),
            ("x-hero-context", context),
            ("x-hero-claims", claims),
            ("traceparent", traceparent),
            ("idempotency-key", idempotency_key),
        ] {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(value).map_err(|_| {
                RpcFailure::Invalid(format!("the header `{name}` cannot have that text"))
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_is_sent_and_no_text_becomes_a_second_header() {
        let mut headers = HeaderMap::new();
        let caller = Caller { user: Some("ada".into()), ..Caller::default() };
        caller.write(&mut headers).expect("a plain name");
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["x-hero-user"], "ada");
        let forged = Caller { claims: Some("a\r\nX-Hero-User: root".into()), ..Caller::default() };
        assert!(matches!(forged.write(&mut headers), Err(RpcFailure::Invalid(_))));
    }
}
