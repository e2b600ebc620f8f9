//! Our spans in the words of OpenTelemetry, without what is secret and within bounds.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use sluice_executor::{FinishedSpan, SpanEvent};
use sluice_model::{Attributes, Scrub, SpanStatus, TraceSpanId};

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 4 << 10;

/// The longest name of a span or an attribute, in bytes.
const LONGEST_NAME: usize = 256;

/// Attributes of a span or an event at most. Ours come last, and are kept.
const MOST_ATTRIBUTES: usize = 128;

pub(super) struct Convert {
    scrub: Scrub,
    scope: InstrumentationScope,
}

impl Convert {
    pub(super) fn new(scrub: Scrub) -> Convert {
        let scope =
            InstrumentationScope::builder("sluice").with_version(env!("CARGO_PKG_VERSION")).build();
        Convert { scrub, scope }
    }

    pub(super) fn span(&self, span: &FinishedSpan) -> SpanData {
        let own = span.context.traceparent;
        let state = span.context.tracestate.as_deref().map(|state| self.scrub.text(state));
        let state: TraceState = state.and_then(|state| state.parse().ok()).unwrap_or_default();
        let mut events = SpanEvents::default();
        events.dropped_count = span.dropped_events;
        events.events = span.events.iter().map(|event| self.event(event)).collect();
        let (attributes, dropped_attributes_count) = self.attributes(&span.attributes);
        SpanData {
            span_context: SpanContext::new(
                TraceId::from_bytes(own.trace.bytes()),
                span_id(own.span),
                TraceFlags::new(own.flags()),
                false,
                state,
            ),
            parent_span_id: span.parent.map_or(SpanId::INVALID, span_id),
            parent_span_is_remote: span.is_parent_remote,
            span_kind: if span.leaves { SpanKind::Client } else { SpanKind::Internal },
            name: self.text(&span.name, LONGEST_NAME).into(),
            start_time: time(span.started_at_us),
            end_time: time(span.ended_at_us),
            attributes,
            dropped_attributes_count,
            events,
            links: SpanLinks::default(),
            status: self.status(&span.status),
            instrumentation_scope: self.scope.clone(),
        }
    }

    fn event(&self, event: &SpanEvent) -> Event {
        let (attributes, dropped) = self.attributes(&event.attributes);
        Event::new(self.text(&event.name, LONGEST_TEXT), time(event.at_us), attributes, dropped)
    }

    fn status(&self, status: &SpanStatus) -> Status {
        match status {
            SpanStatus::Ok => Status::Ok,
            SpanStatus::Cancelled => Status::Unset,
            SpanStatus::Failed { failure } => {
                let text = format!("{}: {}", failure.code.as_str(), failure.message);
                Status::error(self.text(&text, LONGEST_TEXT))
            }
        }
    }

    fn attributes(&self, attributes: &Attributes) -> (Vec<KeyValue>, u32) {
        let dropped = attributes.len().saturating_sub(MOST_ATTRIBUTES);
        let pair = |(name, value): (&String, &serde_json::Value)| {
            KeyValue::new(self.text(name, LONGEST_NAME), self.value(value))
        };
        let kept = attributes.iter().skip(dropped).map(pair).collect();
        (kept, u32::try_from(dropped).unwrap_or(u32::MAX))
    }

    fn value(&self, value: &serde_json::Value) -> Value {
        use serde_json::Value as Json;
        match value {
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Value::I64(number),
                (None, Some(number)) => Value::F64(number),
                (None, None) => self.string(&number.to_string()).into(),
            },
            Json::String(text) => self.string(text).into(),
            Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_string) => {
                let mut left = LONGEST_TEXT;
                let mut texts = Vec::new();
                for text in items.iter().filter_map(Json::as_str) {
                    let text = self.text(text, left);
                    left = left.saturating_sub(text.len() + 1);
                    texts.push(StringValue::from(text));
                    if left == 0 {
                        break;
                    }
                }
                Value::Array(Array::String(texts))
            }
            Json::Null | Json::Array(_) | Json::Object(_) => self.string(&value.to_string()).into(),
        }
    }

    fn string(&self, text: &str) -> StringValue {
        self.text(text, LONGEST_TEXT).into()
    }

    /// A text without secrets; cut only after they are out, or a part of one would stay.
    fn text(&self, text: &str, most: usize) -> String {
        let text: Cow<'_, str> = self.scrub.text(text);
        text[..text.floor_char_boundary(most)].to_owned()
    }
}

fn span_id(id: TraceSpanId) -> SpanId {
    SpanId::from_bytes(id.bytes())
}

fn time(at_us: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at_us)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_executor::RunTrace;
    use sluice_model::{Code, Failure, RunId, SpanId as SpanNumber, TraceContext};

    use super::*;

    const CANARY: &str = "canary/7f3\"a";

    fn attributes(value: serde_json::Value) -> Attributes {
        match value {
            serde_json::Value::Object(members) => members,
            _ => Attributes::new(),
        }
    }

    fn span(text: &str) -> FinishedSpan {
        let above = TraceContext::parse(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ["rojo=canary-in-state"],
        );
        let trace = RunTrace::of(&RunId::new(1, [1; 10]), above.as_ref());
        FinishedSpan {
            context: trace.context(SpanNumber(1)),
            parent: Some(trace.span_id(SpanNumber::RUN)),
            is_parent_remote: false,
            leaves: true,
            name: text.to_owned(),
            started_at_us: 1,
            ended_at_us: 2,
            attributes: attributes(
                json!({ text: text, "list": [text, "b"], "deep": {"a": [text]}, "n": 7 }),
            ),
            events: vec![SpanEvent {
                at_us: 1,
                name: text.to_owned(),
                attributes: attributes(json!({ "a": text })),
            }],
            dropped_events: 3,
            status: SpanStatus::Failed { failure: Box::new(Failure::new(Code::Exception, text)) },
        }
    }

    #[test]
    fn nothing_secret_is_left_anywhere() {
        let scrub = Scrub::new();
        scrub.add([CANARY, "canary-in-state"]);
        let convert = Convert::new(scrub);
        let token = format!("slt_{}", "aB3-_".repeat(10));
        for secret in [CANARY, &token] {
            let told = format!("{:?}", convert.span(&span(&format!("a {secret} b"))));
            assert!(told.contains("[redacted]"), "{told}");
            for part in ["canary", "7f3", "aB3-_"] {
                assert!(!told.contains(part), "{part}: {told}");
            }
        }
    }

    #[test]
    fn a_span_is_told_in_the_words_of_opentelemetry() {
        let told = Convert::new(Scrub::new()).span(&span("name"));
        assert_eq!(told.span_context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(told.span_context.trace_state().header(), "rojo=canary-in-state");
        assert_eq!(told.span_kind, SpanKind::Client);
        assert_eq!(told.status, Status::error("exception: name"));
        assert_eq!((told.events.len(), told.events.dropped_count), (1, 3));
        assert!(told.attributes.contains(&KeyValue::new("n", 7)));
        assert!(told.attributes.contains(&KeyValue::new("deep", "{\"a\":[\"name\"]}")));
    }

    #[test]
    fn texts_and_lists_have_bounds() {
        let convert = Convert::new(Scrub::new());
        let mut long = span(&"é".repeat(9_000));
        for n in 0..200 {
            long.attributes.insert(format!("k{n}"), "v".into());
        }
        let told = convert.span(&long);
        assert!(told.name.len() <= LONGEST_NAME && told.name.len() > LONGEST_NAME - 2);
        assert_eq!(told.attributes.len(), MOST_ATTRIBUTES);
        assert_eq!(told.dropped_attributes_count, 204 - 128);
        assert!(told.attributes.iter().any(|pair| pair.key.as_str() == "k199"));
    }
}
