//! What a tenant calls models, where they are, and what they took.

use serde_json::Value;
use sluice_model::{Failure, TenantId, day_of};

use super::Tenant;
use crate::engine::{Row, args};
use crate::queue::no_room;
use crate::record::to_json;
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError};

/// A model by a tenant's name for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRow {
    /// The tenant's name for it.
    pub alias: String,
    /// Where it is and what it costs.
    pub endpoint: Value,
    /// In microseconds since the Unix epoch.
    pub changed_at_us: u64,
}

/// What models took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelUsage {
    /// Tokens, in and out.
    pub tokens: u64,
    /// Money, in millionths of a dollar.
    pub cost_micros: u64,
}

impl ModelRow {
    fn of_row(row: &Row) -> Result<ModelRow, DbError> {
        Ok(ModelRow {
            alias: row.text(0)?.to_owned(),
            endpoint: row.json(1)?,
            changed_at_us: row.count(2)?,
        })
    }
}

impl Tenant {
    /// The tenant's models, by their names.
    pub async fn models(&self) -> Result<Vec<ModelRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT alias, endpoint, changed_at_us FROM models WHERE tenant = $1 \
            ORDER BY alias";
        let rows = conn.rows(sql, args![self.id.as_str()]).await?;
        rows.iter().map(ModelRow::of_row).collect()
    }

    /// A model of the tenant.
    pub async fn model(&self, alias: &str) -> Result<Option<ModelRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT alias, endpoint, changed_at_us FROM models WHERE tenant = $1 \
            AND alias = $2";
        let row = conn.row(sql, args![self.id.as_str(), alias]).await?;
        row.as_ref().map(ModelRow::of_row).transpose()
    }

    /// Sets what the tenant calls so. False where there is no such tenant. Refused where it has stored all that
    /// it may.
    pub async fn set_model(
        &self,
        alias: &str,
        endpoint: &Value,
        at_us: u64,
    ) -> Result<bool, KeepError> {
        let endpoint = to_json(endpoint)?;
        let (tenant, alias) = (self.id.clone(), alias.into());
        self.store
            .write(SetModel { tenant, alias, endpoint, at_us })
            .await?
            .map_err(KeepError::Refused)
    }

    /// Removes what the tenant calls so. False where there is nothing of that name.
    pub async fn remove_model(&self, alias: &str) -> Result<bool, DbError> {
        let (tenant, alias) = (self.id.clone(), alias.into());
        self.store.write(RemoveModel { tenant, alias }).await
    }

    /// What the tenant's models took on the day of that time.
    pub async fn model_usage(&self, at_us: u64) -> Result<ModelUsage, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT tokens, cost_micros FROM model_usage WHERE tenant = $1 AND day = $2";
        let row = conn.row(sql, args![self.id.as_str(), day_of(at_us)]).await?;
        row.map_or(Ok(ModelUsage::default()), |row| {
            Ok(ModelUsage { tokens: row.count(0)?, cost_micros: row.count(1)? })
        })
    }

    /// Counts what a turn of a model took.
    pub async fn charge_model(&self, taken: ModelUsage, at_us: u64) -> Result<(), DbError> {
        self.store.write(Charge { tenant: self.id.clone(), taken, at_us }).await
    }
}

struct SetModel {
    tenant: TenantId,
    alias: String,
    endpoint: String,
    at_us: u64,
}

impl Work for SetModel {
    type Output = Result<bool, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let (tenant, alias) = (self.tenant.as_str(), self.alias.as_str());
        if let Some(refused) = no_room(tx, tenant).await? {
            return Ok(Err(refused));
        }
        tx.tally.store(tenant, (alias.len() + self.endpoint.len()) as u64);
        let sql = "INSERT INTO models (tenant, alias, endpoint, changed_at_us) \
            SELECT id, $2, $3, $4 FROM tenants WHERE id = $1 ON CONFLICT (tenant, alias) \
            DO UPDATE SET endpoint = excluded.endpoint, changed_at_us = excluded.changed_at_us";
        let args = args![tenant, alias, self.endpoint.as_str(), self.at_us];
        Ok(Ok(tx.run(sql, args).await? > 0))
    }
}

struct RemoveModel {
    tenant: TenantId,
    alias: String,
}

impl Work for RemoveModel {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "DELETE FROM models WHERE tenant = $1 AND alias = $2";
        Ok(tx.run(sql, args![self.tenant.as_str(), self.alias.as_str()]).await? > 0)
    }
}

struct Charge {
    tenant: TenantId,
    taken: ModelUsage,
    at_us: u64,
}

impl Work for Charge {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let sql = "INSERT INTO model_usage (tenant, day, tokens, cost_micros) \
            VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, day) DO UPDATE SET \
            tokens = model_usage.tokens + excluded.tokens, \
            cost_micros = model_usage.cost_micros + excluded.cost_micros";
        let ModelUsage { tokens, cost_micros } = self.taken;
        let args = args![self.tenant.as_str(), day_of(self.at_us), tokens, cost_micros];
        tx.run(sql, args).await?;
        Ok(())
    }
}
