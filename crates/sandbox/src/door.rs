//! The door: all that the sandbox and the rest of Sluice say to each other about a running guest.
//!
//! Two directions of plain messages, so that a sandbox may live in a process of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use sluice_model::{
    Answer, Attributes, Call, CallId, Code, Completion, EventBody, Failure, Observed, Request,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// What the sandbox tells.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ToDoor {
    /// A new fact about the run, in order.
    Event {
        /// When, in microseconds since the Unix epoch.
        at_us: u64,
        /// What the guest was told since its previous event.
        observed: Observed,
        /// What.
        body: EventBody,
    },
    /// Perform this call. Its `CallStarted` event came before.
    Start(Call),
    /// Nobody waits for this call any longer.
    Cancel(CallId),
    /// The guest waits and has nothing to do.
    Idle {
        /// When it goes on by itself, in microseconds since the Unix epoch; absent where only the end
        /// of a call can wake it.
        until_us: Option<u64>,
    },
    /// The guest goes on.
    Busy,
    /// The events of the record up to and with this place have been gone through again.
    Replayed {
        /// Place among [`History::events`](sluice_model::History::events).
        upto: usize,
    },
    /// The record is used up: all that follows is new. Perform what
    /// [`History::outstanding`](sluice_model::History::outstanding) names. At once where there is no
    /// record, and never in a replay that has no effects.
    Live,
}

/// What the other side of a running guest tells it.
#[derive(Clone, Debug)]
pub enum FromDoor {
    /// A call is over. Never before [`ToDoor::Live`]. One that is not open is ignored.
    Completed(Completion),
    /// Attributes of the span of a call. Ignored where the call is not open.
    Note {
        /// The call.
        call: CallId,
        /// The values.
        attributes: Attributes,
    },
    /// Drop the guest and leave its record as it is. Ignored unless the guest is idle.
    Suspend,
    /// End the run with this failure: a cancel, a deadline.
    Stop(Box<Failure>),
    /// The door was full and is not any more.
    Room,
}

/// The other side of a running guest.
#[async_trait]
pub trait Door: Send {
    /// Whether it has as much as it should hold. The guest stands still until [`FromDoor::Room`] says that it
    /// may go on; what it has told already is taken all the same.
    fn is_full(&self) -> bool {
        false
    }

    /// Takes a message. Must not wait; messages come in order.
    fn send(&mut self, message: ToDoor);

    /// The next message for the guest. Pends while there is none; may be dropped and asked again
    /// without losing one.
    async fn next(&mut self) -> FromDoor;
}

/// A door for one machine and no record: performs what needs nobody else (sleep), and hands events
/// to a closure.
pub struct LocalDoor<F> {
    on_event: F,
    /// By the time at which they wake, and when each call does.
    sleeping: BTreeSet<(Instant, CallId)>,
    wakes: BTreeMap<CallId, Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    ready: VecDeque<Completion>,
    waker: Option<Waker>,
}

impl<F: FnMut(u64, EventBody) + Send> LocalDoor<F> {
    /// A door that calls `on_event` with each event and the time at which it happened, in
    /// microseconds since the Unix epoch.
    pub fn new(on_event: F) -> Self {
        LocalDoor {
            on_event,
            sleeping: BTreeSet::new(),
            wakes: BTreeMap::new(),
            timer: None,
            ready: VecDeque::new(),
            waker: None,
        }
    }

    fn start(&mut self, Call { call, request, .. }: Call) {
        match request {
            Request::Sleep { duration_ms } => {
                let wake = Instant::now() + Duration::from_millis(duration_ms);
                self.sleeping.insert((wake, call));
                self.wakes.insert(call, wake);
            }
            request => {
                let failure = not_available(request.kind().as_str());
                self.complete(call, Err(Box::new(failure)));
            }
        }
    }

    fn cancel(&mut self, call: CallId) {
        if let Some(wake) = self.wakes.remove(&call) {
            self.sleeping.remove(&(wake, call));
            let failure = Failure::new(Code::Cancelled, "the call was cancelled");
            self.complete(call, Err(Box::new(failure)));
        }
    }

    fn complete(&mut self, call: CallId, outcome: Result<Answer, Box<Failure>>) {
        self.ready.push_back(Completion { call, outcome });
    }

    fn poll_completed(&mut self, context: &mut Context<'_>) -> Poll<Completion> {
        loop {
            if let Some(completion) = self.ready.pop_front() {
                return Poll::Ready(completion);
            }
            self.waker = Some(context.waker().clone());
            let Some((wake, call)) = self.sleeping.first().copied() else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(wake)));
            if timer.deadline() != wake {
                timer.as_mut().reset(wake);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleeping.pop_first();
            self.wakes.remove(&call);
            self.complete(call, Ok(Answer::default()));
        }
    }
}

fn not_available(kind: &str) -> Failure {
    Failure::new(Code::NotAvailable, format!("this host cannot perform `{kind}` calls"))
        .hint("Run the flow on a Sluice server that has been set up for them.")
}

#[async_trait]
impl<F: FnMut(u64, EventBody) + Send> Door for LocalDoor<F> {
    fn send(&mut self, message: ToDoor) {
        match message {
            ToDoor::Event { at_us, body, .. } => (self.on_event)(at_us, body),
            ToDoor::Start(call) => self.start(call),
            ToDoor::Cancel(call) => self.cancel(call),
            ToDoor::Idle { .. } | ToDoor::Busy | ToDoor::Replayed { .. } | ToDoor::Live => {}
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn next(&mut self) -> FromDoor {
        FromDoor::Completed(std::future::poll_fn(|context| self.poll_completed(context)).await)
    }
}
