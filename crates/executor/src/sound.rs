//! What a record from elsewhere must be before it is taken in: whatever this host would never have
//! written is refused, since queues, sums and replays rely on it.

use sluice_model::{AttemptEnd, CallId, Event, EventBody, Observed, SpanId, Start, Usage};

use crate::digest::seed_of_hex;

/// The latest time, in microseconds since the Unix epoch: in the year 2255.
const LATEST_US: u64 = 1 << 53;

/// The most that one attempt takes of a kind of time: a year, in microseconds.
const LONGEST_US: u64 = 366 * 86_400 * 1_000_000;

/// Why a record cannot be taken in: the number of the event, and what is wrong with it.
pub(crate) fn first_flaw(events: &[Event]) -> Option<(u64, &'static str)> {
    let most = events.len() as u64;
    events.iter().find_map(|event| flaw(event, most).map(|flaw| (event.seq, flaw)))
}

/// `most` is above every counter of the record, since whatever is counted has an event.
fn flaw(event: &Event, most: u64) -> Option<&'static str> {
    if event.at_us > LATEST_US || !is_heard(&event.observed, most) {
        return Some("a time or a number is out of range");
    }
    let is_span = |span: &SpanId| span.0 <= most;
    let is_call = |call: &CallId| call.0 <= most;
    let is_sound = match &event.body {
        EventBody::RunQueued(start) => return flaw_of_start(event.seq, start),
        EventBody::AttemptStarted { attempt, .. } => u64::from(*attempt) <= most,
        EventBody::AttemptEnded { why, usage } => is_end(why) && is_usage(usage),
        EventBody::SpanStarted { span, parent, line, .. } => {
            is_span(span) && is_span(parent) && *line != Some(0)
        }
        EventBody::SpanSet { span, .. }
        | EventBody::SpanProgress { span, .. }
        | EventBody::SpanEnded { span, .. }
        | EventBody::Log { span, .. }
        | EventBody::CallRefused { parent: span, .. } => is_span(span),
        EventBody::CallStarted { call } => {
            if let Err(error) = call.request.check() {
                tracing::debug!(%error, "a record has a call that nobody could make");
                return Some("nobody can make such a call");
            }
            is_call(&call.call) && is_span(&call.span)
        }
        EventBody::CallCancelled { call }
        | EventBody::CallApproved { call }
        | EventBody::CallRetried { call }
        | EventBody::CallEnded { call, .. } => is_call(call),
        EventBody::Waiting { until_ms } => *until_ms <= LATEST_US / 1_000,
        EventBody::RunEnded { usage, .. } => is_usage(usage),
    };
    (!is_sound).then_some("a time or a number is out of range")
}

fn flaw_of_start(seq: u64, start: &Start) -> Option<&'static str> {
    if seq != 1 {
        return Some("a run begins once");
    }
    seed_of_hex(&start.seed).is_none().then_some("the seed is not 64 hexadecimal digits")
}

fn is_heard(observed: &Observed, most: u64) -> bool {
    observed.clock.iter().all(|(_, at_ms)| *at_ms <= LATEST_US / 1_000)
        && observed.delivered.iter().all(|(_, calls)| calls.iter().all(|call| call.0 <= most))
}

fn is_end(why: &AttemptEnd) -> bool {
    match why {
        AttemptEnd::Suspended { wake_at_us } => wake_at_us.is_none_or(|at_us| at_us <= LATEST_US),
        AttemptEnd::Released => true,
        AttemptEnd::Retried { due_at_us, .. } => *due_at_us <= LATEST_US,
    }
}

fn is_usage(usage: &Usage) -> bool {
    usage.cpu_time_us <= LONGEST_US
        && usage.wall_time_us <= LONGEST_US
        && usage.memory_bytes <= u64::from(u32::MAX) + 1
}
