//! A tenant's secrets, sealed: nothing here can open them.

use serde_json::Value;
use sluice_model::TenantId;

use super::Tenant;
use crate::engine::{Row, args};
use crate::queue::no_room;
use crate::record::to_json;
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError};

/// The current version of a secret. What it was before is not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretRow {
    /// The secret's name.
    pub name: String,
    /// Which version, from 1.
    pub version: u64,
    /// The value, sealed.
    pub sealed: String,
    /// Where it may go.
    pub bounds: Value,
    /// When it was set, in microseconds since the Unix epoch.
    pub created_at_us: u64,
    /// Who set it.
    pub created_by: String,
}

/// A version of a secret that is to be.
pub struct NewSecret {
    /// The secret's name.
    pub name: String,
    /// Where it may go.
    pub bounds: Value,
    /// Seals the value for that version.
    pub seal: Box<dyn Fn(u64) -> String + Send + Sync>,
    /// Who sets it.
    pub created_by: String,
    /// When, in microseconds since the Unix epoch.
    pub at_us: u64,
}

impl SecretRow {
    fn of_row(row: &Row) -> Result<SecretRow, DbError> {
        Ok(SecretRow {
            name: row.text(0)?.to_owned(),
            version: row.count(1)?,
            sealed: row.text(2)?.to_owned(),
            bounds: row.json(3)?,
            created_at_us: row.count(4)?,
            created_by: row.text(5)?.to_owned(),
        })
    }
}

impl Tenant {
    /// The current version of each secret, by their names.
    pub async fn secrets(&self) -> Result<Vec<SecretRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT s.name, s.version, s.sealed, s.bounds, s.created_at_us, s.created_by \
            FROM secrets s WHERE s.tenant = $1 AND s.version = \
            (SELECT MAX(o.version) FROM secrets o WHERE o.tenant = s.tenant AND o.name = s.name) \
            ORDER BY s.name";
        let rows = conn.rows(sql, args![self.id.as_str()]).await?;
        rows.iter().map(SecretRow::of_row).collect()
    }

    /// The current version of a secret.
    pub async fn secret(&self, name: &str) -> Result<Option<SecretRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT name, version, sealed, bounds, created_at_us, created_by FROM secrets \
            WHERE tenant = $1 AND name = $2 ORDER BY version DESC LIMIT 1";
        let row = conn.row(sql, args![self.id.as_str(), name]).await?;
        row.as_ref().map(SecretRow::of_row).transpose()
    }

    /// Sets a secret: a new version, which replaces the one before. Its number. Refused where the tenant has stored
    /// all that it may.
    pub async fn set_secret(&self, new: NewSecret) -> Result<u64, KeepError> {
        let bounds = to_json(&new.bounds)?;
        let set = SetSecret { tenant: self.id.clone(), new, bounds };
        self.store.write(set).await?.map_err(KeepError::Refused)
    }

    /// Removes a secret. False where there is none of that name.
    pub async fn remove_secret(&self, name: &str) -> Result<bool, DbError> {
        let remove = RemoveSecret { tenant: self.id.clone(), name: name.into() };
        self.store.write(remove).await
    }

    /// The tenant's key, sealed; `fresh` becomes it where the tenant has none.
    pub async fn data_key(&self, fresh: &str) -> Result<String, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT sealed FROM data_keys WHERE tenant = $1";
        if let Some(row) = conn.row(sql, args![self.id.as_str()]).await? {
            return Ok(row.text(0)?.to_owned());
        }
        self.store.write(KeepKey { tenant: self.id.clone(), sealed: fresh.into() }).await
    }

    /// Puts the tenant's key, sealed anew, in the place of the one sealed as before. False where it was
    /// sealed otherwise.
    pub async fn reseal_data_key(&self, before: &str, sealed: &str) -> Result<bool, DbError> {
        let (tenant, before, sealed) = (self.id.clone(), before.into(), sealed.into());
        self.store.write(ResealKey { tenant, before, sealed }).await
    }
}

struct SetSecret {
    tenant: TenantId,
    new: NewSecret,
    bounds: String,
}

impl Work for SetSecret {
    type Output = Result<u64, Box<sluice_model::Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let (tenant, new) = (self.tenant.as_str(), &self.new);
        if let Some(refused) = no_room(tx, tenant).await? {
            return Ok(Err(refused));
        }
        let sql = "SELECT COALESCE(MAX(version), 0) FROM secrets WHERE tenant = $1 AND name = $2";
        let last = tx.row(sql, args![tenant, new.name.as_str()]).await?;
        let version = last.map_or(Ok(0), |row| row.count(0))? + 1;
        let sealed = (new.seal)(version);
        let bytes = new.name.len() + sealed.len() + self.bounds.len();
        tx.tally.store(tenant, bytes as u64);
        let sql = "INSERT INTO secrets (tenant, name, version, sealed, bounds, created_at_us, \
            created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let args = args![
            tenant,
            new.name.as_str(),
            version,
            sealed,
            self.bounds.as_str(),
            new.at_us,
            new.created_by.as_str()
        ];
        tx.run(sql, args).await?;
        let sql = "DELETE FROM secrets WHERE tenant = $1 AND name = $2 AND version < $3";
        tx.run(sql, args![tenant, new.name.as_str(), version]).await?;
        Ok(Ok(version))
    }
}

struct RemoveSecret {
    tenant: TenantId,
    name: String,
}

impl Work for RemoveSecret {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "DELETE FROM secrets WHERE tenant = $1 AND name = $2";
        Ok(tx.run(sql, args![self.tenant.as_str(), self.name.as_str()]).await? > 0)
    }
}

struct KeepKey {
    tenant: TenantId,
    sealed: String,
}

impl Work for KeepKey {
    type Output = String;

    async fn run(&self, tx: &mut Tx) -> Result<String, DbError> {
        let tenant = self.tenant.as_str();
        let sql = "INSERT INTO data_keys (tenant, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.run(sql, args![tenant, self.sealed.as_str()]).await?;
        let row = tx.row("SELECT sealed FROM data_keys WHERE tenant = $1", args![tenant]).await?;
        let row = row.ok_or_else(|| DbError::corrupt("a key that was kept is not there"))?;
        Ok(row.text(0)?.to_owned())
    }
}

struct ResealKey {
    tenant: TenantId,
    before: String,
    sealed: String,
}

impl Work for ResealKey {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "UPDATE data_keys SET sealed = $3 WHERE tenant = $1 AND sealed = $2";
        let args = args![self.tenant.as_str(), self.before.as_str(), self.sealed.as_str()];
        Ok(tx.run(sql, args).await? > 0)
    }
}
