//! Who is told of spans that are over once the append that ended them is committed, and not before.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use sluice_db::{AppendTicket, WriteError};

use super::{FinishedSpan, SpanSink};

/// Spans that are over, by the number of the append that ended them.
pub(super) type Waiting = BTreeMap<u64, Vec<FinishedSpan>>;

/// Tells of spans when the append that ended them is committed.
pub(crate) struct Told {
    pub(super) sink: Arc<dyn SpanSink>,
    pub(super) waiting: Arc<Mutex<Waiting>>,
    pub(super) append: u64,
}

impl Told {
    /// An append that is committed means that all before it are.
    fn committed(&self) {
        let mut waiting = lock(&self.waiting);
        let later = waiting.split_off(&(self.append + 1));
        let over = std::mem::replace(&mut *waiting, later);
        drop(waiting);
        if !over.is_empty() {
            self.sink.take(over.into_values().flatten().collect());
        }
    }
}

pub(super) fn lock(waiting: &Mutex<Waiting>) -> std::sync::MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An append on its way, and who is told when it is committed. Dropping it takes nothing back.
#[must_use = "an append may be refused"]
pub(crate) struct Commit {
    pub(crate) ticket: AppendTicket,
    pub(crate) told: Option<Told>,
    /// Counts it among the appends that others wait for, until it is over.
    pub(crate) _under_way: Option<Arc<()>>,
}

impl Future for Commit {
    type Output = Result<u64, WriteError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let written = ready!(Pin::new(&mut self.ticket).poll(context));
        if let (Ok(_), Some(told)) = (&written, self.told.take()) {
            told.committed();
        }
        Poll::Ready(written)
    }
}
