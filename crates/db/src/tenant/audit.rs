//! A tenant's audit: who did what at the edge. Entries are added and never changed.

use serde_json::Value;
use sluice_model::{AuditId, TenantId};

use super::{MOST_ROWS, Tenant};
use crate::DbError;
use crate::engine::{Row, args, composed};
use crate::record::to_json;
use crate::writer::{Tx, Work};

/// What is to be noted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// The entry's id, which nobody has.
    pub id: AuditId,
    /// When it was done, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// Who did it.
    pub actor: String,
    /// What was done, as a word.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else is to be known.
    pub detail: Value,
}

/// What was noted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// The entry's id.
    pub id: AuditId,
    /// When it was done, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// Who did it.
    pub actor: String,
    /// What was done, as a word.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else is to be known.
    pub detail: Value,
}

/// Which entries are listed. Without anything: the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only those before this one in the list. Before what is no entry of the tenant there is nothing.
    pub before: Option<AuditId>,
    /// At most so many; 100 where it is absent, and at most 1,000.
    pub limit: Option<u32>,
}

impl AuditRow {
    fn of_row(row: &Row) -> Result<AuditRow, DbError> {
        Ok(AuditRow {
            id: row.parse(0)?,
            at_us: row.count(1)?,
            actor: row.text(2)?.to_owned(),
            action: row.text(3)?.to_owned(),
            subject: row.text(4)?.to_owned(),
            detail: row.json(5)?,
        })
    }
}

impl Tenant {
    /// Notes what was done. When this returns, it is in the store.
    pub async fn note(&self, entry: AuditEntry) -> Result<(), DbError> {
        self.store.write(Note { tenant: self.id.clone(), entry }).await
    }

    /// What was done, newest first.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditRow>, DbError> {
        let limit = filter.limit.unwrap_or(100).min(MOST_ROWS);
        let mut args = args![self.id.as_str(), limit];
        let mut earlier = "";
        if let Some(before) = &filter.before {
            args.push(before.as_str().into());
            earlier = " AND seq < (SELECT seq FROM audit WHERE id = $3 AND tenant = $1)";
        }
        let sql = format!(
            "SELECT id, at_us, actor, action, subject, detail FROM audit \
             WHERE tenant = $1{earlier} ORDER BY seq DESC LIMIT $2"
        );
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(sql), args).await?;
        rows.iter().map(AuditRow::of_row).collect()
    }
}

struct Note {
    tenant: TenantId,
    entry: AuditEntry,
}

impl Work for Note {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        note(tx, &self.tenant, &self.entry).await
    }
}

/// About what an entry takes beside its texts.
const ROW_BYTES: usize = 100;

/// Notes what was done, within a transaction that does it.
pub(crate) async fn note(
    tx: &mut Tx,
    tenant: &TenantId,
    entry: &AuditEntry,
) -> Result<(), DbError> {
    let AuditEntry { id, at_us, actor, action, subject, detail } = entry;
    let detail = to_json(detail)?;
    let sql = "INSERT INTO audit (id, tenant, at_us, actor, action, subject, detail) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let bytes = actor.len() + action.len() + subject.len() + detail.len() + ROW_BYTES;
    let args = args![
        id.as_str(),
        tenant.as_str(),
        *at_us,
        actor.as_str(),
        action.as_str(),
        subject.as_str(),
        detail
    ];
    tx.run(sql, args).await?;
    tx.tally.store(tenant.as_str(), bytes as u64);
    Ok(())
}
