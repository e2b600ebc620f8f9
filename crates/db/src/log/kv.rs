//! A run's reads and changes of its tenant's keys and values. A change is made exactly once for each
//! call: what it answered is kept beside it, in the same transaction, until the run ends.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{CallId, Failure, KvAction};

use super::beside::hold;
use super::{Lease, RunWriter};
use crate::engine::args;
use crate::queue::no_room;
use crate::record::to_json;
use crate::tenant::{KvList, Place, kv_get, kv_list};
use crate::writer::{Tx, Work};
use crate::{BesideError, DbError};

impl RunWriter {
    /// Reads or changes keys and values of the tenant, and answers as the action says. Expired keys
    /// are not there. A list ends before its values hold more than `most_bytes`, except that one value is
    /// always told. A value is refused where the tenant has stored all that it may.
    pub async fn kv(
        &self,
        call: CallId,
        space: String,
        action: KvAction,
        most_bytes: u64,
        now_us: u64,
    ) -> Result<Value, BesideError> {
        let tenant = &self.lease.tenant;
        match action {
            KvAction::Get { key } => {
                let conn = &mut self.store.reader().await?;
                let entry = kv_get(conn, tenant, &space, &key, now_us).await?;
                Ok(entry.map_or(Value::Null, |entry| entry.value))
            }
            KvAction::List { prefix, after, limit } => {
                let conn = &mut self.store.reader().await?;
                let limit = limit.unwrap_or(100).min(1_000);
                let wanted = KvList {
                    space: &space,
                    prefix: &prefix,
                    after: after.as_deref(),
                    limit,
                    most_bytes,
                };
                let part = kv_list(conn, tenant, &wanted, now_us).await?;
                Ok(part.items.into_iter().map(|entry| json!([entry.key, entry.value])).collect())
            }
            action => {
                let change = Change { lease: self.lease.clone(), call, space, action, now_us };
                let changed = self.store.write(change).await?.ok_or(BesideError::Fenced)?;
                changed.map_err(BesideError::Refused)
            }
        }
    }
}

struct Change {
    lease: Lease,
    call: CallId,
    space: String,
    action: KvAction,
    now_us: u64,
}

impl Work for Change {
    type Output = Option<Result<Value, Box<Failure>>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        let run = &self.lease.key;
        let sql = "SELECT answer FROM call_results WHERE run_id = $1 AND call = $2";
        if let Some(row) = tx.row(sql, args![Arc::clone(run), self.call.0]).await? {
            return Ok(Some(Ok(row.json(0)?)));
        }
        if self.needs_room()
            && let Some(refused) = no_room(tx, self.lease.tenant.as_str()).await?
        {
            return Ok(Some(Err(refused)));
        }
        let answer = self.change(tx).await?;
        let sql = "INSERT INTO call_results (run_id, call, answer) VALUES ($1, $2, $3)";
        tx.run(sql, args![Arc::clone(run), self.call.0, to_json(&answer)?]).await?;
        Ok(Some(Ok(answer)))
    }
}

impl Change {
    /// What is removed needs none.
    fn needs_room(&self) -> bool {
        match &self.action {
            KvAction::Set { .. } => true,
            KvAction::CompareAndSet { value, .. } => !value.is_null(),
            KvAction::Get { .. } | KvAction::List { .. } | KvAction::Delete { .. } => false,
        }
    }

    async fn change(&self, tx: &mut Tx) -> Result<Value, DbError> {
        let place = |key| Place { tenant: self.lease.tenant.as_str(), space: &self.space, key };
        let until = |ttl_ms: &Option<u64>| {
            ttl_ms.map(|ttl_ms| self.now_us.saturating_add(ttl_ms.saturating_mul(1_000)))
        };
        match &self.action {
            KvAction::Set { key, value, ttl_ms } => {
                place(key).set(tx, value, until(ttl_ms)).await?;
                Ok(Value::Null)
            }
            KvAction::Delete { key } => {
                place(key).expire(tx, self.now_us).await?;
                Ok(place(key).delete(tx).await?.into())
            }
            KvAction::CompareAndSet { key, expected, value, ttl_ms } => {
                place(key).expire(tx, self.now_us).await?;
                let swapped = if expected.is_null() {
                    match value {
                        Value::Null => place(key).value(tx).await?.is_none(),
                        value => place(key).add(tx, value, until(ttl_ms)).await?,
                    }
                } else if place(key).value(tx).await?.as_ref() == Some(expected) {
                    match value {
                        Value::Null => place(key).delete(tx).await?,
                        value => place(key).set(tx, value, until(ttl_ms)).await?,
                    }
                } else {
                    false
                };
                Ok(swapped.into())
            }
            KvAction::Get { .. } | KvAction::List { .. } => Ok(Value::Null),
        }
    }
}
