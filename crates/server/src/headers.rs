//! What requests say in headers, each as an extractor, so that the description of the API has it.

use std::convert::Infallible;
use std::time::Duration;

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{
    HeaderStyle, Operation, Parameter, ParameterData, ParameterSchemaOrContent, SchemaObject,
};
use aide::operation::add_parameters;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use schemars::{Schema, json_schema};
use sluice_model::TraceContext;

use crate::problem::Problem;
use crate::trace::trace_of;

/// Characters of an idempotency key at most.
const LONGEST_KEY: usize = 200;

/// The key under which a repeated request finds the run of the first: `Idempotency-Key`.
pub(crate) struct RequestKey(pub(crate) Option<String>);

/// How long the answer may take: `Prefer: wait=5`.
pub(crate) struct Wait(pub(crate) Option<Duration>);

/// Whether a list is wanted as a stream, and from where it is taken up.
pub(crate) struct Following {
    /// `Accept: text/event-stream`.
    pub(crate) wants_stream: bool,
    /// `Last-Event-ID`.
    pub(crate) last: Option<u64>,
}

/// A key as it was sent, where it can be one.
pub(crate) fn request_key(key: &str, place: &str) -> Result<String, Problem> {
    let is_visible = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.is_empty() || key.len() > LONGEST_KEY || !is_visible {
        return Err(Problem::field(place, "it has 1 to 200 characters of ASCII"));
    }
    Ok(key.to_owned())
}

impl<S: Send + Sync> FromRequestParts<S> for RequestKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        const NAME: &str = "Idempotency-Key";
        let mut keys = parts.headers.get_all(NAME).into_iter();
        let Some(key) = keys.next() else { return Ok(RequestKey(None)) };
        if keys.next().is_some() {
            return Err(Problem::field(NAME, "there is more than one"));
        }
        // Empty is no key, either.
        let key = request_key(key.to_str().unwrap_or_default(), NAME)?;
        Ok(RequestKey(Some(key)))
    }
}

/// A preference that cannot be read is none: RFC 7240.
impl<S: Send + Sync> FromRequestParts<S> for Wait {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Wait(prefer_wait(&parts.headers)))
    }
}

/// Where in a trace the request stands: `traceparent` and `tracestate`. One that is malformed is none, as W3C
/// Trace Context says.
pub(crate) struct Trace(pub(crate) Option<TraceContext>);

impl<S: Send + Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Trace(trace_of(&parts.headers)))
    }
}

fn prefer_wait(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let mut wait = preferences.flat_map(|value| value.split([',', ';'])).filter_map(|preference| {
        let (name, value) = preference.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().parse::<u64>().ok())?
    });
    wait.next().map(Duration::from_secs)
}

impl<S: Send + Sync> FromRequestParts<S> for Following {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let kinds = parts.headers.get_all(ACCEPT).into_iter().filter_map(|kind| kind.to_str().ok());
        let wants_stream =
            kinds.flat_map(|kinds| kinds.split(',')).filter_map(|kind| kind.split(';').next());
        let wants_stream =
            wants_stream.into_iter().any(|it| it.trim().eq_ignore_ascii_case("text/event-stream"));
        let wrong = || Problem::field("Last-Event-ID", "it is the number of an event");
        let last = match parts.headers.get("last-event-id") {
            None => None,
            Some(last) => Some(last.to_str().unwrap_or_default().parse().map_err(|_| wrong())?),
        };
        Ok(Following { wants_stream, last })
    }
}

/// Adds a header to what an operation takes.
pub(crate) fn describe(
    ctx: &mut GenContext,
    operation: &mut Operation,
    name: &str,
    about: &str,
    schema: Schema,
) {
    let parameter_data = ParameterData {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        required: false,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(SchemaObject {
            json_schema: schema,
            external_docs: None,
            example: None,
        }),
        example: None,
        examples: [].into_iter().collect(),
        explode: None,
        extensions: [].into_iter().collect(),
    };
    let style = HeaderStyle::Simple;
    add_parameters(ctx, operation, [Parameter::Header { parameter_data, style }]);
}

impl OperationInput for RequestKey {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let about = "The same request with the same key starts one run; another request with it is a \
            `conflict`.";
        let schema = json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST_KEY });
        describe(ctx, operation, "Idempotency-Key", about, schema);
    }
}

impl OperationInput for Trace {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let text = || json_schema!({ "type": "string" });
        let about = "The span that the run is to be a child of, by W3C Trace Context.";
        describe(ctx, operation, "traceparent", about, text());
        describe(ctx, operation, "tracestate", "What comes beside it.", text());
    }
}

impl OperationInput for Wait {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let about = "`wait=10`: answer when the run has ended, or after so many seconds.";
        describe(ctx, operation, "Prefer", about, json_schema!({ "type": "string" }));
    }
}

impl OperationInput for Following {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let about = "Of a stream: go on after this event.";
        let schema = json_schema!({ "type": "integer", "minimum": 0 });
        describe(ctx, operation, "Last-Event-ID", about, schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_found_among_other_preferences() {
        let wait = |value: &'static str| {
            prefer_wait(&HeaderMap::from_iter([(
                axum::http::HeaderName::from_static("prefer"),
                axum::http::HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(wait("respond-async, Wait = 5"), Some(Duration::from_secs(5)));
        assert_eq!(wait("wait=soon"), None);
        assert_eq!(wait("handling=lenient"), None);
    }

    #[test]
    fn a_key_is_a_few_visible_characters() {
        assert_eq!(request_key("a key", "k").ok().as_deref(), Some("a key"));
        for wrong in ["", "é", "a\tb", &"k".repeat(201)] {
            assert!(request_key(wrong, "k").is_err(), "{wrong}");
        }
    }
}
