//! A run's record as it grows: what viewers hold. Only what is committed is seen.

use std::time::Duration;

use sluice_db::{DbError, Notice, Store, Tenant};
use sluice_model::{Event, EventBody, RunId, RunState, TenantId};
use tokio::sync::broadcast::Receiver;

/// Events that are read at once.
const MOST_AT_ONCE: u32 = 1_000;

/// How often the record is looked at when nothing was heard: the net under the notices.
const NET: Duration = Duration::from_secs(2);

/// A place in a run's record, and the way on from it.
pub struct Feed {
    tenant: Tenant,
    run: RunId,
    after: u64,
    ended: bool,
    notices: Receiver<Notice>,
}

impl Feed {
    /// The record of a run after that event; 0 is its beginning.
    pub fn new(store: &Store, tenant: &TenantId, run: RunId, after: u64) -> Feed {
        let tenant = store.tenant(tenant);
        Feed { tenant, run, after, ended: false, notices: store.notices() }
    }

    /// The next events, at least one, as soon as they are there; none after the last event of the
    /// run, or where there is no such run. May be dropped and called again.
    pub async fn next(&mut self) -> Result<Vec<Event>, DbError> {
        if self.ended {
            return Ok(Vec::new());
        }
        loop {
            let events = self.tenant.events(&self.run, self.after, MOST_AT_ONCE).await?;
            if let Some(last) = events.last() {
                self.after = last.seq;
                self.ended = matches!(last.body, EventBody::RunEnded { .. });
                return Ok(events);
            }
            let run = self.tenant.run(&self.run).await?;
            if run.is_none_or(|run| run.state == RunState::Ended && run.seq <= self.after) {
                self.ended = true;
                return Ok(Vec::new());
            }
            self.heard().await;
        }
    }

    /// Waits until there may be more.
    async fn heard(&mut self) {
        let about_it = async {
            loop {
                match self.notices.recv().await {
                    Ok(Notice::Events { run, seq, .. }) if run == self.run && seq > self.after => {
                        return;
                    }
                    Ok(Notice::Elsewhere) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        // The net: whether or not it has passed, the record is looked at.
        let _ = tokio::time::timeout(NET, about_it).await;
    }
}
