//! Waking: what all those do who bring something that a run may wait for.

use crate::engine::args;
use crate::writer::Tx;
use crate::{DbError, Notice};

/// Notes that something came for a run that has not ended; one that waits is queued. An attempt that
/// is just about to wait sees by the number of wakes that it must not. Returns whether there is such a
/// run.
pub(crate) async fn wake(
    tx: &mut Tx,
    tenant: &str,
    run: &str,
    at_us: u64,
) -> Result<bool, DbError> {
    let sql = "UPDATE runs SET wakes = wakes + 1, \
        due_at_us = CASE WHEN state = 'waiting' THEN $1 ELSE due_at_us END, \
        state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END \
        WHERE id = $2 AND tenant = $3 AND state <> 'ended' RETURNING state";
    woken(tx, run, sql, args![at_us, run, tenant]).await
}

/// Asks a run to end, once: the first reason counts. A run that waits for whatever time is queued for
/// now. Returns whether this asked.
pub(crate) async fn cancel(
    tx: &mut Tx,
    tenant: &str,
    run: &str,
    reason: &str,
    at_us: u64,
) -> Result<bool, DbError> {
    let sql = "UPDATE runs SET wakes = wakes + 1, cancel_reason = $4, \
        due_at_us = CASE WHEN state = 'running' THEN due_at_us ELSE $1 END, \
        state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END \
        WHERE id = $2 AND tenant = $3 AND state <> 'ended' AND cancel_reason IS NULL \
        RETURNING state";
    woken(tx, run, sql, args![at_us, run, tenant, reason]).await
}

async fn woken(
    tx: &mut Tx,
    run: &str,
    sql: &'static str,
    args: Vec<crate::engine::Arg>,
) -> Result<bool, DbError> {
    let Some(row) = tx.row(sql, args).await? else { return Ok(false) };
    let id = run.parse().map_err(|_| DbError::corrupt("an id is malformed"))?;
    tx.tell(Notice::Run(id));
    if row.text(0)? == "queued" {
        tx.tell(Notice::Queued);
    }
    Ok(true)
}
