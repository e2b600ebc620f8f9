//! What a commit adds to the counts of its tenants: gathered while its operations run, written once at
//! its end, so that many operations of a tenant cost one statement and hold its rows for a moment only.

use std::collections::BTreeMap;

use sluice_model::day_of;

use crate::DbError;
use crate::engine::args;
use crate::writer::Tx;

/// What is counted for one tenant and one UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) runs: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) cpu_time_us: u64,
    pub(crate) events: u64,
}

/// The counts of one commit. In the order of tenants, so that processes whose commits meet wait for
/// each other and never in a circle.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    days: BTreeMap<(String, u64), Counts>,
    stored: BTreeMap<String, u64>,
}

impl Tally {
    /// What is counted for a tenant at that time.
    pub(crate) fn at(&mut self, tenant: &str, at_us: u64) -> &mut Counts {
        self.days.entry((tenant.to_owned(), day_of(at_us))).or_default()
    }

    /// Bytes that the commit has stored for a tenant so far.
    pub(crate) fn stored(&self, tenant: &str) -> u64 {
        self.stored.get(tenant).copied().unwrap_or_default()
    }

    /// Bytes are stored for a tenant.
    pub(crate) fn store(&mut self, tenant: &str, bytes: u64) {
        *self.stored.entry(tenant.to_owned()).or_default() += bytes;
    }
}

/// Writes the counts of the transaction, and begins anew.
pub(crate) async fn write(tx: &mut Tx) -> Result<(), DbError> {
    let Tally { days, stored } = std::mem::take(&mut tx.tally);
    for ((tenant, day), counts) in days {
        let sql = "INSERT INTO usage (tenant, day, runs, succeeded, failed, cpu_time_us, events) \
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, day) DO UPDATE SET \
            runs = usage.runs + excluded.runs, \
            succeeded = usage.succeeded + excluded.succeeded, \
            failed = usage.failed + excluded.failed, \
            cpu_time_us = usage.cpu_time_us + excluded.cpu_time_us, \
            events = usage.events + excluded.events";
        let Counts { runs, succeeded, failed, cpu_time_us, events } = counts;
        let args = args![tenant, day, runs, succeeded, failed, cpu_time_us, events];
        tx.run(sql, args).await?;
    }
    for (tenant, bytes) in stored {
        let sql = "UPDATE tenants SET stored_bytes = stored_bytes + $2 WHERE id = $1";
        tx.run(sql, args![tenant, bytes]).await?;
    }
    Ok(())
}
