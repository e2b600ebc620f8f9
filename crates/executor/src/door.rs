//! The door of a recorded run: what the guest tells goes into the record, what it asks is performed
//! after the asking is recorded, and on disk unless it only reads; a guest that can only wait is suspended.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_model::{
    Answer, Attributes, Call, CallId, Code, Completion, EventBody, Failure, History, Request,
    SpanId,
};
use sluice_sandbox::{Door, FromDoor, LONG_WAIT_MS, ToDoor};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::builtin::not_approved;
use crate::fresh::now_us;
use crate::journal::Journal;
use crate::outstanding::{Done, Gated, Outstanding};
use crate::poke::Poke;

/// How long events may gather while the guest computes.
const GATHER: Duration = Duration::from_millis(10);

/// The longest wait before the clock is looked at again: it may have been set.
const LOOK_AT_CLOCK: Duration = Duration::from_mins(1);

/// What ends an attempt from its own side of the door.
#[derive(Debug)]
pub(crate) enum Parted {
    /// Another worker has the run, or may have it.
    Fenced,
    /// The executor stops; the run goes on elsewhere.
    Released,
    /// The store does not answer.
    Broken(sluice_db::DbError),
}

/// The door of one attempt.
pub(crate) struct RecordingDoor {
    pub(crate) journal: Journal,
    pub(crate) outstanding: Outstanding,
    history: Arc<History>,
    pokes: UnboundedReceiver<Poke>,
    /// Tells the attempt to drop the guest.
    parted: Option<tokio::sync::oneshot::Sender<Parted>>,
    ready: VecDeque<FromDoor>,
    idle: Option<Idle>,
    linger: Duration,
    deadline_us: Option<u64>,
    releasing: bool,
    /// The calls whose child or question the record names already.
    noted: BTreeSet<CallId>,
}

/// A guest that waits.
struct Idle {
    since: Instant,
    until_us: Option<u64>,
    /// It waits for so short a time that the record does not say so. The next attempt would wait for
    /// the whole of it again, and so would each after that.
    is_short: bool,
    /// The door has asked for its end.
    suspending: bool,
}

impl RecordingDoor {
    pub(crate) fn new(
        journal: Journal,
        outstanding: Outstanding,
        history: Arc<History>,
        pokes: UnboundedReceiver<Poke>,
        parted: tokio::sync::oneshot::Sender<Parted>,
        deadline_us: Option<u64>,
    ) -> RecordingDoor {
        let linger = outstanding.shared.settings.linger;
        RecordingDoor {
            journal,
            outstanding,
            history,
            pokes,
            parted: Some(parted),
            ready: VecDeque::new(),
            idle: None,
            linger,
            deadline_us,
            releasing: false,
            noted: BTreeSet::new(),
        }
    }

    /// When the run goes on by itself, if it is suspended now.
    pub(crate) fn wake_at_us(&self) -> Option<u64> {
        let until = self.idle.as_ref().and_then(|idle| idle.until_us);
        [until, self.outstanding.first_due_us(), self.deadline_us].into_iter().flatten().min()
    }

    fn part(&mut self, why: Parted) {
        if let Some(parted) = self.parted.take() {
            // The attempt may be over already.
            let _ = parted.send(why);
        }
    }

    /// Asks for what a call needs. Its `CallStarted` is in the journal.
    fn start(&mut self, call: Call) {
        // A sleep is known by its start alone, and what changes nothing by its answer: the commit may wait. Of such a
        // call nobody may ever know that it left, where this worker is lost.
        let is_sleep = matches!(call.request, Request::Sleep { .. });
        let may_wait = is_sleep || self.outstanding.is_read_only(&call);
        let committed = if may_wait { None } else { self.journal.flush() };
        self.outstanding.perform(&mut self.journal, call, committed);
    }

    /// Takes up again what the record left open.
    fn resume(&mut self) {
        let history = Arc::clone(&self.history);
        let noted = history.events().iter().filter_map(|event| match &event.body {
            EventBody::SpanSet { span, .. } => Some(*span),
            _ => None,
        });
        let noted: BTreeSet<SpanId> = noted.collect();
        self.outstanding.approved = history.approved();
        for (started_at_us, call) in history.outstanding() {
            if let Request::Sleep { duration_ms } = call.request {
                self.outstanding.sleep(call.call, started_at_us + duration_ms * 1_000);
                continue;
            }
            let is_gated = call.needs_approval && !self.outstanding.approved.contains(&call.call);
            let may_retry = if is_gated { Ok(false) } else { self.outstanding.may_retry(call) };
            match may_retry {
                Ok(is_effect) => {
                    if is_effect {
                        self.journal.write(now_us(), EventBody::CallRetried { call: call.call });
                    }
                    let committed = self.journal.flush();
                    let since = started_at_us;
                    self.outstanding.perform_again(
                        &mut self.journal,
                        call.clone(),
                        since,
                        committed,
                    );
                }
                Err(unknown) => self.complete(call.call, Err(unknown)),
            }
            if noted.contains(&call.span) {
                self.noted.insert(call.call);
            }
        }
        self.outstanding.look(&mut self.journal);
    }

    fn complete(&mut self, call: CallId, outcome: Result<Answer, Box<Failure>>) {
        self.ready.push_back(FromDoor::Completed(Completion { call, outcome }));
    }

    fn note(&mut self, call: CallId, name: &str, value: String) {
        if !self.noted.insert(call) {
            return;
        }
        let mut attributes = Attributes::new();
        attributes.insert(name.to_owned(), value.into());
        self.ready.push_back(FromDoor::Note { call, attributes });
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Called { call, outcome } => {
                if self.outstanding.forget(call) {
                    self.complete(call, outcome);
                }
            }
            Done::Child { call, child } => {
                self.note(call, "run", child.to_string());
                if self.outstanding.child_made(call, child) {
                    self.outstanding.look(&mut self.journal);
                }
            }
            Done::Asked { call, ask } => {
                self.note(call, "ask", ask.to_string());
                self.outstanding.ask_made(call);
                // It may stand for long, and the answer with it.
                self.outstanding.look(&mut self.journal);
            }
            Done::Looked(looked) => {
                let found = self.outstanding.looked(&mut self.journal, looked);
                if let Some(reason) = found.cancelled {
                    self.stop(cancelled(&reason));
                }
                for (call, outcome) in found.completed {
                    match self.outstanding.take_gated(call) {
                        Some(gated) => self.decided(gated, &outcome),
                        None => self.complete(call, outcome),
                    }
                }
            }
            Done::Committed => self.write_more(false),
            Done::Fenced => self.part(Parted::Fenced),
            Done::Broken(error) => self.part(Parted::Broken(error)),
        }
    }

    /// A person has said whether a call may be performed.
    fn decided(&mut self, gated: Gated, answer: &Result<Answer, Box<Failure>>) {
        let call = gated.call.call;
        match answer {
            Ok(answer) if answer.value == true => {
                self.journal.write(now_us(), EventBody::CallApproved { call });
                let committed = self.journal.flush();
                self.outstanding.approve(&mut self.journal, gated, committed);
            }
            Ok(_) => self.complete(call, Err(Box::new(not_approved(&gated.call)))),
            Err(failure) => self.complete(call, Err(failure.clone())),
        }
    }

    fn stop(&mut self, failure: Failure) {
        self.ready.push_back(FromDoor::Stop(Box::new(failure)));
    }

    fn on_poke(&mut self, poke: Poke) {
        match poke {
            Poke::Look => self.outstanding.look(&mut self.journal),
            Poke::MakeRoom => self.linger = Duration::ZERO,
            Poke::Lost => self.part(Parted::Fenced),
            Poke::Release => {
                self.linger = Duration::ZERO;
                self.releasing = true;
            }
        }
    }

    /// The instant of the next thing that time alone brings about.
    fn next_instant(&self) -> Instant {
        let now = Instant::now();
        let mut next = now + LOOK_AT_CLOCK;
        let due = [self.outstanding.first_due_us(), self.deadline_us].into_iter().flatten().min();
        if let Some(due_us) = due {
            next = next.min(now + Duration::from_micros(due_us.saturating_sub(now_us())));
        }
        if let Some(turn) = self.outstanding.first_turn() {
            next = next.min(turn);
        }
        if let Some(since) = self.journal.waiting_since() {
            next = next.min(since + GATHER);
        }
        if let Some(since) = self.may_suspend_since() {
            next = next.min(since + self.linger);
        }
        next
    }

    /// Since when the guest has only waited for what needs no instance.
    fn may_suspend_since(&self) -> Option<Instant> {
        let idle = self.idle.as_ref().filter(|idle| !idle.suspending && !idle.is_short)?;
        if self.outstanding.is_at_work() || self.outstanding.first_turn().is_some() {
            return None;
        }
        // What wakes it soon is worth waiting for.
        let wake_us = self.wake_at_us().unwrap_or(u64::MAX);
        let linger_us = u64::try_from(self.linger.as_micros()).unwrap_or(u64::MAX);
        (wake_us > now_us() + linger_us).then_some(idle.since)
    }

    fn on_time(&mut self) {
        self.outstanding.begin_held(&mut self.journal);
        let now = now_us();
        for call in self.outstanding.take_slept(now) {
            self.complete(call, Ok(Answer::default()));
        }
        self.outstanding.close_overdue(&mut self.journal, now);
        if self.deadline_us.is_some_and(|deadline_us| deadline_us <= now) {
            self.deadline_us = None;
            self.stop(past_deadline());
        }
        if self.journal.waiting_since().is_some_and(|since| since.elapsed() >= GATHER) {
            self.write_more(true);
        }
        if self.ready.is_empty()
            && self.may_suspend_since().is_some_and(|since| since.elapsed() >= self.linger)
        {
            if let Some(idle) = &mut self.idle {
                idle.suspending = true;
            }
            self.ready.push_back(FromDoor::Suspend);
        }
    }

    /// Appends what has gathered meanwhile, as far as it may; `all` says that little is enough.
    fn write_more(&mut self, all: bool) {
        while all || self.journal.has_many() {
            let Some(committed) = self.journal.append_some() else { break };
            self.outstanding.watch(committed);
        }
    }

    fn watch_flush(&mut self) {
        if let Some(committed) = self.journal.flush() {
            self.outstanding.watch(committed);
        }
    }

    /// Leaves a guest that computes, once nothing that it asked for is under way.
    fn release_if_possible(&mut self) {
        let is_at_work = self.outstanding.is_at_work() || self.outstanding.first_turn().is_some();
        if self.releasing && self.idle.is_none() && !is_at_work {
            self.part(Parted::Released);
        }
    }
}

#[async_trait]
impl Door for RecordingDoor {
    fn is_full(&self) -> bool {
        self.journal.is_full()
    }

    fn send(&mut self, message: ToDoor) {
        match message {
            ToDoor::Event { at_us, observed, body } => {
                if let Some(committed) = self.journal.record(at_us, observed, body) {
                    self.outstanding.watch(committed);
                }
            }
            ToDoor::Start(call) => self.start(call),
            ToDoor::Cancel(call) => {
                // That the flow gave the call up is recorded before anybody hears of it.
                if self.journal.ends_with_cancel() {
                    self.watch_flush();
                }
                if let Some(failure) = self.outstanding.cancel(&mut self.journal, call) {
                    self.complete(call, Err(Box::new(failure)));
                }
            }
            ToDoor::Idle { until_us } => {
                // What is at work comes back soon, and brings more to commit.
                if !self.outstanding.is_at_work() {
                    self.watch_flush();
                }
                let soon_us = now_us() + LONG_WAIT_MS * 1_000;
                let is_short = until_us.is_some_and(|until_us| until_us < soon_us);
                let since = Instant::now();
                self.idle = Some(Idle { since, until_us, is_short, suspending: false });
            }
            ToDoor::Busy => self.idle = None,
            ToDoor::Replayed { .. } => {}
            ToDoor::Live => self.resume(),
        }
    }

    async fn next(&mut self) -> FromDoor {
        let was_full = self.journal.is_full();
        loop {
            if was_full && !self.journal.is_full() {
                return FromDoor::Room;
            }
            if let Some(message) = self.ready.pop_front() {
                return message;
            }
            self.release_if_possible();
            let next = self.next_instant();
            tokio::select! {
                biased;
                Some(poke) = self.pokes.recv() => self.on_poke(poke),
                done = self.outstanding.done() => self.on_done(done),
                () = tokio::time::sleep_until(next) => self.on_time(),
            }
        }
    }
}

/// The failure of a run that somebody cancelled.
pub(crate) fn cancelled(reason: &str) -> Failure {
    let message = if reason.is_empty() {
        "the run was cancelled".to_owned()
    } else {
        format!("the run was cancelled: {reason}")
    };
    Failure::new(Code::Cancelled, message)
}

/// The failure of a run whose deadline has passed.
pub(crate) fn past_deadline() -> Failure {
    Failure::new(Code::LimitDeadline, "the run was not over at its deadline")
        .hint("Give it a later deadline, or look at what it waited for.")
}
