//! A run's record from a cursor on, batch by batch as it is committed: what a stream of one run is made
//! of. With it goes what models say meanwhile. Nothing is kept of it but the cursor, so a viewer that stands still costs no memory, and what is new
//! is shared by all who watch the run. Waiting holds nothing of the store, and is told apart from reading
//! for that reason.

use std::sync::Arc;
use std::time::Duration;

use sluice_db::{DbError, Tenant};
use sluice_executor::{Listener, Piece};
use sluice_model::{RunId, RunState};
use tokio::sync::watch;
use tokio::time::Instant;

use super::gather::Gather;
use super::tail::Tail;
use crate::auth::Identity;
use crate::edge::Edge;

/// How long events gather at least, and at most where the server is busy.
const GATHER: (Duration, Duration) = (Duration::from_millis(8), Duration::from_millis(50));

/// The net under what is heard.
const NET: Duration = Duration::from_secs(2);

/// A place in a run's record, and the way on from it.
pub(crate) struct RunStream {
    tenant: Tenant,
    run: RunId,
    after: u64,
    is_over: bool,
    is_due: bool,
    look_at: Instant,
    gather: Gather,
    tail: Arc<Tail>,
    changes: watch::Receiver<u64>,
    /// What models say, where that is wanted and can be heard here.
    speech: Option<Listener>,
    is_spoken: bool,
}

/// What is next in a record.
pub(crate) enum Next {
    /// These events.
    Batch(Batch),
    /// What models are saying.
    Speech(Vec<Piece>),
    /// Nothing yet.
    Nothing,
    /// Nothing any more.
    Over,
}

/// Events in their order, one after another without a gap.
pub(crate) struct Batch {
    /// A JSON array of them.
    pub(crate) json: String,
    /// The number of the last of them.
    pub(crate) last: u64,
}

impl RunStream {
    /// The record after that event; 0 is its beginning.
    pub(crate) fn new(edge: &Edge, tenant: Tenant, run: RunId, after: u64) -> RunStream {
        let (changes, tail) = edge.hub().record(&run);
        RunStream {
            tenant,
            run,
            after,
            is_over: false,
            is_due: true,
            look_at: Instant::now() + NET,
            gather: Gather::new(GATHER.0..=GATHER.1),
            tail,
            changes,
            speech: None,
            is_spoken: false,
        }
    }

    /// The same, with what models say before it is in the record.
    pub(crate) fn with_speech(self, edge: &Edge) -> RunStream {
        let speech = edge.executor().outside().map(|outside| outside.speech().listener(&self.run));
        RunStream { speech, ..self }
    }

    /// The run.
    pub(crate) fn run(&self) -> &RunId {
        &self.run
    }

    /// Resolves when the record is worth a look. May be dropped and called again.
    pub(crate) async fn ready(&mut self) {
        self.gather.sent();
        if !self.is_due && !self.is_spoken {
            let spoken = async {
                match &mut self.speech {
                    Some(speech) => speech.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // The net: whether or not it has passed, the record is looked at.
                _ = tokio::time::timeout_at(self.look_at, self.changes.changed()) => {
                    self.is_due = true;
                }
                () = spoken => self.is_spoken = true,
            }
        }
        self.gather.over().await;
    }

    /// Looks at the record.
    pub(crate) async fn read(&mut self) -> Result<Next, DbError> {
        if self.is_over {
            return Ok(Next::Over);
        }
        self.gather.begin();
        if std::mem::take(&mut self.is_spoken)
            && let Some(speech) = &mut self.speech
        {
            let pieces = speech.pieces();
            if !pieces.is_empty() {
                return Ok(Next::Speech(pieces));
            }
            if !self.is_due {
                return Ok(Next::Nothing);
            }
        }
        self.is_due = false;
        let heard = *self.changes.borrow_and_update();
        // What is nowhere to be heard of is found by looking at the store.
        let is_net = Instant::now() >= self.look_at;
        self.look_at = Instant::now() + NET;
        let part = self.tail.after(&self.tenant, &self.run, self.after, heard, is_net).await?;
        if let Some(last) = part.last() {
            self.after = last;
            self.is_over = part.is_end();
            self.is_due = part.has_more || self.is_over;
            if self.is_due {
                self.gather.skip();
            }
            return Ok(Next::Batch(Batch { json: part.json(), last }));
        }
        self.is_due = part.has_more;
        self.gather.skip();
        let run = self.tenant.run(&self.run).await?;
        let is_over = run.is_none_or(|run| run.state == RunState::Ended && run.seq <= self.after);
        Ok(if is_over { Next::Over } else { Next::Nothing })
    }

    /// The next events; none after the last one of the run, when the server stops, and when the token
    /// is not valid any more.
    pub(crate) async fn next(&mut self, edge: &Edge, identity: &Identity) -> Option<Batch> {
        loop {
            tokio::select! {
                () = edge.stopping() => return None,
                () = self.ready() => {}
            }
            if !identity.is_still_valid(edge).await {
                return None;
            }
            match self.read().await {
                Ok(Next::Batch(batch)) => return Some(batch),
                Ok(Next::Nothing | Next::Speech(_)) => {}
                Ok(Next::Over) | Err(_) => return None,
            }
        }
    }
}
