//! A run's reads and changes of its tenant's keys and values. A change is made exactly once for each
//! call: what it answered is kept beside it, in the same transaction, until the run ends.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{CallId, KvAction};

use super::beside::hold;
use super::{Lease, RunWriter};
use crate::engine::{args, composed, int};
use crate::record::{from_json, to_json};
use crate::tenant::{kv_get, kv_list};
use crate::writer::{Tx, Work};
use crate::{DbError, WriteError};

impl RunWriter {
    /// Reads or changes keys and values of the tenant, and answers as the action says. Expired keys
    /// are not there.
    pub async fn kv(
        &self,
        call: CallId,
        space: String,
        action: KvAction,
        now_us: u64,
    ) -> Result<Value, WriteError> {
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
                let after = after.as_deref();
                let entries = kv_list(conn, tenant, &space, &prefix, after, limit, now_us).await?;
                Ok(entries.into_iter().map(|entry| json!([entry.key, entry.value])).collect())
            }
            action => {
                let change = Change { lease: self.lease.clone(), call, space, action, now_us };
                self.store.write(change).await?.ok_or(WriteError::Fenced)
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
    type Output = Option<Value>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Value>, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        let run = &self.lease.key;
        let sql = "SELECT answer FROM call_results WHERE run_id = $1 AND call = $2";
        if let Some(row) = tx.row(sql, args![Arc::clone(run), self.call.0]).await? {
            return Ok(Some(row.json(0)?));
        }
        let answer = self.change(tx).await?;
        let sql = "INSERT INTO call_results (run_id, call, answer) VALUES ($1, $2, $3)";
        tx.run(sql, args![Arc::clone(run), self.call.0, to_json(&answer)?]).await?;
        Ok(Some(answer))
    }
}

impl Change {
    async fn change(&self, tx: &mut Tx) -> Result<Value, DbError> {
        match &self.action {
            KvAction::Set { key, value, ttl_ms } => {
                self.set(tx, key, value, *ttl_ms, true).await?;
                Ok(Value::Null)
            }
            KvAction::Delete { key } => {
                self.expire(tx, key).await?;
                Ok(self.delete(tx, key).await?.into())
            }
            KvAction::CompareAndSet { key, expected, value, ttl_ms } => {
                self.expire(tx, key).await?;
                let swapped = if expected.is_null() {
                    match value {
                        Value::Null => self.value(tx, key).await?.is_none(),
                        value => self.set(tx, key, value, *ttl_ms, false).await?,
                    }
                } else if self.value(tx, key).await?.as_ref() == Some(expected) {
                    match value {
                        Value::Null => self.delete(tx, key).await?,
                        value => self.set(tx, key, value, *ttl_ms, true).await?,
                    }
                } else {
                    false
                };
                Ok(swapped.into())
            }
            KvAction::Get { .. } | KvAction::List { .. } => Ok(Value::Null),
        }
    }

    /// Sets a key; where it is there already, only if that is wanted. Whether it was set.
    async fn set(
        &self,
        tx: &mut Tx,
        key: &str,
        value: &Value,
        ttl_ms: Option<u64>,
        replaces: bool,
    ) -> Result<bool, DbError> {
        let conflict = if replaces {
            "UPDATE SET value = excluded.value, expires_at_us = excluded.expires_at_us"
        } else {
            "NOTHING"
        };
        let sql = format!(
            "INSERT INTO kv (tenant, space, key, value, expires_at_us) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, space, key) DO {conflict}"
        );
        let expires_at_us =
            ttl_ms.map(|ttl_ms| self.now_us.saturating_add(ttl_ms.saturating_mul(1_000)));
        let value = to_json(value)?;
        let args = args![self.tenant(), self.space.as_str(), key, value, expires_at_us];
        Ok(tx.run(composed(sql), args).await? == 1)
    }

    async fn delete(&self, tx: &mut Tx, key: &str) -> Result<bool, DbError> {
        let sql = "DELETE FROM kv WHERE tenant = $1 AND space = $2 AND key = $3";
        Ok(tx.run(sql, args![self.tenant(), self.space.as_str(), key]).await? == 1)
    }

    /// Removes the key if its time is over.
    async fn expire(&self, tx: &mut Tx, key: &str) -> Result<(), DbError> {
        let sql = "DELETE FROM kv WHERE tenant = $1 AND space = $2 AND key = $3 \
            AND expires_at_us <= $4";
        let now = int(self.now_us);
        tx.run(sql, args![self.tenant(), self.space.as_str(), key, now]).await?;
        Ok(())
    }

    /// The value of a key, which nobody else changes until the transaction ends.
    async fn value(&self, tx: &mut Tx, key: &str) -> Result<Option<Value>, DbError> {
        let sql = format!(
            "SELECT value FROM kv WHERE tenant = $1 AND space = $2 AND key = $3{}",
            tx.for_update()
        );
        let args = args![self.tenant(), self.space.as_str(), key];
        let row = tx.row(composed(sql), args).await?;
        row.map(|row| from_json(row.text(0)?)).transpose()
    }

    fn tenant(&self) -> &str {
        self.lease.tenant.as_str()
    }
}
