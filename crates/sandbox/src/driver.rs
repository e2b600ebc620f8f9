//! Drives one guest: polls it, carries messages between it and the door, and ends it when it is
//! cancelled, suspended or its wall time is over.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_model::{
    Code, Completion, EventBody, Failure, History, Limits, Observed, SpanStatus, Usage,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::door::{Door, FromDoor, ToDoor};
use crate::guest::{Beginning, Guest};
use crate::inbox::{ToGuest, bytes_of, inbox};
use crate::meter::Meter;
use crate::observer::Told;
use crate::recorder::now_us;
use crate::sandbox::Finished;
use crate::stop::Stop;
use crate::trail::Trail;

/// How a guest ended.
pub(crate) enum End {
    /// It came to an end by itself, or by a stop from within.
    Finished(Finished),
    /// It was ended from outside.
    Stopped(Stop),
    /// It was dropped while it waited, to go on another time.
    Suspended,
}

/// This side of one guest.
pub(crate) struct Driver {
    from_guest: UnboundedReceiver<ToDoor>,
    to_guest: ToGuest,
    meter: Meter,
    told: Told,
    limits: Limits,
    began: Instant,
    history: Arc<History>,
    /// How many events of the record the trail knows.
    replayed: usize,
    live: bool,
    idle: bool,
    /// Where the guest is.
    pub(crate) trail: Trail,
}

impl Driver {
    /// A guest, not yet instantiated, and the driver for it.
    pub(crate) fn new(beginning: Beginning) -> (Driver, Guest) {
        let (outbox, from_guest) = unbounded_channel();
        let (to_guest, inbox) = inbox(beginning.limits.event_bytes);
        let driver = Driver {
            from_guest,
            to_guest,
            meter: Meter::default(),
            told: Told::default(),
            limits: beginning.limits.clone(),
            began: Instant::now(),
            history: Arc::clone(&beginning.history),
            replayed: 0,
            live: false,
            idle: false,
            trail: Trail::default(),
        };
        let (meter, told) = (driver.meter.clone(), driver.told.clone());
        (driver, Guest::new(beginning, meter, told, outbox, inbox))
    }

    /// Runs the guest to its end. Every event that it made has reached the door when this returns.
    pub(crate) async fn drive(
        &mut self,
        door: &mut dyn Door,
        cancel: impl Future<Output = ()>,
        guest: impl Future<Output = Finished>,
    ) -> End {
        let end = {
            let limit = Duration::from_millis(self.limits.wall_time_ms);
            let mut guest = pin!(self.meter.metered(guest));
            let mut cancel = pin!(cancel);
            let mut wall_time = pin!(tokio::time::sleep(limit));
            loop {
                let may_go_on = !door.is_full();
                tokio::select! {
                    biased;
                    () = &mut cancel => break End::Stopped(Stop::cancelled()),
                    () = &mut wall_time => break End::Stopped(wall_time_over(&self.limits)),
                    Some(message) = self.from_guest.recv() => self.carry(door, message),
                    message = door.next() => {
                        if let Some(end) = self.hear(door, message) {
                            break end;
                        }
                    }
                    finished = &mut guest, if may_go_on => break End::Finished(finished),
                }
            }
        };
        while let Ok(message) = self.from_guest.try_recv() {
            self.carry(door, message);
        }
        end
    }

    /// Gives up every call that has no answer and ends every span that is open. Returns what the guest
    /// was told after its last event, unless the first of these events carries it.
    pub(crate) fn clean_up(&mut self, door: &mut dyn Door) -> Observed {
        if !self.live {
            // What the record holds beyond the place that the guest came to is a fact all the same.
            self.trail = Trail::default();
            self.history.events().iter().for_each(|event| self.trail.apply(&event.body));
        }
        for call in self.trail.calls() {
            door.send(ToDoor::Cancel(call));
            let failure = Failure::new(Code::Cancelled, "the run ended before the call did");
            self.complete(door, &Completion { call, outcome: Err(Box::new(failure)) });
        }
        let mut observed = self.told.take();
        for span in self.trail.open() {
            let body = EventBody::SpanEnded { span, status: SpanStatus::Cancelled };
            let observed = std::mem::take(&mut observed);
            door.send(ToDoor::Event { at_us: now_us(), observed, body });
        }
        observed
    }

    /// Learns, of a guest that ended within its record, what the host did at last.
    pub(crate) fn learn_the_rest(&mut self) {
        let guests = self.history.guests();
        for place in self.replayed..self.history.events().len() {
            if guests.binary_search(&place).is_err() {
                self.trail.apply(&self.history.events()[place].body);
            }
        }
    }

    /// What it took so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            cpu_time_us: self.meter.cpu_time_us(),
            wall_time_us: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            memory_bytes: self.meter.memory_bytes(),
        }
    }

    /// Carries a message of the guest to the door.
    fn carry(&mut self, door: &mut dyn Door, message: ToDoor) {
        match &message {
            ToDoor::Event { body, .. } => self.trail.apply(body),
            ToDoor::Replayed { upto } => {
                let events = self.history.events().iter().take(upto + 1).skip(self.replayed);
                events.for_each(|event| self.trail.apply(&event.body));
                self.replayed = upto + 1;
            }
            ToDoor::Idle { .. } => self.idle = true,
            ToDoor::Busy => self.idle = false,
            ToDoor::Live => self.live = true,
            ToDoor::Start(_) | ToDoor::Cancel(_) => {}
        }
        let live = matches!(message, ToDoor::Live);
        door.send(message);
        if live {
            self.end_what_was_cut_short(door);
        }
    }

    /// Ends the spans of calls whose end is the last that a worker recorded.
    fn end_what_was_cut_short(&mut self, door: &mut dyn Door) {
        let mut open: BTreeSet<_> = self.trail.open().collect();
        let history = Arc::clone(&self.history);
        for event in history.events() {
            let EventBody::CallStarted { call } = &event.body else { continue };
            if open.remove(&call.span)
                && let Some(Completion { outcome, .. }) = history.completion(call.call)
            {
                let status = status_of(outcome.as_ref().err().map(Box::as_ref));
                self.record(door, EventBody::SpanEnded { span: call.span, status });
            }
        }
    }

    /// Does what the door says; some where that ends the guest.
    fn hear(&mut self, door: &mut dyn Door, message: FromDoor) -> Option<End> {
        match message {
            FromDoor::Completed(mut completion) => {
                let mut bytes = bytes_of(&completion.outcome);
                if !self.to_guest.has_room(bytes) {
                    completion.outcome = Err(Box::new(unheard(&self.limits)));
                    bytes = bytes_of(&completion.outcome);
                }
                if self.complete(door, &completion) {
                    self.idle = false;
                    self.to_guest.send(completion, bytes);
                }
                None
            }
            FromDoor::Note { call, attributes } => {
                if let Some(span) = self.trail.span_of(call) {
                    self.record(door, EventBody::SpanSet { span, attributes });
                }
                None
            }
            FromDoor::Suspend => self.idle.then_some(End::Suspended),
            FromDoor::Room => None,
            FromDoor::Stop(failure) => Some(End::Stopped(Stop(failure))),
        }
    }

    /// Records that a call is over, when it is, whether or not the guest ever asks for it. Says whether
    /// the call was open.
    fn complete(&mut self, door: &mut dyn Door, completion: &Completion) -> bool {
        let call = completion.call;
        let Some(span) = self.trail.span_of(call) else { return false };
        let (answer, failure) = match completion.outcome.clone() {
            Ok(answer) => (Some(answer), None),
            Err(failure) => (None, Some(failure)),
        };
        let status = status_of(failure.as_deref());
        self.record(door, EventBody::CallEnded { call, answer, failure });
        self.record(door, EventBody::SpanEnded { span, status });
        true
    }

    /// Records what the host did.
    fn record(&mut self, door: &mut dyn Door, body: EventBody) {
        self.carry(door, ToDoor::Event { at_us: now_us(), observed: Observed::default(), body });
    }
}

/// How the span of a call ends that came to this.
fn status_of(failure: Option<&Failure>) -> SpanStatus {
    match failure {
        None => SpanStatus::Ok,
        Some(failure) if failure.code == Code::Cancelled => SpanStatus::Cancelled,
        Some(failure) => SpanStatus::Failed { failure: Box::new(failure.clone()) },
    }
}

/// What a call fails with whose answer has no room beside those that the flow did not ask for.
fn unheard(limits: &Limits) -> Failure {
    let limit = limits.event_bytes;
    let message = format!("the answers that the flow did not ask for yet hold {limit} bytes");
    Failure::new(Code::LimitEvents, message)
        .hint("Wait for what was started before much more is.")
        .detail("limit", limit)
}

fn wall_time_over(limits: &Limits) -> Stop {
    let limit_ms = limits.wall_time_ms;
    let message = format!("the run did not end within {limit_ms} ms");
    Stop::limit(Code::LimitWallTime, message, limit_ms)
}
