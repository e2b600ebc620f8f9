//! A run's record from a cursor on, batch by batch as it is committed: what a stream of one run is made
//! of. Nothing is kept of it but the cursor, so a viewer that stands still costs no memory.

use std::time::Duration;

use sluice_model::{Event, EventBody, RunId, RunState};
use tokio::sync::watch;

use crate::auth::Identity;
use crate::edge::Edge;

/// Events of a batch at most.
const BATCH: u32 = 500;

/// How long events gather before they are sent: a viewer paints no faster.
const GATHER: Duration = Duration::from_millis(33);

/// The net under what is heard.
const NET: Duration = Duration::from_secs(2);

/// A place in a run's record, and the way on from it.
pub(crate) struct RunStream {
    edge: Edge,
    identity: Identity,
    run: RunId,
    after: u64,
    is_over: bool,
    is_first: bool,
    changes: watch::Receiver<u64>,
}

impl RunStream {
    /// The record after that event; 0 is its beginning.
    pub(crate) fn new(edge: &Edge, identity: Identity, run: RunId, after: u64) -> RunStream {
        let changes = edge.hub().run(&run);
        let edge = edge.clone();
        RunStream { edge, identity, run, after, is_over: false, is_first: true, changes }
    }

    /// The next events; none after the last one of the run, when the server stops, and when the token
    /// is not valid any more.
    pub(crate) async fn next(&mut self) -> Option<Vec<Event>> {
        if self.is_over {
            return None;
        }
        loop {
            self.changes.mark_unchanged();
            let events = self.identity.tenant.events(&self.run, self.after, BATCH).await.ok()?;
            if let Some(last) = events.last() {
                self.after = last.seq;
                self.is_over = matches!(last.body, EventBody::RunEnded { .. });
                self.is_first = false;
                return Some(events);
            }
            let run = self.identity.tenant.run(&self.run).await.ok()?;
            if run.is_none_or(|run| run.state == RunState::Ended && run.seq <= self.after) {
                return None;
            }
            let stopping = self.edge.stopping();
            tokio::select! {
                () = stopping => return None,
                // The net: whether or not it has passed, the record is looked at.
                _ = tokio::time::timeout(NET, self.changes.changed()) => {}
            }
            if !self.identity.is_still_valid(&self.edge).await {
                return None;
            }
            tokio::time::sleep(GATHER).await;
        }
    }
}
