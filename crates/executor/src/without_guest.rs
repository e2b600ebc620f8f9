//! Ends a run that no guest is needed for: one that was cancelled, or whose deadline passed, while it
//! waited.

use sluice_model::{CallId, Code, EventBody, Failure, History, SpanId, SpanStatus};

use crate::fresh::now_us;
use crate::journal::Journal;

/// Gives up what the record left open, as the end of a guest does: calls first, then spans.
pub(crate) fn end(history: &History, journal: &mut Journal) {
    let given_up: Vec<(CallId, SpanId)> =
        history.outstanding().map(|(_, call)| (call.call, call.span)).collect();
    let mut spans = history.open_spans();
    for (call, span) in given_up {
        let failure = Failure::new(Code::Cancelled, "the run ended before the call did");
        let body = EventBody::CallEnded { call, answer: None, failure: Some(Box::new(failure)) };
        journal.write(now_us(), body);
        spans.retain(|open| *open != span);
        journal.write(now_us(), EventBody::SpanEnded { span, status: SpanStatus::Cancelled });
    }
    for span in spans.into_iter().rev() {
        journal.write(now_us(), EventBody::SpanEnded { span, status: SpanStatus::Cancelled });
    }
}
