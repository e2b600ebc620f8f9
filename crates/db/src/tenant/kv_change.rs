//! Changes of keys and values: what runs and people do alike, and what people do. Keys whose time is
//! over are not there.

use serde_json::Value;
use sluice_model::{Code, Failure, MAX_VALUE_BYTES};

use super::Tenant;
use crate::engine::{args, composed};
use crate::queue::no_room;
use crate::record::{from_json, to_json};
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError};

/// What a key must hold for a change to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum KvMatch {
    /// Whatever there is.
    Any,
    /// Nothing.
    Absent,
    /// That value. The order of members is not part of a value.
    Is(Value),
}

impl Tenant {
    /// Sets a key, for so many microseconds or for good. False where it does not hold what it must:
    /// nothing is changed then. Refused where the tenant has stored all that it may, or the value is too
    /// large.
    pub async fn kv_put(
        &self,
        space: &str,
        key: &str,
        value: &Value,
        ttl_us: Option<u64>,
        if_match: KvMatch,
        at_us: u64,
    ) -> Result<bool, KeepError> {
        if let Some(refused) = too_large("the value", to_json(value)?.len()) {
            return Err(KeepError::Refused(refused));
        }
        let expires_at_us = ttl_us.map(|ttl_us| at_us.saturating_add(ttl_us));
        let set = Some((value.clone(), expires_at_us));
        self.change(space, key, set, if_match, at_us).await?.map_err(KeepError::Refused)
    }

    /// Removes a key. False where there is none, or it does not hold what it must.
    pub async fn kv_delete(
        &self,
        space: &str,
        key: &str,
        if_match: KvMatch,
        at_us: u64,
    ) -> Result<bool, DbError> {
        // What is removed needs no room.
        Ok(self.change(space, key, None, if_match, at_us).await?.unwrap_or_default())
    }

    async fn change(
        &self,
        space: &str,
        key: &str,
        set: Option<(Value, Option<u64>)>,
        if_match: KvMatch,
        at_us: u64,
    ) -> Result<Result<bool, Box<Failure>>, DbError> {
        let tenant = self.id.as_str().to_owned();
        let (space, key) = (space.to_owned(), key.to_owned());
        self.store.write(Change { tenant, space, key, set, if_match, at_us }).await
    }
}

/// Why something is not kept that has so many bytes, where that is so.
pub(super) fn too_large(what: &str, bytes: usize) -> Option<Box<Failure>> {
    (bytes > MAX_VALUE_BYTES).then(|| {
        let message = format!("{what} has {bytes} bytes, and {MAX_VALUE_BYTES} are the most");
        let failure = Failure::new(Code::RequestTooLarge, message)
            .hint("Keep it in parts, or as an artifact of a run.")
            .detail("limit", MAX_VALUE_BYTES);
        Box::new(failure)
    })
}

struct Change {
    tenant: String,
    space: String,
    key: String,
    /// The value and when it is gone; none where the key is removed.
    set: Option<(Value, Option<u64>)>,
    if_match: KvMatch,
    at_us: u64,
}

impl Work for Change {
    type Output = Result<bool, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        if self.set.is_some()
            && let Some(refused) = no_room(tx, &self.tenant).await?
        {
            return Ok(Err(refused));
        }
        self.make(tx).await.map(Ok)
    }
}

impl Change {
    async fn make(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let place = Place { tenant: &self.tenant, space: &self.space, key: &self.key };
        place.expire(tx, self.at_us).await?;
        if let KvMatch::Is(expected) = &self.if_match
            && place.value(tx).await?.as_ref() != Some(expected)
        {
            return Ok(false);
        }
        match (&self.set, &self.if_match) {
            (Some((value, until_us)), KvMatch::Absent) => place.add(tx, value, *until_us).await,
            (Some((value, until_us)), _) => place.set(tx, value, *until_us).await,
            // What is not there cannot be removed.
            (None, KvMatch::Absent) => Ok(false),
            (None, _) => place.delete(tx).await,
        }
    }
}

/// A key of a tenant's space.
pub(crate) struct Place<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) space: &'a str,
    pub(crate) key: &'a str,
}

impl Place<'_> {
    /// Sets the key, whatever it held. Whether it was set.
    pub(crate) async fn set(
        &self,
        tx: &mut Tx,
        value: &Value,
        until_us: Option<u64>,
    ) -> Result<bool, DbError> {
        let replaces = "UPDATE SET value = excluded.value, expires_at_us = excluded.expires_at_us";
        self.write(tx, value, until_us, replaces).await
    }

    /// Sets the key if it is not there. Whether it was set.
    pub(crate) async fn add(
        &self,
        tx: &mut Tx,
        value: &Value,
        until_us: Option<u64>,
    ) -> Result<bool, DbError> {
        self.write(tx, value, until_us, "NOTHING").await
    }

    async fn write(
        &self,
        tx: &mut Tx,
        value: &Value,
        until_us: Option<u64>,
        conflict: &'static str,
    ) -> Result<bool, DbError> {
        let sql = format!(
            "INSERT INTO kv (tenant, space, key, value, expires_at_us) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, space, key) DO {conflict}"
        );
        let value = to_json(value)?;
        let bytes = (self.space.len() + self.key.len() + value.len()) as u64;
        let args = args![self.tenant, self.space, self.key, value, until_us];
        let is_set = tx.run(composed(sql), args).await? == 1;
        if is_set {
            tx.tally.store(self.tenant, bytes);
        }
        Ok(is_set)
    }

    /// Removes the key. Whether it was there.
    pub(crate) async fn delete(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "DELETE FROM kv WHERE tenant = $1 AND space = $2 AND key = $3";
        Ok(tx.run(sql, args![self.tenant, self.space, self.key]).await? == 1)
    }

    /// Removes the key if its time is over.
    pub(crate) async fn expire(&self, tx: &mut Tx, now_us: u64) -> Result<(), DbError> {
        let sql = "DELETE FROM kv WHERE tenant = $1 AND space = $2 AND key = $3 \
            AND expires_at_us <= $4";
        tx.run(sql, args![self.tenant, self.space, self.key, now_us]).await?;
        Ok(())
    }

    /// The value of the key, which nobody else changes until the transaction ends.
    pub(crate) async fn value(&self, tx: &mut Tx) -> Result<Option<Value>, DbError> {
        let sql = format!(
            "SELECT value FROM kv WHERE tenant = $1 AND space = $2 AND key = $3{}",
            tx.for_update()
        );
        let args = args![self.tenant, self.space, self.key];
        let row = tx.row(composed(sql), args).await?;
        row.map(|row| from_json(row.text(0)?)).transpose()
    }
}
