//! Setting calls going: each to whoever answers it, at the pace that its tenant has.

use std::future::Future;

use sluice_model::{Call, CallId, Code, Failure, Request};
use tokio::time::Instant;

use super::{Done, Gated, Held, Outstanding, Way, refused};
use crate::builtin;
use crate::fresh::now_us;
use crate::journal::Journal;
use crate::performer::CallContext;
use crate::spans::Commit;
use crate::trace::RunTrace;

impl Outstanding {
    /// Sets a call going whose intent is being committed; without a commit to wait for, at once.
    pub(crate) fn perform(&mut self, journal: &mut Journal, call: Call, committed: Option<Commit>) {
        self.perform_again(journal, call, now_us(), committed);
    }

    /// The same for a call that was started by an earlier attempt, at that time.
    pub(crate) fn perform_again(
        &mut self,
        journal: &mut Journal,
        call: Call,
        since_us: u64,
        committed: Option<Commit>,
    ) {
        if call.needs_approval && !self.approved.contains(&call.call) {
            return self.ask_for_approval(journal, call, since_us, committed);
        }
        let turn = self.turn();
        if let Request::Sleep { duration_ms } = &call.request {
            let due_us = since_us + duration_ms * 1_000;
            self.sleep(call.call, due_us.max(now_us() + turn.map_or(0, micros_until)));
            return;
        }
        let Some(turn) = turn else { return self.begin(journal, call, since_us, committed) };
        self.ways.insert(call.call, Way::Held);
        self.held.push_back(Held { turn, call, since_us, committed });
    }

    /// Asks a person whether a call may be performed. Once they say yes, [`Outstanding::approve`] goes on.
    fn ask_for_approval(
        &mut self,
        journal: &Journal,
        call: Call,
        since_us: u64,
        committed: Option<Commit>,
    ) {
        let id = call.call;
        self.tasks.spawn(builtin::ask(journal, id, &builtin::approval_of(&call), None));
        self.ways.insert(id, Way::Asked { due_us: None, is_made: false, is_closing: false });
        self.gated.insert(id, Gated { call, since_us });
        if let Some(committed) = committed {
            self.watch(committed);
        }
    }

    /// Whether the answer to that call's question is whether it may be performed.
    pub(crate) fn take_gated(&mut self, call: CallId) -> Option<Gated> {
        self.gated.remove(&call)
    }

    /// Sets a call going that a person has allowed, which is being committed.
    pub(crate) fn approve(
        &mut self,
        journal: &mut Journal,
        gated: Gated,
        committed: Option<Commit>,
    ) {
        let Gated { call, since_us } = gated;
        self.approved.insert(call.call);
        self.perform_again(journal, call, since_us, committed);
    }

    /// Goes on with a sleep that an earlier attempt began.
    pub(crate) fn sleep(&mut self, call: CallId, due_us: u64) {
        self.ways.insert(call, Way::Sleeping { due_us });
    }

    /// When the next call may be made; none where that is at once.
    fn turn(&self) -> Option<Instant> {
        let Outstanding { shared, run, calls_per_second, .. } = self;
        shared.pace.turn(&run.tenant, *calls_per_second, Instant::now())
    }

    /// When the first call that waits for its turn has it.
    pub(crate) fn first_turn(&self) -> Option<Instant> {
        self.held.front().map(|held| held.turn)
    }

    /// Sets the calls going whose turn has come.
    pub(crate) fn begin_held(&mut self, journal: &mut Journal) {
        let now = Instant::now();
        while let Some(held) = self.held.pop_front_if(|held| held.turn <= now) {
            self.begin(journal, held.call, held.since_us, held.committed);
        }
    }

    fn begin(
        &mut self,
        journal: &mut Journal,
        call: Call,
        since_us: u64,
        committed: Option<Commit>,
    ) {
        let id = call.call;
        let way = match &call.request {
            Request::Sleep { duration_ms } => {
                Way::Sleeping { due_us: since_us + duration_ms * 1_000 }
            }
            Request::Flow { .. } => {
                let made = builtin::child(&self.shared, &self.run, &self.version, journal, call);
                self.tasks.spawn(made);
                self.has_children = true;
                Way::Child { child: None }
            }
            Request::Ask(question) => {
                let due_us = question.timeout_ms.map(|timeout_ms| since_us + timeout_ms * 1_000);
                self.tasks.spawn(builtin::ask(journal, id, question, due_us));
                Way::Asked { due_us, is_made: false, is_closing: false }
            }
            Request::Kv { space, action } => {
                let most_bytes = self.run.start.limits.payload_bytes;
                let kv = builtin::kv(journal, id, space, action, most_bytes);
                Way::AtWork { task: self.tasks.spawn(kv) }
            }
            Request::Artifact { .. } => {
                Way::AtWork { task: self.tasks.spawn(builtin::artifact(journal, call)) }
            }
            Request::Rpc(_) | Request::Http(_) | Request::Llm(_) | Request::Secret { .. } => {
                let effect = self.effect(call, committed);
                self.ways.insert(id, Way::AtWork { task: self.tasks.spawn(effect) });
                return;
            }
        };
        self.ways.insert(id, way);
        if let Some(committed) = committed {
            self.watch(committed);
        }
    }

    /// Work that leaves this machine, after the intent is committed, or at once where that need not be first.
    fn effect(
        &self,
        call: Call,
        committed: Option<Commit>,
    ) -> impl Future<Output = Done> + Send + use<> {
        let performer = self.shared.settings.performers.get(&call.request.kind()).cloned();
        let places = self.shared.under_way.places(&self.run.tenant);
        let context = CallContext {
            tenant: self.run.tenant.clone(),
            run: self.run.id.clone(),
            trace: RunTrace::of(&self.run.id, self.run.start.trace.as_ref()).context(call.span),
            seed: self.run.start.seed.clone(),
            answer_bytes: self.run.start.limits.payload_bytes,
            idempotency_key: format!("{}/{}", self.run.id, call.call.0),
        };
        async move {
            if let Some(committed) = committed
                && let Err(error) = committed.await
            {
                return refused(error);
            }
            sluice_db::crash_point("before-effect");
            let id = call.call;
            let outcome = match performer {
                Some(performer) => {
                    // They are never closed: without a place it would go all the same.
                    let _place = places.acquire_owned().await;
                    performer.perform(context, call).await
                }
                None => Err(Box::new(not_available(call.request.kind().as_str()))),
            };
            sluice_db::crash_point("after-effect");
            Done::Called { call: id, outcome }
        }
    }

    /// Whether a call may leave before its intent is committed: it changes nothing, has no secret in it, and nobody
    /// has to approve it. A worker that is lost may have sent one that no record has.
    pub(crate) fn is_read_only(&self, call: &Call) -> bool {
        let performer = self.shared.settings.performers.get(&call.request.kind());
        !call.needs_approval && performer.is_some_and(|performer| performer.is_read_only(call))
    }

    /// Whether a call that was under way when a worker died may be performed again, and is then an
    /// effect that is told in the record.
    pub(crate) fn may_retry(&self, call: &Call) -> Result<bool, Box<Failure>> {
        if !call.request.goes_out() {
            return Ok(false);
        }
        match self.shared.settings.performers.get(&call.request.kind()) {
            Some(performer) if !performer.is_idempotent(call) => Err(Box::new(
                Failure::new(
                    Code::OutcomeUnknown,
                    format!("nobody knows whether `{}` was done", call.request.span_name()),
                )
                .hint(
                    "Find out at the other side, then run again or go on; the flow may catch this.",
                ),
            )),
            Some(_) => Ok(true),
            None => Ok(false),
        }
    }
}

fn micros_until(turn: Instant) -> u64 {
    let wait = turn.saturating_duration_since(Instant::now());
    u64::try_from(wait.as_micros()).unwrap_or(u64::MAX)
}

fn not_available(kind: &str) -> Failure {
    Failure::new(Code::NotAvailable, format!("this host cannot perform `{kind}` calls"))
        .hint("Run the flow on a Sluice server that has been set up for them.")
}
