//! Ends a run that no guest is needed for: one that was cancelled, or whose deadline passed, while it
//! waited.

use sluice_db::DbError;
use sluice_model::{CallId, Code, EventBody, Failure, History, Request, SpanId, SpanStatus};

use crate::fresh::now_us;
use crate::journal::Journal;
use crate::shared::{RunOf, Shared};

/// Gives up what the record left open, as the end of a guest does: calls first, then spans.
pub(crate) async fn end(
    shared: &Shared,
    run: &RunOf,
    history: &History,
    journal: &mut Journal,
) -> Result<(), DbError> {
    let tenant = shared.store.tenant(&run.tenant);
    let mut given_up: Vec<(CallId, SpanId)> = Vec::new();
    let mut has_children = false;
    for (_, call) in history.outstanding() {
        given_up.push((call.call, call.span));
        has_children |= matches!(call.request, Request::Flow { .. });
    }
    if has_children {
        for child in tenant.children(&run.id).await? {
            tenant.cancel(&child, "the run that started it ended", now_us()).await?;
        }
    }
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
    Ok(())
}
