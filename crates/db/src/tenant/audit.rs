//! A tenant's audit: who did what at the edge. Entries are added and never changed.

use serde_json::Value;
use sluice_model::TenantId;

use super::{MOST_ROWS, Tenant};
use crate::DbError;
use crate::engine::{Row, args};
use crate::record::to_json;
use crate::writer::{Tx, Work};

/// What is to be noted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
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
    /// The entry's id; of two entries of a store, the later one has the greater.
    pub id: String,
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
    /// Only those before this one in the list. Before what is no entry's id there is nothing.
    pub before: Option<String>,
    /// At most so many; 100 where it is absent, and at most 1,000.
    pub limit: Option<u32>,
}

const PREFIX: &str = "aud_";

impl AuditRow {
    fn of_row(row: &Row) -> Result<AuditRow, DbError> {
        Ok(AuditRow {
            // As many digits as the greatest number has, so that ids sort by their age.
            id: format!("{PREFIX}{:019}", row.count(0)?),
            at_us: row.count(1)?,
            actor: row.text(2)?.to_owned(),
            action: row.text(3)?.to_owned(),
            subject: row.text(4)?.to_owned(),
            detail: row.json(5)?,
        })
    }
}

/// The number of an id.
fn seq_of(id: &str) -> Option<u64> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

impl Tenant {
    /// Notes what was done. When this returns, it is in the store.
    pub async fn note(&self, entry: AuditEntry) -> Result<(), DbError> {
        let detail = to_json(&entry.detail)?;
        self.store.write(Note { tenant: self.id.clone(), detail, entry }).await
    }

    /// What was done, newest first.
    pub async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditRow>, DbError> {
        let before = match &filter.before {
            None => u64::MAX,
            Some(id) => seq_of(id).unwrap_or(0),
        };
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT seq, at_us, actor, action, subject, detail FROM audit \
            WHERE tenant = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        let limit = filter.limit.unwrap_or(100).min(MOST_ROWS);
        let rows = conn.rows(sql, args![self.id.as_str(), before, limit]).await?;
        rows.iter().map(AuditRow::of_row).collect()
    }
}

struct Note {
    tenant: TenantId,
    detail: String,
    entry: AuditEntry,
}

impl Work for Note {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let AuditEntry { at_us, actor, action, subject, .. } = &self.entry;
        let sql = "INSERT INTO audit (tenant, at_us, actor, action, subject, detail) \
            VALUES ($1, $2, $3, $4, $5, $6)";
        let detail = self.detail.as_str();
        let args = args![
            self.tenant.as_str(),
            *at_us,
            actor.as_str(),
            action.as_str(),
            subject.as_str(),
            detail
        ];
        tx.run(sql, args).await?;
        Ok(())
    }
}
