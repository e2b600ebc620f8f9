//! A replay and its record do not agree: both sides, for a person and for a program.

use serde_json::{Value, json};
use sluice_model::{Code, Event, EventBody, Failure, Outcome};

use crate::stop::Stop;

/// Characters of a name or a line that a sentence quotes.
const MOST_QUOTED: usize = 60;

/// Bytes of a text, and items of a list, that a failure shows.
const MOST_SHOWN_BYTES: usize = 1_000;
const MOST_SHOWN_ITEMS: usize = 50;

/// What one side did: in a sentence, and as JSON.
#[derive(Debug)]
pub(crate) struct Side {
    sentence: String,
    value: Value,
}

impl Side {
    /// Made an event.
    pub(crate) fn event(body: &EventBody) -> Side {
        Side { sentence: sentence(body), value: serde_json::to_value(body).unwrap_or_default() }
    }

    /// Asked for completions.
    pub(crate) fn next(timeout_ms: Option<u64>) -> Side {
        Side {
            sentence: "waits for its calls".to_owned(),
            value: json!({ "kind": "next", "timeout_ms": timeout_ms }),
        }
    }

    /// Was given calls back.
    pub(crate) fn delivery(calls: &[sluice_model::CallId]) -> Side {
        let named: Vec<_> = calls.iter().take(8).map(ToString::to_string).collect();
        Side {
            sentence: format!("is given the answer of {}", named.join(", ")),
            value: json!({ "kind": "next", "calls": calls }),
        }
    }

    /// Came to its end.
    pub(crate) fn end(outcome: &Outcome) -> Side {
        let mut value = serde_json::to_value(outcome).unwrap_or_default();
        value["kind"] = json!("run_ended");
        Side { sentence: ending(outcome), value }
    }
}

/// The stop of a run that does something else than its record holds at that event.
pub(crate) fn diverged(event: &Event, recorded: Side, asked: Side) -> Stop {
    let message = format!(
        "the replay does something else than the record: at event {} the recorded run {}, and now \
         the flow {}",
        event.seq, recorded.sentence, asked.sentence
    );
    Stop(Box::new(
        Failure::new(Code::ReplayDiverged, message)
            .hint(
                "Replay a run with the source and the runtime image that made its record, or start a \
                 new run.",
            )
            .detail("seq", event.seq)
            .detail("recorded", bounded(recorded.value))
            .detail("asked", bounded(asked.value)),
    ))
}

/// The same, with what is long cut short: both sides are shown, not kept.
fn bounded(value: Value) -> Value {
    match value {
        Value::String(text) if text.len() > MOST_SHOWN_BYTES => {
            let short: String = text.chars().take(MOST_SHOWN_BYTES).collect();
            Value::String(short + "...")
        }
        Value::Array(items) => {
            let more = items.len().saturating_sub(MOST_SHOWN_ITEMS);
            let mut shown: Vec<_> = items.into_iter().take(MOST_SHOWN_ITEMS).map(bounded).collect();
            shown.extend((more > 0).then(|| Value::String(format!("{more} more"))));
            Value::Array(shown)
        }
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, bounded(value))).collect()
        }
        other => other,
    }
}

fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(MOST_QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    format!("{short:?}")
}

fn ending(outcome: &Outcome) -> String {
    match outcome.failure() {
        None => "returned".to_owned(),
        Some(failure) => {
            format!("ended with {}: {}", failure.code.as_str(), quoted(&failure.message))
        }
    }
}

fn sentence(body: &EventBody) -> String {
    match body {
        EventBody::SpanStarted { name, .. } => format!("opened the span {}", quoted(name)),
        EventBody::SpanSet { span, .. } => format!("set attributes of {span}"),
        EventBody::SpanProgress { span, .. } => format!("reported progress of {span}"),
        EventBody::SpanEnded { span, .. } => format!("ended {span}"),
        EventBody::Log { message, stream: None, .. } => format!("logged {}", quoted(message)),
        EventBody::Log { message, .. } => format!("printed {}", quoted(message)),
        EventBody::CallStarted { call } => {
            format!("started the call {}", quoted(&call.request.span_name()))
        }
        EventBody::CallCancelled { call } => format!("gave {call} up"),
        EventBody::CallRefused { capability, .. } => {
            format!("was refused the call {}", quoted(capability))
        }
        EventBody::Waiting { .. } => "waited for its calls or a time".to_owned(),
        EventBody::RunEnded { outcome, .. } => ending(outcome),
        other => format!("made the event {}", other.kind()),
    }
}
