//! The store as whoever runs it sees it: tenants and what they may take.

use sluice_model::{Quota, TenantId};

use crate::engine::args;
use crate::record::to_json;
use crate::writer::{Tx, Work};
use crate::{DbError, Store};

/// The store as whoever runs it sees it.
#[derive(Clone)]
pub struct Admin {
    store: Store,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRow {
    /// Its id.
    pub id: TenantId,
    /// What it may take.
    pub quota: Quota,
    /// In microseconds since the Unix epoch; 0 for the tenant that is always there.
    pub created_at_us: u64,
}

impl Admin {
    pub(crate) fn new(store: Store) -> Admin {
        Admin { store }
    }

    /// Makes a tenant. False where there is one of that name; it is left as it is.
    pub async fn create_tenant(
        &self,
        id: &TenantId,
        quota: &Quota,
        at_us: u64,
    ) -> Result<bool, DbError> {
        let (id, quota) = (id.clone(), to_json(quota)?);
        self.store.write(CreateTenant { id, quota, at_us }).await
    }

    /// Changes what a tenant may take. False where there is no such tenant.
    pub async fn set_quota(&self, id: &TenantId, quota: &Quota) -> Result<bool, DbError> {
        let (id, quota) = (id.clone(), to_json(quota)?);
        self.store.write(SetQuota { id, quota }).await
    }

    /// What is wrong with the database itself, in its own words. Goes through all of an SQLite file;
    /// PostgreSQL answers for its files itself. Records have their own check, [`crate::Tenant::verify`].
    pub async fn integrity_check(&self) -> Result<Vec<String>, DbError> {
        self.store.reader().await?.flaws_of_file().await
    }

    /// All tenants, by their names.
    pub async fn tenants(&self) -> Result<Vec<TenantRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT id, quota, created_at_us FROM tenants ORDER BY id";
        let rows = conn.rows(sql, Vec::new()).await?;
        let tenant = |row: &crate::engine::Row| {
            Ok(TenantRow { id: row.parse(0)?, quota: row.json(1)?, created_at_us: row.count(2)? })
        };
        rows.iter().map(tenant).collect()
    }
}

struct CreateTenant {
    id: TenantId,
    quota: String,
    at_us: u64,
}

impl Work for CreateTenant {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "INSERT INTO tenants (id, quota, created_at_us) VALUES ($1, $2, $3) \
            ON CONFLICT DO NOTHING";
        let args = args![self.id.as_str(), self.quota.as_str(), self.at_us];
        Ok(tx.run(sql, args).await? == 1)
    }
}

struct SetQuota {
    id: TenantId,
    quota: String,
}

impl Work for SetQuota {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        tx.allowances.remove(self.id.as_str());
        let sql = "UPDATE tenants SET quota = $2 WHERE id = $1";
        Ok(tx.run(sql, args![self.id.as_str(), self.quota.as_str()]).await? == 1)
    }
}
