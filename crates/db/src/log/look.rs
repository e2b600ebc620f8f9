//! Looking: what the outstanding calls of a live attempt have come to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use sluice_model::{CallId, EventBody, Outcome, RunId};

use super::Lease;
use crate::engine::{Conn, args, composed};
use crate::record::{self, COLUMNS, places};
use crate::{DbError, Store, WriteError};

/// What has come for a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// How often the run was woken; what follows is at least as new.
    pub wakes: u64,
    /// Why the run is to end, where somebody asked for it.
    pub cancel_reason: Option<String>,
    /// Questions that were answered.
    pub answers: BTreeMap<CallId, Value>,
    /// Children that have ended.
    pub children: BTreeMap<CallId, (RunId, Outcome)>,
}

pub(super) async fn look(
    store: Store,
    lease: Lease,
    calls: Vec<CallId>,
) -> Result<Looked, WriteError> {
    let conn = &mut store.reader().await?;
    // First, so that a wake that comes while the rest is read is looked at again.
    let sql = "SELECT wakes, cancel_reason FROM runs \
        WHERE id = $1 AND fence = $2 AND state = 'running'";
    let row = conn.row(sql, args![Arc::clone(&lease.key), lease.fence]).await?;
    let row = row.ok_or(WriteError::Fenced)?;
    let mut looked = Looked {
        wakes: row.count(0)?,
        cancel_reason: row.text_or_null(1)?.map(str::to_owned),
        ..Looked::default()
    };
    if calls.is_empty() {
        return Ok(looked);
    }
    let calls: BTreeSet<CallId> = calls.into_iter().collect();
    let sql = "SELECT call, answer FROM asks WHERE run_id = $1 AND state = 'answered'";
    for row in conn.rows(sql, args![Arc::clone(&lease.key)]).await? {
        let call = CallId(row.count(0)?);
        if calls.contains(&call) {
            looked.answers.insert(call, row.json_or_null(1)?.unwrap_or_default());
        }
    }
    let sql = "SELECT parent_call, id FROM runs WHERE parent_run = $1 AND state = 'ended'";
    let mut ended = Vec::new();
    for row in conn.rows(sql, args![Arc::clone(&lease.key)]).await? {
        let call = CallId(row.count(0)?);
        if calls.contains(&call) {
            ended.push((call, row.parse::<RunId>(1)?));
        }
    }
    for ended in ended.chunks(32) {
        outcomes(conn, lease.tenant.as_str(), ended, &mut looked).await?;
    }
    Ok(looked)
}

/// Reads the last events of runs that have ended.
async fn outcomes(
    conn: &mut Conn,
    tenant: &str,
    ended: &[(CallId, RunId)],
    looked: &mut Looked,
) -> Result<(), DbError> {
    let sql = format!(
        "SELECT {COLUMNS}, run_id FROM events WHERE kind = 'run_ended' AND run_id IN ({}) \
         AND seq = (SELECT seq FROM runs WHERE id = run_id)",
        places(1, ended.len())
    );
    let args = ended.iter().map(|(_, run)| run.as_str().into()).collect();
    let rows = conn.rows(composed(sql), args).await?;
    let events = record::read(conn, tenant, &rows, false).await?;
    for (row, event) in rows.iter().zip(events) {
        let run = row.text(4)?;
        if let (Some((call, run)), EventBody::RunEnded { outcome, .. }) =
            (ended.iter().find(|(_, ended)| ended.as_str() == run), event.body)
        {
            looked.children.insert(*call, (run.clone(), outcome));
        }
    }
    Ok(())
}
