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

/// What is to change of a tenant; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// What it may take.
    pub quota: Option<Quota>,
    /// What its runs may do. Runs that were taken on keep what they had.
    pub grants: Option<Vec<Capability>>,
    /// What people call it.
    pub label: Option<String>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantChanged {
    /// It was made; the tenant as it is now.
    Done(Box<TenantRow>),
    /// The tenant was not as it should be; it is left as it is.
    Unexpected,
    /// There is no such tenant.
    Missing,
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

    pub(crate) fn store(&self) -> &Store {
        &self.store
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
        self.change(id, TenantChange { quota: Some(quota.clone()), ..TenantChange::default() })
            .await
    }

    /// Changes what a tenant's runs may do. Runs that are taken on already keep what they had. False
    /// where there is no such tenant.
    pub async fn set_grants(&self, id: &TenantId, grants: &[Capability]) -> Result<bool, DbError> {
        self.change(id, TenantChange { grants: Some(grants.to_vec()), ..TenantChange::default() })
            .await
    }

    async fn change(&self, id: &TenantId, change: TenantChange) -> Result<bool, DbError> {
        Ok(self.change_tenant(id, change, |_| true).await? != TenantChanged::Missing)
    }

    /// Changes a tenant, all of it or nothing, where it is as it should be.
    pub async fn change_tenant(
        &self,
        id: &TenantId,
        change: TenantChange,
        is_expected: impl Fn(&TenantRow) -> bool + Send + Sync + 'static,
    ) -> Result<TenantChanged, DbError> {
        let (id, is_expected) = (id.clone(), Box::new(is_expected));
        self.store.write(ChangeTenant { id, change, is_expected }).await
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

struct ChangeTenant {
    id: TenantId,
    change: TenantChange,
    is_expected: Box<dyn Fn(&TenantRow) -> bool + Send + Sync>,
}

impl Work for ChangeTenant {
    type Output = TenantChanged;

    async fn run(&self, tx: &mut Tx) -> Result<TenantChanged, DbError> {
        let sql = format!("{ROW} WHERE id = $1{}", tx.for_update());
        let Some(row) = tx.row(composed(sql), args![self.id.as_str()]).await? else {
            return Ok(TenantChanged::Missing);
        };
        let mut row = TenantRow::of_row(&row)?;
        if !(self.is_expected)(&row) {
            return Ok(TenantChanged::Unexpected);
        }
        let TenantChange { quota, grants, label } = &self.change;
        tx.allowances.remove(self.id.as_str());
        let sql = "UPDATE tenants SET quota = COALESCE($2, quota), \
            grants = COALESCE($3, grants), label = COALESCE($4, label) WHERE id = $1";
        let new_quota = quota.as_ref().map(to_json).transpose()?;
        let new_grants = grants.as_ref().map(to_json).transpose()?;
        tx.run(sql, args![self.id.as_str(), new_quota, new_grants, label.clone()]).await?;
        row.quota = quota.clone().unwrap_or(row.quota);
        row.grants = grants.clone().unwrap_or(row.grants);
        row.label = label.clone().or(row.label);
        Ok(TenantChanged::Done(Box::new(row)))
    }
}
