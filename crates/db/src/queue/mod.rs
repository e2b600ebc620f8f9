//! The queue: which runs are to be taken up, by whom, and until when they are held.
//!
//! Fair between tenants: those with work take turns, each within its quota.

mod places;
mod standing;
mod take;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sluice_model::{EventBody, Quota, RunId, Start, TenantId};

use crate::engine::{Conn, Row, args, composed};
use crate::record::{self, COLUMNS, Tip, places};
use crate::writer::{Tx, Work};
use crate::{DbError, RunLog, Store};
pub use places::Places;
pub(crate) use standing::{Standing, cpu_used_up, no_room, standing};
use take::Take;

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
    /// CPU time that its tenant had left of the day when it was taken up, in milliseconds.
    pub cpu_ms_left: u64,
    /// Its tenant's quota at that time.
    pub quota: Arc<Quota>,
    /// What it is pinned to.
    pub start: Arc<Start>,
    /// Its record from here on.
    pub log: RunLog,
}

/// The columns of a run that was taken up, for [`Taken::of_row`].
pub(crate) const TAKEN: &str =
    "id, tenant, fence, attempts, lost, wakes, cancel_reason, deadline_us, seq, hash, cpu_time_us";

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
    cpu_time_us: u64,
    allowed: Allowed,
}

/// What a run that was taken up may take of its tenant's quota.
#[derive(Clone)]
pub(crate) struct Allowed {
    cpu_ms_left: u64,
    quota: Arc<Quota>,
}

impl Allowed {
    pub(crate) fn of(standing: &Standing) -> Allowed {
        Allowed { cpu_ms_left: standing.cpu_ms_left(), quota: Arc::clone(&standing.quota) }
    }
}

impl Taken {
    fn of_row(row: &Row, allowed: Allowed) -> Result<Taken, DbError> {
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
            cpu_time_us: row.count(10)?,
            allowed,
        })
    }

    /// A run that was taken up as it was submitted.
    pub(crate) fn as_submitted(
        run: RunId,
        start: &Start,
        (attempts, cpu_time_us): (u32, u64),
        tip: Tip,
        allowed: Allowed,
    ) -> Taken {
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
            cpu_time_us,
            allowed,
        }
    }

    pub(crate) fn leased(self, store: &Store, start: Arc<Start>) -> Leased {
        let (tenant, run) = (self.tenant.clone(), self.run.clone());
        let (tip, wakes, cpu_time_us) = (self.tip, self.wakes, self.cpu_time_us);
        Leased {
            log: RunLog::new(store.clone(), tenant, run, self.fence, tip, wakes, cpu_time_us),
            tenant: self.tenant,
            run: self.run,
            fence: self.fence,
            attempt: self.attempts + 1,
            lost: self.lost,
            wakes: self.wakes,
            cancel_reason: self.cancel_reason,
            deadline_us: self.deadline_us,
            cpu_ms_left: self.allowed.cpu_ms_left,
            quota: self.allowed.quota,
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

    /// Takes up runs of an image that are due, as far as there are places: queued ones, waiting ones whose time
    /// has come, and running ones whose lease is over. Of a tenant whose CPU time of the day is used up,
    /// only those that are to be cancelled: they need no guest. `only` narrows that to one run and what
    /// it started.
    pub async fn claim(
        &self,
        claim: &Claim,
        image_digest: &str,
        only: Option<&RunId>,
        now_us: u64,
        places: &Places,
    ) -> Result<Vec<Leased>, DbError> {
        let tenants = self.tenants_with_work(image_digest, only, now_us).await?;
        self.store.note_claimed(now_us);
        if tenants.is_empty() || places.left() == 0 {
            return Ok(Vec::new());
        }
        let work = Take {
            claim: claim.clone(),
            image_digest: image_digest.into(),
            only: only.cloned(),
            now_us,
            places: places.clone(),
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
    /// brings an attempt to its end claims again, and a new day is found by the net of the executor.
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
    ) -> Result<Vec<TenantId>, DbError> {
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
        let mut tenants: Vec<TenantId> =
            rows.iter().map(|row| row.parse(0)).collect::<Result<_, _>>()?;
        tenants.sort_unstable();
        let served = self.store.served();
        let next = tenants.partition_point(|tenant| tenant.as_str() <= served.as_str());
        tenants.rotate_left(next);
        Ok(tenants)
    }

    /// The runs with what they are pinned to. One whose start cannot be read is left to its lease: it is lost
    /// again and again, and holds nobody else up.
    async fn with_starts(&self, taken: Vec<Taken>) -> Result<Vec<Leased>, DbError> {
        let mut starts = HashMap::new();
        let conn = &mut self.store.reader().await?;
        let of_a_tenant = taken.chunk_by(|one, next| one.tenant == next.tenant);
        for taken in of_a_tenant.flat_map(|taken| taken.chunks(32)) {
            match read_starts(conn, taken, &mut starts).await {
                Err(error) if error.is_of_the_data() => {
                    for one in taken {
                        match read_starts(conn, std::slice::from_ref(one), &mut starts).await {
                            Err(error) if !error.is_of_the_data() => return Err(error),
                            _ => {}
                        }
                    }
                }
                read => read?,
            }
        }
        let leased = taken.into_iter().filter_map(|taken| {
            let start = starts.remove(taken.run.as_str());
            if start.is_none() {
                tracing::error!(run = %taken.run, "a run was taken up whose start cannot be read");
            }
            Some(taken.leased(&self.store, start?))
        });
        Ok(leased.collect())
    }
}

/// Reads what runs of one tenant are pinned to.
async fn read_starts(
    conn: &mut Conn,
    taken: &[Taken],
    starts: &mut HashMap<String, Arc<Start>>,
) -> Result<(), DbError> {
    let Some(first) = taken.first() else { return Ok(()) };
    let sql = format!(
        "SELECT {COLUMNS}, run_id FROM events WHERE seq = 1 AND run_id IN ({})",
        places(1, taken.len())
    );
    let args = taken.iter().map(|taken| taken.run.as_str().into()).collect();
    let rows = conn.rows(composed(sql), args).await?;
    let events = record::read(conn, first.tenant.as_str(), &rows, false).await?;
    for (row, event) in rows.iter().zip(events) {
        if let EventBody::RunQueued(start) = event.body {
            starts.insert(row.text(4)?.to_owned(), Arc::new(*start));
        }
    }
    Ok(())
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
