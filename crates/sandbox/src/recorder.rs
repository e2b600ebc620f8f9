//! Where a guest's events leave it: counted and measured, and then stamped and sent on, or compared
//! with the record that is gone through again.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_model::{Call, CallId, Code, Completion, EventBody, History, Limits};
use tokio::sync::mpsc::UnboundedSender;

use crate::door::ToDoor;
use crate::observer::{Observer, Told};
use crate::replay::Cursor;
use crate::stop::Stop;

/// What a noted reading of the clock counts for among the bytes of the events.
const NOTED_BYTES: u64 = 16;

/// A wait for a time is an event from here on. Only then may the run be suspended meanwhile: the clock
/// from which a shorter one counts is read anew by the next attempt.
pub const LONG_WAIT_MS: u64 = 1_000;

/// Counts what a guest makes and sends it on. Nothing here waits; the counts bound the queue.
#[derive(Debug)]
pub(crate) struct Recorder {
    outbox: UnboundedSender<ToDoor>,
    observer: Observer,
    /// Present while a record is gone through again.
    replay: Option<Cursor>,
    /// The record that was used up, until the guest has what it still brings.
    used_up: Option<Arc<History>>,
    /// Calls that the guest gave up while their end is not recorded.
    given_up: Vec<CallId>,
    events_left: u64,
    bytes_left: u64,
    events_limit: u64,
    bytes_limit: u64,
}

impl Recorder {
    pub(crate) fn new(
        outbox: UnboundedSender<ToDoor>,
        told: Told,
        replay: Cursor,
        limits: &Limits,
    ) -> Recorder {
        let mut recorder = Recorder {
            outbox,
            observer: Observer::new(told),
            replay: Some(replay),
            used_up: None,
            given_up: Vec::new(),
            events_left: limits.events,
            bytes_left: limits.event_bytes,
            events_limit: limits.events,
            bytes_limit: limits.event_bytes,
        };
        recorder.go_live_where_the_record_ends();
        recorder
    }

    /// Records a fact that the guest caused. `bytes` is the size of what the guest supplied.
    pub(crate) fn record(&mut self, body: EventBody, bytes: usize) -> Result<(), Stop> {
        self.count_event(bytes)?;
        self.settle(body).map(|_| ())
    }

    /// Records how something ended whose beginning was counted.
    pub(crate) fn record_end(&mut self, body: EventBody) -> Result<(), Stop> {
        self.settle(body).map(|_| ())
    }

    /// Records a call and has it performed. `bytes` is the size of its arguments and of what lies beside
    /// them.
    pub(crate) fn start(&mut self, call: Call, bytes: usize) -> Result<(), Stop> {
        self.count_event(bytes)?;
        if self.replay.is_some() {
            self.settle(EventBody::CallStarted { call })?;
        } else {
            self.settle(EventBody::CallStarted { call: call.clone() })?;
            self.send(ToDoor::Start(call));
        }
        Ok(())
    }

    /// Records that a call is given up, and has the door told. Where its end is recorded, too, there is
    /// nobody to tell.
    pub(crate) fn cancel(&mut self, call: CallId) -> Result<(), Stop> {
        let body = EventBody::CallCancelled { call };
        if let Some(replay) = &self.replay {
            if replay.history().completion(call).is_none() {
                self.given_up.push(call);
            }
            self.settle(body)?;
        } else {
            self.settle(body)?;
            self.send(ToDoor::Cancel(call));
        }
        Ok(())
    }

    /// Records that the guest waits, and returns how long it still has to.
    pub(crate) fn wait(&mut self, timeout_ms: u64) -> Result<Duration, Stop> {
        // A flow that never looked at the clock has none to count from.
        let until_ms = self.now_ms()?.saturating_add(timeout_ms);
        self.count_event(0)?;
        let timeout = Duration::from_millis(timeout_ms);
        if self.settle(EventBody::Waiting { until_ms })? {
            return Ok(timeout);
        }
        let left_us = until_ms.saturating_mul(1_000).saturating_sub(now_us());
        Ok(timeout.min(Duration::from_micros(left_us)))
    }

    /// A reading of the clock, in milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&mut self) -> Result<u64, Stop> {
        let reading = match &mut self.replay {
            None => self.observer.read(now_us() / 1_000),
            Some(replay) => {
                let ms = replay.reading(self.observer.count_reading())?;
                self.observer.read_again(ms)
            }
        };
        if reading.noted {
            self.count_bytes(NOTED_BYTES)?;
        }
        Ok(reading.ms)
    }

    /// Counts a `next`. Some where the record says what it gave; none where the guest is live, or
    /// waits for a time and says so first.
    pub(crate) fn next(
        &mut self,
        timeout_ms: Option<u64>,
        has_calls: bool,
    ) -> Result<Option<Vec<CallId>>, Stop> {
        let index = self.observer.count_next();
        match &mut self.replay {
            None => Ok(None),
            Some(replay) => {
                let waits_long = timeout_ms.is_some_and(|timeout_ms| timeout_ms >= LONG_WAIT_MS);
                replay.next(index, timeout_ms, waits_long, has_calls)
            }
        }
    }

    /// What a call of the record came to; `waits` where the guest has not heard of it yet.
    pub(crate) fn completion(
        &mut self,
        call: CallId,
        waits: bool,
    ) -> Result<Option<Completion>, Stop> {
        self.replay.as_mut().map(|replay| replay.completion(call, waits)).transpose()
    }

    /// Notes what the last `next` gave.
    pub(crate) fn deliver(&mut self, calls: Vec<CallId>) {
        self.observer.deliver(calls);
    }

    /// Tells the door that the guest has nothing to do; `left` until it goes on by itself.
    pub(crate) fn idle(&mut self, left: Option<Duration>) {
        let until = |left: Duration| {
            now_us().saturating_add(u64::try_from(left.as_micros()).unwrap_or(u64::MAX))
        };
        self.send(ToDoor::Idle { until_us: left.map(until) });
    }

    /// Tells the door that the guest goes on.
    pub(crate) fn busy(&mut self) {
        self.send(ToDoor::Busy);
    }

    /// The record, once, after it was used up: it may hold ends of calls that the guest waits for.
    pub(crate) fn take_used_up(&mut self) -> Option<Arc<History>> {
        self.used_up.take()
    }

    /// Whether the record ended the guest.
    pub(crate) fn is_stopped(&self) -> bool {
        self.replay.as_ref().is_some_and(Cursor::is_stopped)
    }

    /// The replay, where the guest never went live.
    pub(crate) fn into_replay(self) -> Option<Cursor> {
        self.replay
    }

    /// Whether the event is new: it is sent on then. Otherwise the record has it, here and now.
    fn settle(&mut self, body: EventBody) -> Result<bool, Stop> {
        match &mut self.replay {
            None => {
                let at_us = now_us();
                let observed = self.observer.event(at_us);
                self.send(ToDoor::Event { at_us, observed, body });
                Ok(true)
            }
            Some(replay) => {
                let again = replay.event(&body)?;
                self.observer.event(again.at_us);
                self.send(ToDoor::Replayed { upto: again.place });
                self.go_live_where_the_record_ends();
                Ok(false)
            }
        }
    }

    fn go_live_where_the_record_ends(&mut self) {
        let Some(replay) = self.replay.take_if(|replay| replay.is_over()) else { return };
        if let Some(upto) = replay.history().events().len().checked_sub(1) {
            self.send(ToDoor::Replayed { upto });
        }
        self.send(ToDoor::Live);
        for call in std::mem::take(&mut self.given_up) {
            self.send(ToDoor::Cancel(call));
        }
        self.used_up = Some(Arc::clone(replay.history()));
    }

    fn count_event(&mut self, bytes: usize) -> Result<(), Stop> {
        self.events_left = self.events_left.checked_sub(1).ok_or_else(|| {
            let limit = self.events_limit;
            Stop::limit(Code::LimitEvents, format!("the run made more than {limit} events"), limit)
        })?;
        self.count_bytes(bytes as u64)
    }

    /// Counts bytes that lie beside the events, or within those of the host.
    pub(crate) fn count_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or_else(|| {
            let limit = self.bytes_limit;
            let message =
                format!("the events of the run and its answers hold more than {limit} bytes");
            Stop::limit(Code::LimitEvents, message, limit)
        })?;
        Ok(())
    }

    /// The driver holds the other end as long as the guest lives, so nothing is lost.
    fn send(&mut self, message: ToDoor) {
        let _ = self.outbox.send(message);
    }
}

/// Microseconds since the Unix epoch.
pub(crate) fn now_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}
