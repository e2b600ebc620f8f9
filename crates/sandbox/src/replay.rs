//! A record gone through again: the guest is told what it was told, and must do what it did. Nothing
//! here has an effect outside the guest.

use std::sync::Arc;

use sluice_model::{
    Attachment, Call, CallId, Code, Completion, Event, EventBody, FailureKind, History, Outcome,
    SpanStatus,
};

use crate::divergence::{Side, diverged};
use crate::stop::Stop;

/// What happens at the end of the record that an attempt begins with. A difference between the two
/// always ends the run with `replay_diverged`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// Goes on live where the record is used up and the run has not ended. Every ordinary attempt.
    #[default]
    Resume,
    /// Never goes live: stops where the record ends.
    Only,
}

/// A replay that judged how its guest ended.
#[derive(Debug)]
pub(crate) enum Judged {
    /// As the record says, or in a way that no record can hold against it.
    AsRecorded,
    /// It went past the record.
    Exhausted,
    /// In another way than the record says.
    Diverged(Stop),
}

/// A place in a record, as far as a guest has gone through it again.
#[derive(Debug)]
pub(crate) struct Cursor {
    history: Arc<History>,
    mode: Replay,
    /// How many of the guest's events were gone through.
    gone: usize,
    /// How many of the noted readings since the last of them.
    readings: usize,
    /// How many of the noted deliveries since the last of them.
    deliveries: usize,
    stopped: Option<Stopped>,
}

/// Why a replay ended its guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Exhausted,
    Diverged,
}

/// An event of the record that the guest made again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again {
    /// Its place among the events.
    pub(crate) place: usize,
    /// When it happened.
    pub(crate) at_us: u64,
}

impl Cursor {
    pub(crate) fn new(history: Arc<History>, mode: Replay) -> Cursor {
        Cursor { history, mode, gone: 0, readings: 0, deliveries: 0, stopped: None }
    }

    pub(crate) fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// Whether all that follows is new.
    pub(crate) fn is_over(&self) -> bool {
        self.mode == Replay::Resume
            && self.gone == self.history.guests().len()
            && self.history.end().is_none()
    }

    /// Whether the guest was stopped by the record: what it still does is of no interest.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// What the record says of that reading of the clock; none where it gave its default.
    pub(crate) fn reading(&mut self, index: u64) -> Result<Option<u64>, Stop> {
        let Some(ahead) = self.ahead() else { return Err(self.exhaust()) };
        let noted = ahead.observed.clock.get(self.readings);
        let ms = noted.and_then(|(noted, ms)| (*noted == index).then_some(*ms));
        self.readings += usize::from(ms.is_some());
        Ok(ms)
    }

    /// What the record says that a `next` gave. None where it began to wait for a time, if the record
    /// is right: the guest's `Waiting` comes next.
    pub(crate) fn next(
        &mut self,
        index: u64,
        timeout_ms: Option<u64>,
        waits_long: bool,
        has_calls: bool,
    ) -> Result<Option<Vec<CallId>>, Stop> {
        let Some(ahead) = self.ahead() else { return Err(self.exhaust()) };
        let delivered = ahead.observed.delivered.get(self.deliveries);
        if let Some((noted, calls)) = delivered
            && *noted == index
        {
            let calls = calls.clone();
            self.deliveries += 1;
            return Ok(Some(calls));
        }
        let nothing_more = delivered.is_none();
        let waits_for_ever = timeout_ms.is_none() && has_calls;
        if nothing_more && self.is_past_the_guest(waits_for_ever) {
            return Err(self.exhaust());
        }
        if waits_long {
            return Ok(None);
        }
        if waits_for_ever {
            return Err(self.differs(Side::next(None)));
        }
        Ok(Some(Vec::new()))
    }

    /// The guest made an event: it must be the next of the record.
    pub(crate) fn event(&mut self, body: &EventBody) -> Result<Again, Stop> {
        let Some(place) = self.history.guests().get(self.gone).copied() else {
            return Err(match self.history.end() {
                Some(_) if !self.is_past_the_guest(true) => self.differs(Side::event(body)),
                _ => self.exhaust(),
            });
        };
        let event = &self.history.events()[place];
        if self.deliveries < event.observed.delivered.len() || !self.is_same(&event.body, body) {
            let stop = if self.is_past_the_guest(true) {
                self.exhaust()
            } else {
                self.differs(Side::event(body))
            };
            return Err(stop);
        }
        let again = Again { place, at_us: event.at_us };
        self.gone += 1;
        self.readings = 0;
        self.deliveries = 0;
        Ok(again)
    }

    /// What a call of the record came to. It was given back here, so the guest must wait for it.
    pub(crate) fn completion(&mut self, call: CallId, waits: bool) -> Result<Completion, Stop> {
        let known = waits.then(|| self.history.completion(call)).flatten();
        known.ok_or_else(|| {
            self.deliveries -= 1;
            self.differs(Side::next(None))
        })
    }

    /// How a guest that came to its end by itself compares with the record.
    pub(crate) fn judge(&mut self, outcome: &Outcome) -> Judged {
        match self.stopped {
            Some(Stopped::Exhausted) => return Judged::Exhausted,
            Some(Stopped::Diverged) => return Judged::AsRecorded,
            None => {}
        }
        let recorded = self.history.end().map(|(_, recorded)| recorded);
        let as_recorded = recorded.is_none_or(|recorded| recorded == outcome);
        let heard_all =
            self.ahead().is_none_or(|ahead| self.deliveries >= ahead.observed.delivered.len());
        if as_recorded && heard_all && self.only_cleanup_is_left() {
            return Judged::AsRecorded;
        }
        if self.is_past_the_guest(true) {
            return Judged::Exhausted;
        }
        if is_imposed(outcome) {
            return Judged::AsRecorded;
        }
        Judged::Diverged(self.differs(Side::end(outcome)))
    }

    /// The event that carries what the guest is told now: its next one, or the end of the run.
    fn ahead(&self) -> Option<&Event> {
        let place = match self.history.guests().get(self.gone) {
            Some(place) => *place,
            None => self.history.end()?.0,
        };
        Some(&self.history.events()[place])
    }

    /// Whether a guest made the same event again. Where in its source it did is no part of it: a fork may have
    /// other lines above. The bytes of an attachment stand for their digest. What the host
    /// adds to a call holds for one that is yet to be performed; one that is over was performed under what held then.
    fn is_same(&self, recorded: &EventBody, made: &EventBody) -> bool {
        let digest =
            |attachment: &Option<Attachment>| attachment.as_ref().map(|a| a.digest.clone());
        match (recorded, made) {
            (EventBody::CallStarted { call: recorded }, EventBody::CallStarted { call: made }) => {
                let Call { call, span, request, attachment, needs_approval } = made;
                let is_over = self.history.completion(*call).is_some();
                recorded.call == *call
                    && recorded.span == *span
                    && recorded.request.is_asked_like(request)
                    && (is_over || recorded.request == *request)
                    && digest(&recorded.attachment) == digest(attachment)
                    // What a person has to allow by now is not what was done without one.
                    && (is_over || recorded.needs_approval || !needs_approval)
            }
            (
                EventBody::SpanStarted { span, parent, name, attributes, .. },
                EventBody::SpanStarted {
                    span: made_span,
                    parent: made_parent,
                    name: made_name,
                    attributes: made_attributes,
                    ..
                },
            ) => {
                (span, parent, name, attributes)
                    == (made_span, made_parent, made_name, made_attributes)
            }
            _ => recorded == made,
        }
    }

    /// Whether the run was ended from outside and what is left of the record is not the guest's work.
    /// `flushed`: what it had printed may be, for that was cut off in the middle of a line.
    fn is_past_the_guest(&self, flushed: bool) -> bool {
        let is_line = |body: &EventBody| matches!(body, EventBody::Log { stream: Some(_), .. });
        let imposed = self.history.end().is_some_and(|(_, outcome)| is_imposed(outcome));
        imposed && self.left().all(|body| is_cleanup(body) || flushed && is_line(body))
    }

    /// What a run leaves open the host ends, and that looks like a cancel of the guest's own.
    fn only_cleanup_is_left(&self) -> bool {
        self.left().all(is_cleanup)
    }

    fn left(&self) -> impl Iterator<Item = &EventBody> {
        self.history.guests()[self.gone..].iter().map(|place| &self.history.events()[*place].body)
    }

    fn exhaust(&mut self) -> Stop {
        self.stopped = Some(Stopped::Exhausted);
        Stop::cancelled()
    }

    fn differs(&mut self, asked: Side) -> Stop {
        self.stopped = Some(Stopped::Diverged);
        let Some(ahead) = self.ahead() else { return self.exhaust() };
        let recorded = match ahead.observed.delivered.get(self.deliveries) {
            Some((_, calls)) => Side::delivery(calls),
            None => match &ahead.body {
                EventBody::RunEnded { outcome, .. } => Side::end(outcome),
                body => Side::event(body),
            },
        };
        diverged(ahead, recorded, asked)
    }
}

fn is_cleanup(body: &EventBody) -> bool {
    matches!(body, EventBody::SpanEnded { status: SpanStatus::Cancelled, .. })
}

/// Whether a run was ended from outside, wherever its guest was.
fn is_imposed(outcome: &Outcome) -> bool {
    outcome.failure().is_some_and(|failure| {
        matches!(
            failure.kind,
            FailureKind::Cancelled | FailureKind::PlatformError | FailureKind::ReplayError
        ) || matches!(
            failure.code,
            Code::LimitWallTime | Code::LimitDeadline | Code::LimitCpuTime | Code::QuotaExceeded
        )
    })
}
