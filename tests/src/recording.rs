//! A door that keeps a run's record: what a worker with a store does, in memory. Sleeps are slept, and
//! other calls are answered as the test says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use sluice_model::{
    Answer, Call, CallId, Completion, Event, EventBody, Failure, History, Observed, Request,
};
use sluice_sandbox::{Door, FromDoor, LocalDoor, ToDoor};

/// How long it takes to answer a call that is no sleep.
const ANSWER_MS: u64 = 1;

/// A wait that is worth a suspension.
const LONG_WAIT_US: u64 = 10_000_000;

/// What a call brings; none where nobody can do it.
pub type Answers = fn(&Call) -> Option<Result<Answer, Box<Failure>>>;

/// What is told the sandbox when it says this.
pub type Interference = fn(&ToDoor) -> Option<FromDoor>;

/// What is called with each new event.
pub(crate) type Lookout<'a> = Box<dyn FnMut(&EventBody) + Send + 'a>;

/// A worker's side of a guest.
pub(crate) struct RecordingDoor<'a> {
    /// The record, first what the attempt began with.
    pub(crate) record: Vec<Event>,
    history: Arc<History>,
    replayed: Option<usize>,
    live: bool,
    sleeps: LocalDoor<fn(u64, EventBody)>,
    answers: Answers,
    answering: BTreeMap<CallId, Result<Answer, Box<Failure>>>,
    interference: Interference,
    messages: VecDeque<FromDoor>,
    lookout: Lookout<'a>,
}

impl<'a> RecordingDoor<'a> {
    pub(crate) fn new(
        record: Vec<Event>,
        history: Arc<History>,
        answers: Answers,
        interference: Interference,
        lookout: Lookout<'a>,
    ) -> RecordingDoor<'a> {
        RecordingDoor {
            record,
            history,
            replayed: None,
            live: false,
            sleeps: LocalDoor::new(|_, _| ()),
            answers,
            answering: BTreeMap::new(),
            interference,
            messages: VecDeque::new(),
            lookout,
        }
    }

    /// Appends an event.
    pub(crate) fn append(&mut self, at_us: u64, observed: Observed, body: EventBody) {
        let seq = self.record.len() as u64 + 1;
        self.record.push(Event { seq, at_us, observed, body });
    }

    fn perform(&mut self, mut call: Call, began_us: u64) {
        if let Request::Sleep { duration_ms } = &mut call.request {
            let until_us = began_us + *duration_ms * 1_000;
            *duration_ms = until_us.saturating_sub(now_us()).div_ceil(1_000);
        } else if let Some(outcome) = (self.answers)(&call) {
            self.answering.insert(call.call, outcome);
            call.request = Request::Sleep { duration_ms: ANSWER_MS };
        }
        self.sleeps.send(ToDoor::Start(call));
    }
}

#[async_trait]
impl Door for RecordingDoor<'_> {
    fn send(&mut self, message: ToDoor) {
        self.messages.extend((self.interference)(&message));
        match message {
            ToDoor::Event { at_us, observed, body } => {
                (self.lookout)(&body);
                self.append(at_us, observed, body);
            }
            ToDoor::Start(call) => {
                assert!(self.live, "a call is performed within the record: {call:?}");
                self.perform(call, now_us());
            }
            ToDoor::Cancel(call) => {
                self.answering.remove(&call);
                self.sleeps.send(ToDoor::Cancel(call));
            }
            ToDoor::Idle { .. } | ToDoor::Busy => {}
            ToDoor::Replayed { upto } => {
                assert!(self.replayed <= Some(upto), "a replay goes back");
                assert!(upto < self.history.events().len(), "a replay goes past its record");
                self.replayed = Some(upto);
            }
            ToDoor::Live => {
                assert!(!std::mem::replace(&mut self.live, true), "a guest goes live twice");
                let history = Arc::clone(&self.history);
                for (began_us, call) in history.outstanding() {
                    self.perform(call.clone(), began_us);
                }
            }
        }
    }

    async fn next(&mut self) -> FromDoor {
        if let Some(message) = self.messages.pop_front() {
            return message;
        }
        match self.sleeps.next().await {
            FromDoor::Completed(Completion { call, outcome }) => {
                let outcome = self.answering.remove(&call).unwrap_or(outcome);
                FromDoor::Completed(Completion { call, outcome })
            }
            other => other,
        }
    }
}

/// Suspends a guest that has nothing to do for long.
pub(crate) fn suspension(message: &ToDoor) -> Option<FromDoor> {
    let ToDoor::Idle { until_us } = message else { return None };
    let is_long = until_us.is_none_or(|until_us| until_us > now_us() + LONG_WAIT_US);
    is_long.then_some(FromDoor::Suspend)
}

/// Microseconds since the Unix epoch.
pub(crate) fn now_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}
