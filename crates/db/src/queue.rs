//! The queue: which runs are to be taken up, by whom, and until when they are held.
//!
//! Fair between tenants: those with work take turns, each within its quota.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sluice_model::{EventBody, Quota, RunId, Start, TenantId};

use crate::engine::{Row, args, composed};
use crate::record::{self, COLUMNS, Tip, places};
use crate::writer::{Tx, Work};
use crate::{DbError, RunLog, Store, crash_point};

/// The runs of all tenants as executors see them.
#[derive(Clone)]
pub struct Queue {
    store: Store,
}

/// Who takes a run, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The worker's name; no two live workers have the same.
    pub worker: String,
    /// Until when others leave the run alone, in microseconds since the Unix epoch.
    pub lease_until_us: u64,
}

/// A run that was taken up.
pub struct Leased {
    /// Whose it is.
    pub tenant: TenantId,
    /// The run.
    pub run: RunId,
    /// The number that makes earlier leases void.
    pub fence: u64,
    /// The number of the attempt that may now begin, from 1.
    pub attempt: u32,
    /// How many leases before this one ran out in a row.
    pub lost: u32,
    /// How often the run was woken so far.
    pub wakes: u64,
    /// Why the run is to end, where somebody asked for it.
    pub cancel_reason: Option<String>,
    /// When it must be over, in microseconds since the Unix epoch.
    pub deadline_us: Option<u64>,
    /// What it is pinned to.
    pub start: Arc<Start>,
    /// Its record from here on.
    pub log: RunLog,
}

/// The columns of a run that was taken up, for [`Taken::of_row`].
pub(crate) const TAKEN: &str =
    "id, tenant, fence, attempts, lost, wakes, cancel_reason, deadline_us, seq, hash";

/// A run that was taken up, without what it is pinned to.
pub(crate) struct Taken {
    run: RunId,
    tenant: TenantId,
    fence: u64,
    attempts: u32,
    lost: u32,
    wakes: u64,
    cancel_reason: Option<String>,
    deadline_us: Option<u64>,
    tip: Tip,
}

impl Taken {
    fn of_row(row: &Row) -> Result<Taken, DbError> {
        Ok(Taken {
            run: row.parse(0)?,
            tenant: row.parse(1)?,
            fence: row.count(2)?,
            attempts: row.small(3)?,
            lost: row.small(4)?,
            wakes: row.count(5)?,
            cancel_reason: row.text_or_null(6)?.map(str::to_owned),
            deadline_us: row.count_or_null(7)?,
            tip: Tip { seq: row.count(8)?, hash: row.hash(9)? },
        })
    }

    /// A run that was taken up as it was submitted.
    pub(crate) fn as_submitted(run: RunId, start: &Start, attempts: u32, tip: Tip) -> Taken {
        Taken {
            run,
            tenant: start.tenant.clone(),
            fence: 1,
            attempts,
            lost: 0,
            wakes: 0,
            cancel_reason: None,
            deadline_us: start.deadline_us,
            tip,
        }
    }

    pub(crate) fn leased(self, store: &Store, start: Arc<Start>) -> Leased {
        let (tenant, run) = (self.tenant.clone(), self.run.clone());
        Leased {
            log: RunLog::new(store.clone(), tenant, run, self.fence, self.tip, self.wakes),
            tenant: self.tenant,
            run: self.run,
            fence: self.fence,
            attempt: self.attempts + 1,
            lost: self.lost,
            wakes: self.wakes,
            cancel_reason: self.cancel_reason,
            deadline_us: self.deadline_us,
            start,
        }
    }
}

/// The tenants with runs of an image that the queue will look at, found by skipping from one to the
/// next in the index, however many runs there are.
const TENANTS: &str = "WITH RECURSIVE found (tenant) AS ( \
    SELECT MIN(tenant) FROM runs WHERE image_digest = $1 AND due_at_us IS NOT NULL \
    UNION ALL \
    SELECT (SELECT MIN(runs.tenant) FROM runs WHERE runs.image_digest = $1 \
        AND runs.due_at_us IS NOT NULL AND runs.tenant > found.tenant) \
    FROM found WHERE found.tenant IS NOT NULL) ";

impl Queue {
    pub(crate) fn new(store: Store) -> Queue {
        Queue { store }
    }

    /// Takes up at most so many runs of an image that are due: queued ones, waiting ones whose time
    /// has come, and running ones whose lease is over. `only` narrows that to one run and what it
    /// started.
    pub async fn claim(
        &self,
        claim: &Claim,
        image_digest: &str,
        only: Option<&RunId>,
        now_us: u64,
        most: u32,
    ) -> Result<Vec<Leased>, DbError> {
        let tenants = self.tenants_with_work(image_digest, only, now_us).await?;
        self.store.note_claimed(now_us);
        if tenants.is_empty() || most == 0 {
            return Ok(Vec::new());
        }
        let work = Take {
            claim: claim.clone(),
            image_digest: image_digest.into(),
            only: only.cloned(),
            now_us,
            most,
            tenants,
        };
        let (taken, served) = self.store.write(work).await?;
        if let Some(served) = served {
            self.store.note_served(served);
        }
        self.with_starts(taken).await
    }

    /// When something will be due that was not at this store's last claim, in microseconds since the
    /// Unix epoch. What was due then and not taken waits for its tenant's quota: whoever
    /// brings an attempt to its end claims again.
    pub async fn next_due(
        &self,
        image_digest: &str,
        only: Option<&RunId>,
    ) -> Result<Option<u64>, DbError> {
        let after = self.store.claimed();
        let conn = &mut self.store.reader().await?;
        let row = if let Some(only) = only {
            let sql = "SELECT MIN(due_at_us) FROM runs \
                WHERE (id = $3 OR root_run = $3) AND image_digest = $1 AND due_at_us > $2";
            conn.row(sql, args![image_digest, after, only.as_str()]).await?
        } else {
            let sql = format!(
                "{TENANTS} SELECT MIN((SELECT MIN(runs.due_at_us) FROM runs \
                 WHERE runs.image_digest = $1 AND runs.tenant = found.tenant \
                 AND runs.due_at_us > $2)) FROM found"
            );
            conn.row(composed(sql), args![image_digest, after]).await?
        };
        row.map_or(Ok(None), |row| row.count_or_null(0))
    }

    /// Holds runs for longer. Returns those that the worker does not have any more.
    pub async fn heartbeat(
        &self,
        worker: &str,
        leases: Vec<(RunId, u64)>,
        lease_until_us: u64,
    ) -> Result<Vec<RunId>, DbError> {
        if leases.is_empty() {
            return Ok(Vec::new());
        }
        let worker = worker.into();
        self.store.write(Heartbeat { worker, leases, lease_until_us }).await
    }

    async fn tenants_with_work(
        &self,
        image_digest: &str,
        only: Option<&RunId>,
        now_us: u64,
    ) -> Result<Vec<String>, DbError> {
        let conn = &mut self.store.reader().await?;
        let rows = if let Some(only) = only {
            let sql = "SELECT DISTINCT tenant FROM runs WHERE (id = $3 OR root_run = $3) \
                AND image_digest = $1 AND due_at_us <= $2";
            conn.rows(sql, args![image_digest, now_us, only.as_str()]).await?
        } else {
            let sql = format!(
                "{TENANTS} SELECT tenant FROM found WHERE tenant IS NOT NULL AND EXISTS ( \
                 SELECT 1 FROM runs WHERE runs.image_digest = $1 \
                 AND runs.tenant = found.tenant AND runs.due_at_us <= $2)"
            );
            conn.rows(composed(sql), args![image_digest, now_us]).await?
        };
        let mut tenants: Vec<String> =
            rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?;
        tenants.sort_unstable();
        let served = self.store.served();
        let next = tenants.partition_point(|tenant| *tenant <= served);
        tenants.rotate_left(next);
        Ok(tenants)
    }

    async fn with_starts(&self, taken: Vec<Taken>) -> Result<Vec<Leased>, DbError> {
        let mut starts: HashMap<String, Arc<Start>> = HashMap::new();
        let conn = &mut self.store.reader().await?;
        for taken in taken.chunks(32) {
            let sql = format!(
                "SELECT {COLUMNS}, run_id FROM events WHERE seq = 1 AND run_id IN ({})",
                places(1, taken.len())
            );
            let args = taken.iter().map(|taken| taken.run.as_str().into()).collect();
            let rows = conn.rows(composed(sql), args).await?;
            let events = record::read(conn, &rows, false).await?;
            for (row, event) in rows.iter().zip(events) {
                if let EventBody::RunQueued(start) = event.body {
                    starts.insert(row.text(4)?.to_owned(), Arc::new(*start));
                }
            }
        }
        let leased = taken.into_iter().map(|taken| {
            let start = starts.remove(taken.run.as_str());
            let no_start = || DbError::corrupt(format!("the record of {} has no start", taken.run));
            let start = start.ok_or_else(no_start)?;
            Ok(taken.leased(&self.store, start))
        });
        leased.collect()
    }
}

struct Take {
    claim: Claim,
    image_digest: Arc<str>,
    only: Option<RunId>,
    now_us: u64,
    most: u32,
    /// Those with work, whose turn it is first.
    tenants: Vec<String>,
}

impl Work for Take {
    /// What was taken, and the tenant that was served last.
    type Output = (Vec<Taken>, Option<String>);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let mut taken = Vec::new();
        let mut served = None;
        let count = u32::try_from(self.tenants.len()).unwrap_or(u32::MAX);
        // First an equal share for each whose turn it is, then what is left for whoever has more.
        let share = (self.most / count).max(1);
        let mut has_more = Vec::new();
        for tenant in &self.tenants {
            let left = self.left(&taken);
            if left == 0 {
                break;
            }
            let before = taken.len();
            self.take(tx, tenant, share.min(left), &mut taken).await?;
            if taken.len() > before {
                served = Some(tenant.clone());
            }
            if taken.len() - before == share.min(left) as usize {
                has_more.push(tenant);
            }
        }
        for tenant in has_more {
            let left = self.left(&taken);
            if left == 0 {
                break;
            }
            self.take(tx, tenant, left, &mut taken).await?;
        }
        crash_point("claim");
        Ok((taken, served))
    }
}

impl Take {
    fn left(&self, taken: &[Taken]) -> u32 {
        self.most.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX))
    }

    async fn take(
        &self,
        tx: &mut Tx,
        tenant: &str,
        most: u32,
        taken: &mut Vec<Taken>,
    ) -> Result<(), DbError> {
        let Some((quota, running)) = quota_and_running(tx, tenant, self.now_us).await? else {
            return Ok(());
        };
        let most = most.min(quota.running.saturating_sub(running));
        if most == 0 {
            return Ok(());
        }
        let mut args = args![
            self.claim.worker.as_str(),
            self.claim.lease_until_us,
            Arc::clone(&self.image_digest),
            tenant,
            self.now_us,
            most,
        ];
        let only = match &self.only {
            Some(only) => {
                args.push(only.as_str().into());
                " AND (id = $7 OR root_run = $7)"
            }
            None => "",
        };
        let sql = format!(
            "WITH due AS (SELECT id FROM runs WHERE image_digest = $3 AND tenant = $4 \
             AND due_at_us <= $5{only} ORDER BY due_at_us, id LIMIT $6{}) \
             UPDATE runs SET lost = CASE WHEN state = 'running' THEN lost + 1 ELSE lost END, \
             state = 'running', fence = fence + 1, worker = $1, due_at_us = $2 \
             WHERE id IN (SELECT id FROM due) RETURNING {TAKEN}",
            tx.for_update_of_free()
        );
        for row in tx.rows(composed(sql), args).await? {
            taken.push(Taken::of_row(&row)?);
        }
        Ok(())
    }
}

/// A tenant's quota, and how many of its runs workers have. None where there is no such tenant.
pub(crate) async fn quota_and_running(
    tx: &mut Tx,
    tenant: &str,
    now_us: u64,
) -> Result<Option<(Quota, u32)>, DbError> {
    // The index alone answers this.
    let sql = "SELECT quota, (SELECT COUNT(*) FROM runs \
        WHERE tenant = $1 AND state = 'running') FROM tenants WHERE id = $1";
    let Some(row) = tx.row(sql, args![tenant]).await? else { return Ok(None) };
    let (quota, running): (Quota, u32) = (row.json(0)?, row.small(1)?);
    if running < quota.running {
        return Ok(Some((quota, running)));
    }
    // A run whose lease is over counts no more, or it could never be taken up again.
    let sql = "SELECT COUNT(*) FROM runs \
        WHERE tenant = $1 AND state = 'running' AND due_at_us > $2";
    let row = tx.row(sql, args![tenant, now_us]).await?;
    let running = row.map_or(Ok(0), |row| row.small(0))?;
    Ok(Some((quota, running)))
}

struct Heartbeat {
    worker: Arc<str>,
    leases: Vec<(RunId, u64)>,
    lease_until_us: u64,
}

impl Work for Heartbeat {
    type Output = Vec<RunId>;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<RunId>, DbError> {
        let mut held: BTreeMap<String, u64> = BTreeMap::new();
        for leases in self.leases.chunks(64) {
            let sql = format!(
                "UPDATE runs SET due_at_us = $1 WHERE worker = $2 AND state = 'running' \
                 AND id IN ({}) RETURNING id, fence",
                places(3, leases.len())
            );
            let mut args = args![self.lease_until_us, Arc::clone(&self.worker)];
            args.extend(leases.iter().map(|(run, _)| run.as_str().into()));
            for row in tx.rows(composed(sql), args).await? {
                held.insert(row.text(0)?.to_owned(), row.count(1)?);
            }
        }
        let is_lost = |(run, fence): &&(RunId, u64)| held.get(run.as_str()) != Some(fence);
        Ok(self.leases.iter().filter(is_lost).map(|(run, _)| run.clone()).collect())
    }
}
