//! Where one run leaves another's record: which events a fork begins with.

use std::collections::BTreeSet;

use sluice_model::{AttemptEnd, CallId, Code, Event, EventBody, SpanId, SpanStatus};

/// The events that a fork takes over: all before `seq`, and how the calls ended that were started
/// there, also where that is recorded later: what was done once is not done again. The events keep
/// their old numbers. The first event is the fork's own, and so are its attempts.
pub(crate) fn prefix(events: &[Event], seq: u64) -> Vec<Event> {
    let cut = cut(events, seq);
    let mut calls: BTreeSet<CallId> = BTreeSet::new();
    let mut spans: BTreeSet<SpanId> = BTreeSet::new();
    let mut taken = Vec::new();
    for event in &events[..cut] {
        match &event.body {
            EventBody::RunQueued(_)
            | EventBody::AttemptStarted { .. }
            | EventBody::CallApproved { .. }
            | EventBody::CallRetried { .. }
            | EventBody::AttemptEnded {
                why: AttemptEnd::Suspended { .. } | AttemptEnd::Released,
                ..
            } => continue,
            EventBody::CallStarted { call } => {
                calls.insert(call.call);
                spans.insert(call.span);
            }
            EventBody::CallEnded { call, .. } => {
                calls.remove(call);
            }
            EventBody::SpanEnded { span, .. } => {
                spans.remove(span);
            }
            _ => {}
        }
        taken.push(event.clone());
    }
    let later = events[cut..].iter().filter(|event| match &event.body {
        EventBody::CallEnded { call, failure, .. } => {
            let is_given_up = failure.as_ref().is_some_and(|f| f.code == Code::Cancelled);
            calls.contains(call) && !is_given_up
        }
        EventBody::SpanEnded { span, status } => {
            spans.contains(span) && !matches!(status, SpanStatus::Cancelled)
        }
        EventBody::SpanSet { span, .. } => spans.contains(span),
        _ => false,
    });
    taken.extend(later.cloned());
    taken
}

/// How many events stand before `seq`. At the end of a run, what was given up because it ended is not
/// counted either.
fn cut(events: &[Event], seq: u64) -> usize {
    let mut cut = events.partition_point(|event| event.seq < seq);
    let is_end = |event: &Event| matches!(event.body, EventBody::RunEnded { .. });
    if events.get(cut).is_some_and(is_end) {
        let is_given_up = |event: &Event| match &event.body {
            EventBody::SpanEnded { status, .. } => matches!(status, SpanStatus::Cancelled),
            EventBody::CallEnded { failure: Some(failure), .. } => failure.code == Code::Cancelled,
            _ => false,
        };
        while cut > 0 && is_given_up(&events[cut - 1]) {
            cut -= 1;
        }
    }
    cut
}

/// Where a step begins: the number of the event that opens the first span of that name, or, written
/// as `#12`, the span of that number.
pub(crate) fn seq_of_step(events: &[Event], step: &str) -> Option<u64> {
    let number = step.strip_prefix('#').and_then(|number| number.parse().ok()).map(SpanId);
    events.iter().find_map(|event| match &event.body {
        EventBody::SpanStarted { span, name, .. }
            if number.map_or(name == step, |number| *span == number) =>
        {
            Some(event.seq)
        }
        _ => None,
    })
}

/// The names of the steps, each once, in the order in which they began.
pub(crate) fn steps(events: &[Event]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for event in events {
        if let EventBody::SpanStarted { name, .. } = &event.body
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn events(bodies: &[Value]) -> Vec<Event> {
        let event = |(seq, body): (u64, &Value)| {
            let mut event = body.clone();
            event["seq"] = seq.into();
            event["at_us"] = 0.into();
            serde_json::from_value(event).expect("the example is an event")
        };
        (1..).zip(bodies).map(event).collect()
    }

    fn seqs(events: &[Event]) -> Vec<u64> {
        events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn a_call_that_ended_after_the_cut_keeps_its_answer() {
        let events = events(&[
            json!({"kind": "attempt_started", "attempt": 1, "worker": "w"}),
            json!({"kind": "span_started", "span": 1, "parent": 0, "name": "sleep"}),
            json!({"kind": "call_started", "call": 1, "span": 1,
                   "request": {"operation": "sleep", "duration_ms": 1}}),
            json!({"kind": "span_started", "span": 2, "parent": 0, "name": "settle"}),
            json!({"kind": "call_ended", "call": 1, "answer": {"value": null}}),
            json!({"kind": "span_ended", "span": 1, "status": "ok"}),
            json!({"kind": "span_ended", "span": 2, "status": "ok"}),
        ]);
        assert_eq!(seq_of_step(&events, "settle"), Some(4));
        assert_eq!(seq_of_step(&events, "#1"), Some(2));
        assert_eq!(seqs(&prefix(&events, 4)), [2, 3, 5, 6]);
        assert_eq!(steps(&events), ["sleep", "settle"]);
    }

    #[test]
    fn what_was_given_up_at_the_end_is_not_taken_over() {
        let outcome = json!({"kind": "run_ended", "outcome": "succeeded", "output": 1,
            "usage": {"cpu_time_us": 0, "wall_time_us": 0, "memory_bytes": 0}});
        let cancelled = json!({"version": 1, "kind": "cancelled", "code": "cancelled",
            "message": "the run ended before the call did"});
        let events = events(&[
            json!({"kind": "span_started", "span": 1, "parent": 0, "name": "sleep"}),
            json!({"kind": "call_started", "call": 1, "span": 1,
                   "request": {"operation": "sleep", "duration_ms": 1}}),
            json!({"kind": "call_ended", "call": 1, "failure": cancelled}),
            json!({"kind": "span_ended", "span": 1, "status": "cancelled"}),
            outcome,
        ]);
        assert_eq!(seqs(&prefix(&events, 5)), [1, 2]);
    }
}
