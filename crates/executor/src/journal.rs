//! The record of a live run, as its attempt writes it: events gather for a moment and are appended
//! together, in order.

use sluice_db::{NewEvent, RunLog};
use sluice_model::{EventBody, Observed};
use tokio::time::Instant;

use crate::spans::{Commit, Spans};

/// Events that gather at most.
const MOST_GATHERED: usize = 256;

/// The write end of a record.
pub(crate) struct Journal {
    log: RunLog,
    gathered: Vec<NewEvent>,
    since: Option<Instant>,
    spans: Option<Spans>,
}

impl Journal {
    /// `spans` is told what is appended, where somebody exports that.
    pub(crate) fn new(log: RunLog, spans: Option<Spans>) -> Journal {
        Journal { log, gathered: Vec::new(), since: None, spans }
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
        if self.gathered.len() >= MOST_GATHERED { self.flush() } else { None }
    }

    /// Takes an event of the host's own.
    pub(crate) fn write(&mut self, at_us: u64, body: EventBody) {
        self.gathered.push(NewEvent { at_us, observed: Observed::default(), body });
        self.since.get_or_insert_with(Instant::now);
    }

    /// Appends what has gathered; the ticket answers when it is committed.
    pub(crate) fn flush(&mut self) -> Option<Commit> {
        self.since = None;
        if self.gathered.is_empty() {
            return None;
        }
        let told = self.spans.as_mut().map(|spans| spans.appending(&self.gathered));
        let ticket = self.log.append(std::mem::take(&mut self.gathered));
        Some(Commit { ticket, told })
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
        Commit { ticket, told }
    }

    /// Since when events wait to be appended.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        self.since
    }

    /// The lease, for what is written beside the events. What has gathered is to be flushed first.
    pub(crate) fn log(&self) -> &RunLog {
        &self.log
    }
}
