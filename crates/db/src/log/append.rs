//! One append: the row of the run under its fence, then the events.

use std::sync::Arc;

use sluice_model::RunId;

use super::{Lease, Projection};
use crate::engine::{args, composed};
use crate::record::{self, Stored};
use crate::wake::wake;
use crate::writer::{Tx, Work};
use crate::{DbError, Notice, crash_point};

/// Events of a leased run to be written.
pub(crate) struct Append {
    pub(crate) lease: Lease,
    /// The number of the event before.
    pub(crate) before: u64,
    pub(crate) stored: Vec<Stored>,
    pub(crate) projection: Projection,
    /// CPU time that the events tell of for the first time.
    pub(crate) cpu_time_us: u64,
}

impl Work for Append {
    /// The number of the last event; none where the lease is void.
    type Output = Option<u64>;

    fn rows(&self) -> usize {
        self.stored.len()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Option<u64>, DbError> {
        let Some(last) = self.stored.last() else { return Ok(Some(self.before)) };
        let Lease { tenant, run, key, fence } = &self.lease;
        let mut args = args![Arc::clone(key), *fence, self.before, last.seq, &last.hash[..]];
        let assignments = self.projection.assignments(&mut args);
        // The number holds the order where appends are on their way together: none is skipped.
        let sql = format!(
            "UPDATE runs SET seq = $4, hash = $5{assignments} \
             WHERE id = $1 AND fence = $2 AND seq = $3 AND state = 'running'"
        );
        let left = if self.projection.leaves() {
            let sql = format!("{sql} RETURNING state, due_at_us, parent_run, leaves");
            let Some(left) = tx.row(composed(sql), args).await? else { return Ok(None) };
            Some(left)
        } else {
            if tx.run(composed(sql), args).await? == 0 {
                return Ok(None);
            }
            None
        };
        record::write(tx, tenant.as_str(), key, &self.stored).await?;
        for call in &self.projection.failed_calls {
            let sql = "UPDATE asks SET state = 'closed' \
                WHERE run_id = $1 AND call = $2 AND state = 'open'";
            tx.run(sql, args![Arc::clone(key), *call]).await?;
        }
        self.count(tx);
        tx.tell(Notice::Events { tenant: tenant.clone(), run: run.clone(), seq: last.seq });
        let Some(left) = left else { return Ok(Some(last.seq)) };
        if self.projection.is_end() {
            crash_point("end");
            if left.int(3)? != 0 {
                self.clear_away(tx).await?;
            }
            if let Some(parent) = left.parse_or_null::<RunId>(2)? {
                let at_us = self.projection.at_us;
                wake(tx, tenant.as_str(), parent.as_str(), at_us).await?;
            }
        } else if left.int_or_null(1)?.is_some() {
            tx.tell(Notice::Queued);
        }
        Ok(Some(last.seq))
    }
}

impl Append {
    /// What the tenant is charged with.
    fn count(&self, tx: &mut Tx) {
        let tenant = self.lease.tenant.as_str();
        let (succeeded, failed) = self.projection.ends();
        let counts = tx.tally.at(tenant, self.projection.at_us);
        counts.events += self.stored.len() as u64;
        counts.cpu_time_us += self.cpu_time_us;
        counts.succeeded += u64::from(succeeded);
        counts.failed += u64::from(failed);
        tx.tally.store(tenant, record::bytes_of(&self.stored));
    }

    /// What nobody needs once the run is over.
    async fn clear_away(&self, tx: &mut Tx) -> Result<(), DbError> {
        let key = &self.lease.key;
        let sql = "UPDATE asks SET state = 'closed' WHERE run_id = $1 AND state = 'open'";
        tx.run(sql, args![Arc::clone(key)]).await?;
        tx.run("DELETE FROM call_results WHERE run_id = $1", args![Arc::clone(key)]).await?;
        Ok(())
    }
}
