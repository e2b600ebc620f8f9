//! The store as whoever runs it sees it: tenants and what they may take.

use sluice_model::{Capability, Quota, TenantId};

use crate::engine::{Conn, Row, args, composed};
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
    /// What people call it.
    pub label: Option<String>,
    /// What it may take.
    pub quota: Quota,
    /// What its runs may do at most.
    pub grants: Vec<Capability>,
    /// Bytes of events, of what lies beside them, of keys and values, and of sources that were written
    /// for it, about. It only grows: what is written over or removed stays counted.
    pub stored_bytes: u64,
    /// In microseconds since the Unix epoch; 0 for the tenant that is always there.
    pub created_at_us: u64,
}

const ROW: &str = "SELECT id, label, quota, grants, stored_bytes, created_at_us FROM tenants";

impl TenantRow {
    fn of_row(row: &Row) -> Result<TenantRow, DbError> {
        Ok(TenantRow {
            id: row.parse(0)?,
            label: row.text_or_null(1)?.map(str::to_owned),
            quota: row.json(2)?,
            grants: row.json(3)?,
            stored_bytes: row.count(4)?,
            created_at_us: row.count(5)?,
        })
    }
}

/// A tenant's row.
pub(crate) async fn tenant_row(
    conn: &mut Conn,
    id: &TenantId,
) -> Result<Option<TenantRow>, DbError> {
    let row = conn.row(composed(format!("{ROW} WHERE id = $1")), args![id.as_str()]).await?;
    row.as_ref().map(TenantRow::of_row).transpose()
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
        grants: &[Capability],
        at_us: u64,
    ) -> Result<bool, DbError> {
        let (id, quota, grants) = (id.clone(), to_json(quota)?, to_json(grants)?);
        self.store.write(CreateTenant { id, quota, grants, at_us }).await
    }

    /// Changes what a tenant may take. False where there is no such tenant.
    pub async fn set_quota(&self, id: &TenantId, quota: &Quota) -> Result<bool, DbError> {
        self.set(id, Column::Quota, Some(to_json(quota)?)).await
    }

    /// Changes what a tenant's runs may do. Runs that are taken on already keep what they had. False
    /// where there is no such tenant.
    pub async fn set_grants(&self, id: &TenantId, grants: &[Capability]) -> Result<bool, DbError> {
        self.set(id, Column::Grants, Some(to_json(grants)?)).await
    }

    /// Changes what people call a tenant. False where there is no such tenant.
    pub async fn set_label(&self, id: &TenantId, label: Option<&str>) -> Result<bool, DbError> {
        self.set(id, Column::Label, label.map(str::to_owned)).await
    }

    async fn set(
        &self,
        id: &TenantId,
        column: Column,
        to: Option<String>,
    ) -> Result<bool, DbError> {
        self.store.write(SetColumn { id: id.clone(), column, to }).await
    }

    /// A tenant.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<TenantRow>, DbError> {
        tenant_row(&mut self.store.reader().await?, id).await
    }

    /// What is wrong with the database itself, in its own words. Goes through all of an SQLite file;
    /// PostgreSQL answers for its files itself. Records have their own check, [`crate::Tenant::verify`].
    pub async fn integrity_check(&self) -> Result<Vec<String>, DbError> {
        self.store.reader().await?.flaws_of_file().await
    }

    /// All tenants, by their names.
    pub async fn tenants(&self) -> Result<Vec<TenantRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(format!("{ROW} ORDER BY id")), Vec::new()).await?;
        rows.iter().map(TenantRow::of_row).collect()
    }
}

struct CreateTenant {
    id: TenantId,
    quota: String,
    grants: String,
    at_us: u64,
}

impl Work for CreateTenant {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = "INSERT INTO tenants (id, quota, grants, created_at_us) VALUES ($1, $2, $3, $4) \
            ON CONFLICT DO NOTHING";
        let (quota, grants) = (self.quota.as_str(), self.grants.as_str());
        let args = args![self.id.as_str(), quota, grants, self.at_us];
        Ok(tx.run(sql, args).await? == 1)
    }
}

/// What of a tenant can be changed.
#[derive(Clone, Copy)]
enum Column {
    Quota,
    Grants,
    Label,
}

struct SetColumn {
    id: TenantId,
    column: Column,
    to: Option<String>,
}

impl Work for SetColumn {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        let sql = match self.column {
            Column::Quota => {
                tx.allowances.remove(self.id.as_str());
                "UPDATE tenants SET quota = $2 WHERE id = $1"
            }
            Column::Grants => "UPDATE tenants SET grants = $2 WHERE id = $1",
            Column::Label => "UPDATE tenants SET label = $2 WHERE id = $1",
        };
        Ok(tx.run(sql, args![self.id.as_str(), self.to.as_deref()]).await? == 1)
    }
}
