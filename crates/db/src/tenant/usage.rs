//! What a tenant's runs took, day by day.

use std::ops::RangeInclusive;

use sluice_model::{Failure, TenantId};

use super::Tenant;
use crate::engine::args;
use crate::writer::{Tx, Work};
use crate::{DbError, queue};

/// What a tenant's runs took in one UTC day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// The day, counted from the Unix epoch.
    pub day: u64,
    /// Runs that were taken on.
    pub runs: u64,
    /// Runs that ended well.
    pub succeeded: u64,
    /// Runs that failed or were not over in time. One that was cancelled is in neither count.
    pub failed: u64,
    /// CPU time of guests, counted when an attempt ends.
    pub cpu_time_us: u64,
    /// Events that were written.
    pub events: u64,
}

impl Tenant {
    /// What the tenant's runs took in these days, in order. Days without anything are left out.
    pub async fn usage(&self, days: RangeInclusive<u64>) -> Result<Vec<UsageRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT day, runs, succeeded, failed, cpu_time_us, events FROM usage \
            WHERE tenant = $1 AND day BETWEEN $2 AND $3 ORDER BY day";
        let rows = conn.rows(sql, args![self.id.as_str(), *days.start(), *days.end()]).await?;
        let usage = rows.iter().map(|row| {
            Ok(UsageRow {
                day: row.count(0)?,
                runs: row.count(1)?,
                succeeded: row.count(2)?,
                failed: row.count(3)?,
                cpu_time_us: row.count(4)?,
                events: row.count(5)?,
            })
        });
        usage.collect()
    }

    /// Why the tenant may take no CPU time before tomorrow, where that is so: `quota_exceeded`.
    pub async fn cpu_used_up(&self, now_us: u64) -> Result<Option<Box<Failure>>, DbError> {
        queue::cpu_used_up(&mut self.store.reader().await?, self.id.as_str(), now_us).await
    }

    /// Counts CPU time of a guest that was no attempt of a run.
    pub async fn charge_cpu(&self, taken_us: u64, at_us: u64) -> Result<(), DbError> {
        self.store.write(Charge { tenant: self.id.clone(), taken_us, at_us }).await
    }
}

struct Charge {
    tenant: TenantId,
    taken_us: u64,
    at_us: u64,
}

impl Work for Charge {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        tx.tally.at(self.tenant.as_str(), self.at_us).cpu_time_us += self.taken_us;
        Ok(())
    }
}
