//! The write end of one leased run. Every write holds the fence in its transaction: once the lease is
//! somebody else's, nothing more is written through it.

mod append;
mod beside;
mod kv;
mod look;
mod projection;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sluice_model::{CallId, EventBody, Observed, RunId, TenantId};

use crate::record::Tip;
use crate::{Store, WriteError};
pub(crate) use append::Append;
pub use look::Looked;
pub(crate) use projection::Projection;

/// An event that has no number yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When the host learned of it, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// What the guest was told since its previous event.
    pub observed: Observed,
    /// What happened.
    pub body: EventBody,
}

/// A lease of a run, as its writes know it.
#[derive(Clone)]
pub(crate) struct Lease {
    pub(crate) tenant: TenantId,
    pub(crate) run: RunId,
    pub(crate) key: Arc<str>,
    pub(crate) fence: u64,
}

/// The record of a leased run, from its tip on.
pub struct RunLog {
    store: Store,
    lease: Lease,
    tip: Tip,
    wakes_seen: u64,
    is_new: bool,
    /// CPU time of the run that its row knows of.
    cpu_time_us: u64,
}

impl RunLog {
    pub(crate) fn new(
        store: Store,
        tenant: TenantId,
        run: RunId,
        fence: u64,
        tip: Tip,
        wakes_seen: u64,
        cpu_time_us: u64,
    ) -> RunLog {
        let key = run.as_str().into();
        let is_new = tip.seq == 1;
        let lease = Lease { tenant, run, key, fence };
        RunLog { store, lease, tip, wakes_seen, is_new, cpu_time_us }
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.lease.run
    }

    /// Whether nothing but its submission was recorded when it was leased.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The number of the next event.
    pub fn next_seq(&self) -> u64 {
        self.tip.seq + 1
    }

    /// Appends events. They are queued at once, in the order of the calls, and need not be waited for
    /// before the next are appended; the ticket answers the number of the last after the commit. The
    /// row of the run follows in the same transaction. Once one append has failed, all later ones do.
    pub fn append(&mut self, events: Vec<NewEvent>) -> AppendTicket {
        self.write(events)
    }

    /// The same for the last events of an attempt. Where these say that the run waits, and it was
    /// woken more often than `wakes_seen`, it is queued at once instead: what came in between is not
    /// slept over.
    pub fn close(&mut self, events: Vec<NewEvent>, wakes_seen: u64) -> AppendTicket {
        self.wakes_seen = wakes_seen;
        self.write(events)
    }

    fn write(&mut self, events: Vec<NewEvent>) -> AppendTicket {
        let before = self.tip.seq;
        let projection = Projection::of(&events, self.wakes_seen);
        let stored: Result<Vec<_>, _> =
            events.into_iter().map(|event| self.tip.push(event)).collect();
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => return AppendTicket(Box::pin(async move { Err(error.into()) })),
        };
        let cpu_time_us = projection.cpu_time_us(self.cpu_time_us);
        self.cpu_time_us += cpu_time_us;
        let append = Append { lease: self.lease.clone(), before, stored, projection, cpu_time_us };
        let written = self.store.write(append);
        AppendTicket(Box::pin(async move { written.await?.ok_or(WriteError::Fenced) }))
    }

    /// What is written beside the events, under the same lease.
    pub fn writer(&self) -> RunWriter {
        RunWriter { store: self.store.clone(), lease: self.lease.clone() }
    }

    /// What has come for calls that wait for children and questions, and whether the run is cancelled.
    pub fn look(
        &self,
        calls: Vec<CallId>,
    ) -> impl Future<Output = Result<Looked, WriteError>> + Send + 'static + use<> {
        look::look(self.store.clone(), self.lease.clone(), calls)
    }
}

/// Writes beside the events of a leased run. Everything is known by its run and call, so that a call
/// that is made again after a crash finds what it did before.
#[derive(Clone)]
pub struct RunWriter {
    store: Store,
    lease: Lease,
}

/// An append on its way. Dropping it takes nothing back.
#[must_use = "an append may be refused"]
pub struct AppendTicket(Pin<Box<dyn Future<Output = Result<u64, WriteError>> + Send>>);

impl Future for AppendTicket {
    type Output = Result<u64, WriteError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}
