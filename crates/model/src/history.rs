//! The record of a run as a replay reads it: what the guest did and was told, and what the host did.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Answer, AttemptEnd, Call, CallId, Completion, Event, EventBody, Failure, Outcome, SpanId,
};

/// A record, or the beginning of one, taken apart for a replay. What stands before the last retry of
/// the run is not part of it.
#[derive(Clone, Debug, Default)]
pub struct History {
    events: Vec<Event>,
    /// Places in `events` of what the guest itself did, in order.
    guests: Vec<usize>,
    calls: BTreeMap<CallId, CallPlace>,
    last_span: u64,
    last_call: u64,
    end: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct CallPlace {
    started: usize,
    ended: Option<usize>,
}

impl History {
    /// Takes a record apart. `events` are in order of their `seq`.
    pub fn new(mut events: Vec<Event>) -> History {
        let (last_span, last_call) = numbers_before_retry(&mut events);
        let mut history = History { last_span, last_call, ..History::default() };
        let mut call_spans = BTreeSet::new();
        for (place, event) in events.iter().enumerate() {
            match &event.body {
                EventBody::CallStarted { call } => {
                    call_spans.insert(call.span);
                    history.calls.insert(call.call, CallPlace { started: place, ended: None });
                    history.guests.push(place);
                }
                EventBody::CallEnded { call, .. } => {
                    if let Some(known) = history.calls.get_mut(call) {
                        known.ended = Some(place);
                    }
                }
                EventBody::SpanEnded { span, .. } | EventBody::SpanSet { span, .. }
                    if call_spans.contains(span) => {}
                EventBody::SpanStarted { .. }
                | EventBody::SpanEnded { .. }
                | EventBody::SpanSet { .. }
                | EventBody::SpanProgress { .. }
                | EventBody::Log { .. }
                | EventBody::CallCancelled { .. }
                | EventBody::CallRefused { .. }
                | EventBody::Waiting { .. } => history.guests.push(place),
                EventBody::RunEnded { .. } => history.end = Some(place),
                EventBody::RunQueued(_)
                | EventBody::AttemptStarted { .. }
                | EventBody::AttemptEnded { .. }
                | EventBody::CallApproved { .. }
                | EventBody::CallRetried { .. } => {}
            }
        }
        history.events = events;
        history
    }

    /// The events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Places among the events of what the guest did, in order.
    pub fn guests(&self) -> &[usize] {
        &self.guests
    }

    /// The numbers that were given out before the part that is replayed: the last span's and the last
    /// call's. They are not 0 where the run was tried before.
    pub fn numbers_before(&self) -> (u64, u64) {
        (self.last_span, self.last_call)
    }

    /// How the run ended, if it has: the place among the events, and the outcome.
    pub fn end(&self) -> Option<(usize, &Outcome)> {
        let place = self.end?;
        match &self.events[place].body {
            EventBody::RunEnded { outcome, .. } => Some((place, outcome)),
            _ => None,
        }
    }

    /// What a call came to, if that is recorded.
    pub fn completion(&self, call: CallId) -> Option<Completion> {
        let place = self.calls.get(&call)?.ended?;
        let EventBody::CallEnded { answer, failure, .. } = &self.events[place].body else {
            return None;
        };
        Some(Completion { call, outcome: outcome_of(answer.as_ref(), failure.as_deref()) })
    }

    /// The calls whose end is recorded, in the order in which they ended.
    pub fn ended(&self) -> Vec<CallId> {
        let mut ended: Vec<_> =
            self.calls.iter().filter_map(|(call, place)| Some((place.ended?, *call))).collect();
        ended.sort_unstable();
        ended.into_iter().map(|(_, call)| call).collect()
    }

    /// The calls that were started and whose end is not recorded, with the time of their start in
    /// microseconds since the Unix epoch.
    pub fn outstanding(&self) -> impl Iterator<Item = (u64, &Call)> {
        self.calls.values().filter(|place| place.ended.is_none()).filter_map(|place| {
            let event = &self.events[place.started];
            match &event.body {
                EventBody::CallStarted { call } => Some((event.at_us, call)),
                _ => None,
            }
        })
    }

    /// The calls that a person allowed.
    pub fn approved(&self) -> BTreeSet<CallId> {
        let approved = |event: &Event| match &event.body {
            EventBody::CallApproved { call } => Some(*call),
            _ => None,
        };
        self.events.iter().filter_map(approved).collect()
    }

    /// The spans that were started and have not ended, in the order of their numbers.
    pub fn open_spans(&self) -> Vec<SpanId> {
        let mut open = BTreeSet::new();
        for event in &self.events {
            match &event.body {
                EventBody::SpanStarted { span, .. } => {
                    open.insert(*span);
                }
                EventBody::SpanEnded { span, .. } => {
                    open.remove(span);
                }
                _ => {}
            }
        }
        open.into_iter().collect()
    }
}

fn outcome_of(answer: Option<&Answer>, failure: Option<&Failure>) -> Result<Answer, Box<Failure>> {
    match (answer, failure) {
        (_, Some(failure)) => Err(Box::new(failure.clone())),
        (answer, None) => Ok(answer.cloned().unwrap_or_default()),
    }
}

/// Drops what stands before the last retry, and returns the last numbers that were given out there.
fn numbers_before_retry(events: &mut Vec<Event>) -> (u64, u64) {
    let retried = |event: &Event| {
        matches!(&event.body, EventBody::AttemptEnded { why: AttemptEnd::Retried { .. }, .. })
    };
    let Some(last) = events.iter().rposition(retried) else { return (0, 0) };
    let mut numbers = (0, 0);
    for event in events.drain(..=last) {
        match event.body {
            EventBody::SpanStarted { span, .. } => numbers.0 = span.0,
            EventBody::CallStarted { call } => numbers.1 = call.call.0,
            _ => {}
        }
    }
    numbers
}
