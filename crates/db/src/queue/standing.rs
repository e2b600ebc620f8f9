//! How a tenant stands against its quota, as one row tells it.

use std::sync::Arc;

use sluice_model::{Code, Failure, Limits, Quota, day_of};

use crate::DbError;
use crate::engine::{Conn, args};
use crate::writer::Tx;

/// A tenant's quota, and what it has taken.
pub(crate) struct Standing {
    pub(crate) quota: Arc<Quota>,
    /// Runs that workers have.
    pub(crate) running: u32,
    stored_bytes: u64,
    /// CPU time of today.
    cpu_time_us: u64,
    now_us: u64,
}

/// How a tenant stands now. None where there is no such tenant.
pub(crate) async fn standing(
    tx: &mut Tx,
    tenant: &str,
    now_us: u64,
) -> Result<Option<Standing>, DbError> {
    // The indexes alone answer this.
    let sql = "SELECT quota, stored_bytes, \
        (SELECT COUNT(*) FROM runs WHERE tenant = $1 AND state = 'running'), \
        (SELECT cpu_time_us FROM usage WHERE tenant = $1 AND day = $2) \
        FROM tenants WHERE id = $1";
    let Some(row) = tx.row(sql, args![tenant, day_of(now_us)]).await? else { return Ok(None) };
    let mut standing = Standing {
        quota: Arc::new(row.json(0)?),
        stored_bytes: row.count(1)?,
        running: row.small(2)?,
        cpu_time_us: row.count_or_null(3)?.unwrap_or(0),
        now_us,
    };
    if standing.running >= standing.quota.running {
        // A run whose lease is over counts no more, or it could never be taken up again.
        let sql = "SELECT COUNT(*) FROM runs \
            WHERE tenant = $1 AND state = 'running' AND due_at_us > $2";
        let row = tx.row(sql, args![tenant, now_us]).await?;
        standing.running = row.map_or(Ok(0), |row| row.small(0))?;
    }
    Ok(Some(standing))
}

impl Standing {
    /// How many more runs workers may have.
    pub(crate) fn places(&self) -> u32 {
        self.quota.running.saturating_sub(self.running)
    }

    /// CPU time that is left today, in milliseconds.
    pub(crate) fn cpu_ms_left(&self) -> u64 {
        self.quota.cpu_ms_per_day.saturating_sub(self.cpu_time_us / 1_000)
    }

    /// Why a run with these limits is not taken on, as far as it does not depend on the queue.
    pub(crate) fn refusal(&self, limits: &Limits) -> Option<Failure> {
        if let Some((name, asked, most)) = limits.first_above(&self.quota.limits) {
            let message = format!("the run asks for {name} {asked}, the tenant has {most} at most");
            let failure = Failure::new(Code::QuotaExceeded, message)
                .hint("Ask for less, or ask whoever runs this Sluice for a larger quota.")
                .detail("quota", format!("limits.{name}"))
                .detail("asked", asked)
                .detail("limit", most);
            return Some(failure);
        }
        if let Some(failure) = full(&self.quota, self.stored_bytes) {
            return Some(failure);
        }
        (self.cpu_ms_left() == 0).then(|| self.quota.cpu_used_up(self.now_us))
    }
}

/// Why a tenant may keep nothing more, where that is so.
pub(crate) async fn no_room(tx: &mut Tx, tenant: &str) -> Result<Option<Box<Failure>>, DbError> {
    let sql = "SELECT quota, stored_bytes FROM tenants WHERE id = $1";
    let Some(row) = tx.row(sql, args![tenant]).await? else { return Ok(None) };
    Ok(full(&row.json(0)?, row.count(1)?).map(Box::new))
}

/// Why a tenant may take no CPU time before tomorrow, where that is so.
pub(crate) async fn cpu_used_up(
    conn: &mut Conn,
    tenant: &str,
    now_us: u64,
) -> Result<Option<Box<Failure>>, DbError> {
    let sql = "SELECT t.quota, u.cpu_time_us FROM tenants t \
        JOIN usage u ON u.tenant = t.id AND u.day = $2 WHERE t.id = $1";
    let Some(row) = conn.row(sql, args![tenant, day_of(now_us)]).await? else { return Ok(None) };
    let quota: Quota = row.json(0)?;
    let is_used_up = row.count(1)? / 1_000 >= quota.cpu_ms_per_day;
    Ok(is_used_up.then(|| Box::new(quota.cpu_used_up(now_us))))
}

fn full(quota: &Quota, stored: u64) -> Option<Failure> {
    let most = quota.stored_bytes;
    (stored >= most).then(|| {
        let message = format!("the tenant has stored {stored} of {most} bytes");
        Failure::new(Code::QuotaExceeded, message)
            .hint("Ask whoever runs this Sluice for a larger quota.")
            .detail("quota", "stored_bytes")
            .detail("stored", stored)
            .detail("limit", most)
    })
}
