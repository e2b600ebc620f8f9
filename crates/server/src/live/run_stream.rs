//! A run's record from a cursor on, batch by batch as it is committed: what a stream of one run is made
//! of. Nothing is kept of it but the cursor, so a viewer that stands still costs no memory. Waiting holds
//! nothing of the store, and is told apart from reading for that reason.

use std::time::Duration;

use sluice_db::{DbError, Tenant};
use sluice_model::{EventBody, RunId, RunState};
use tokio::sync::watch;
use tokio::time::Instant;

use super::gather::Gather;
use crate::auth::Identity;
use crate::edge::Edge;

/// Events of a batch at most.
const MOST_EVENTS: u32 = 500;

/// Bytes of a batch as JSON at most, but for one event that is larger.
const MOST_BYTES: usize = 256 << 10;

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
    /// Events of the next batch at most: about what fitted into the last one.
    most: u32,
    gather: Gather,
    changes: watch::Receiver<u64>,
}

/// What is next in a record.
pub(crate) enum Next {
    /// These events.
    Batch(Batch),
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
        let changes = edge.hub().run(&run);
        RunStream {
            tenant,
            run,
            after,
            is_over: false,
            is_due: true,
            look_at: Instant::now(),
            most: MOST_EVENTS,
            gather: Gather::new(GATHER.0..=GATHER.1),
            changes,
        }
    }

    /// The run.
    pub(crate) fn run(&self) -> &RunId {
        &self.run
    }

    /// Resolves when the record is worth a look. May be dropped and called again.
    pub(crate) async fn ready(&mut self) {
        self.gather.sent();
        if !self.is_due {
            // The net: whether or not it has passed, the record is looked at.
            let _ = tokio::time::timeout_at(self.look_at, self.changes.changed()).await;
            self.is_due = true;
        }
        self.gather.over().await;
    }

    /// Looks at the record.
    pub(crate) async fn read(&mut self) -> Result<Next, DbError> {
        if self.is_over {
            return Ok(Next::Over);
        }
        self.gather.begin();
        self.is_due = false;
        self.changes.mark_unchanged();
        self.look_at = Instant::now() + NET;
        let bytes = Some(MOST_BYTES as u64);
        let part = self.tenant.some_events(&self.run, self.after, self.most, bytes).await?;
        let events = &part.items;
        let mut batch = Batch { json: String::from("["), last: self.after };
        let mut sent = 0;
        for event in events {
            let json = serde_json::to_string(event)
                .map_err(|error| DbError::Corrupt(format!("an event: {error}")))?;
            if sent > 0 && batch.json.len() + json.len() > MOST_BYTES {
                break;
            }
            if sent > 0 {
                batch.json.push(',');
            }
            batch.json.push_str(&json);
            batch.last = event.seq;
            self.is_over = matches!(event.body, EventBody::RunEnded { .. });
            sent += 1;
        }
        if sent > 0 {
            batch.json.push(']');
            self.after = batch.last;
            let has_more = sent < events.len() || part.has_more;
            self.is_due = has_more || self.is_over;
            if self.is_due {
                self.gather.skip();
            }
            let fitted = u32::try_from(sent).unwrap_or(MOST_EVENTS);
            self.most = if has_more { (fitted + 1).min(MOST_EVENTS) } else { MOST_EVENTS };
            return Ok(Next::Batch(batch));
        }
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
                Ok(Next::Nothing) => {}
                Ok(Next::Over) | Err(_) => return None,
            }
        }
    }
}
