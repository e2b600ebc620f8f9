//! The record of a live run, as its attempt writes it: events gather for a moment and are appended
//! together, in order.

use std::sync::Arc;

use sluice_db::{NewEvent, RunLog};
use sluice_model::{EventBody, Observed};
use tokio::time::Instant;

use crate::spans::{Commit, Spans};

/// Events of one append at most, where no call waits for them.
const MOST_GATHERED: usize = 256;

/// Such appends under way at most. What comes faster than it is committed waits here and not with the
/// writer, where everybody's events stand in one line.
const MOST_UNDER_WAY: usize = 2;

/// Events that wait here before the guest waits, too.
const FULL: usize = 4 * MOST_GATHERED;

/// The write end of a record.
pub(crate) struct Journal {
    log: RunLog,
    gathered: Vec<NewEvent>,
    since: Option<Instant>,
    spans: Option<Spans>,
    /// Each append under way has another.
    under_way: Arc<()>,
}

impl Journal {
    /// `spans` is told what is appended, where somebody exports that.
    pub(crate) fn new(log: RunLog, spans: Option<Spans>) -> Journal {
        Journal { log, gathered: Vec::new(), since: None, spans, under_way: Arc::default() }
    }

    /// Takes an event. A ticket comes back when that made enough of them to be appended.
    pub(crate) fn record(
        &mut self,
        at_us: u64,
        observed: Observed,
        body: EventBody,
    ) -> Option<Commit> {
        self.gathered.push(NewEvent { at_us, observed, body });
        self.since.get_or_insert_with(Instant::now);
        if self.gathered.len() >= MOST_GATHERED { self.append_some() } else { None }
    }

    /// Appends the first of what has gathered, unless enough is under way. Whoever gets the ticket calls this
    /// again when it has answered.
    pub(crate) fn append_some(&mut self) -> Option<Commit> {
        if self.gathered.is_empty() || self.is_held() {
            return None;
        }
        let rest = self.gathered.split_off(self.gathered.len().min(MOST_GATHERED));
        let some = std::mem::replace(&mut self.gathered, rest);
        self.since = (!self.gathered.is_empty()).then(Instant::now);
        let under_way = Some(Arc::clone(&self.under_way));
        Some(Commit { _under_way: under_way, ..self.append(some) })
    }

    /// Whether as many events have gathered as should.
    pub(crate) fn is_full(&self) -> bool {
        self.gathered.len() >= FULL
    }

    /// Whether a whole append has gathered.
    pub(crate) fn has_many(&self) -> bool {
        self.gathered.len() >= MOST_GATHERED
    }

    fn is_held(&self) -> bool {
        Arc::strong_count(&self.under_way) > MOST_UNDER_WAY
    }

    fn append(&mut self, events: Vec<NewEvent>) -> Commit {
        let told = self.spans.as_mut().map(|spans| spans.appending(&events));
        Commit { ticket: self.log.append(events), told, _under_way: None }
    }

    /// Takes an event of the host's own.
    pub(crate) fn write(&mut self, at_us: u64, body: EventBody) {
        self.gathered.push(NewEvent { at_us, observed: Observed::default(), body });
        self.since.get_or_insert_with(Instant::now);
    }

    /// Appends all that has gathered; the ticket answers when it is committed.
    pub(crate) fn flush(&mut self) -> Option<Commit> {
        self.since = None;
        if self.gathered.is_empty() {
            return None;
        }
        let all = std::mem::take(&mut self.gathered);
        Some(self.append(all))
    }

    /// Whether the last event that gathered says that the flow gave a call up.
    pub(crate) fn ends_with_cancel(&self) -> bool {
        let last = self.gathered.last().map(|event| &event.body);
        matches!(last, Some(EventBody::CallCancelled { .. }))
    }

    /// Appends what has gathered and the last event of the attempt. `wakes_seen` is how often the run
    /// was woken as far as the attempt knows: if it was woken again, it does not wait.
    pub(crate) fn close(&mut self, last: NewEvent, wakes_seen: u64) -> Commit {
        self.since = None;
        self.gathered.push(last);
        let told = self.spans.as_mut().map(|spans| spans.appending(&self.gathered));
        let ticket = self.log.close(std::mem::take(&mut self.gathered), wakes_seen);
        Commit { ticket, told, _under_way: None }
    }

    /// Since when events wait to be appended that may be.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        self.since.filter(|_| !self.is_held())
    }

    /// The lease, for what is written beside the events. What has gathered is to be flushed first.
    pub(crate) fn log(&self) -> &RunLog {
        &self.log
    }
}
