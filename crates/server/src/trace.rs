//! Trace contexts of requests: read from their headers, and told in answers.

use axum::http::{HeaderMap, HeaderName};
use sluice_model::TraceContext;

/// The header that names a span of a trace.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What comes beside it.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Where in a trace the request stands; none where it does not say, or not in the form that it has.
pub(crate) fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all(TRACEPARENT).iter();
    let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
    // A line that is no text makes the whole state void, as one that is malformed does.
    let state = headers.get_all(TRACESTATE).iter().map(|line| line.to_str().unwrap_or("?"));
    TraceContext::parse(parent.to_str().ok()?, state)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(pairs: &[(HeaderName, &[u8])]) -> Option<TraceContext> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_bytes(value).expect("it is a value"));
        }
        trace_of(&headers)
    }

    #[test]
    fn a_context_has_one_parent_and_any_number_of_lines_of_state() {
        let parent = (TRACEPARENT, PARENT.as_bytes());
        let context = read(&[parent.clone(), (TRACESTATE, b"a=1"), (TRACESTATE, b"b=2")]);
        let context = context.expect("it is sound");
        assert_eq!(context.traceparent.to_string(), PARENT);
        assert_eq!(context.tracestate.as_deref(), Some("a=1,b=2"));
        assert_eq!(read(&[parent.clone(), parent.clone()]), None);
        assert_eq!(read(&[(TRACESTATE, b"a=1")]), None);
        assert_eq!(read(&[(TRACEPARENT, b"\xff")]), None);
        let void = read(&[parent, (TRACESTATE, b"a=1"), (TRACESTATE, b"b=\xff")]);
        assert_eq!(void.expect("the parent is sound").tracestate, None);
    }
}
