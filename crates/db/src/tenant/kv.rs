//! A tenant's keys and values, as people read them.

use serde_json::Value;
use sluice_model::TenantId;

use super::{MOST_ROWS, Tenant};
use crate::DbError;
use crate::engine::{Conn, Row, args, composed};

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct KvEntry {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// When it is gone, in microseconds since the Unix epoch.
    pub expires_at_us: Option<u64>,
}

/// A part of a space's keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KvPage {
    /// The keys, in order.
    pub entries: Vec<KvEntry>,
    /// Whether more of them follow.
    pub has_more: bool,
}

/// Which keys are listed.
pub(crate) struct KvList<'a> {
    pub(crate) space: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) after: Option<&'a str>,
    /// At most so many keys.
    pub(crate) limit: u32,
    /// At most so many bytes of keys and values; one key is told all the same.
    pub(crate) most_bytes: u64,
}

/// Bytes of keys and values that people are listed at once.
const LISTED_BYTES: u64 = 4 << 20;

/// Rows that are read at once: nobody knows how long their values are.
const AT_ONCE: u32 = 64;

impl KvEntry {
    fn of_row(row: &Row) -> Result<KvEntry, DbError> {
        Ok(KvEntry {
            key: row.text(0)?.to_owned(),
            value: row.json(1)?,
            expires_at_us: row.count_or_null(2)?,
        })
    }
}

impl Tenant {
    /// A key of a space, unless its time is over.
    pub async fn kv_get(
        &self,
        space: &str,
        key: &str,
        now_us: u64,
    ) -> Result<Option<KvEntry>, DbError> {
        let conn = &mut self.store.reader().await?;
        kv_get(conn, &self.id, space, key, now_us).await
    }

    /// The keys of a space that begin so, in order, after that key, at most so many; fewer where they and
    /// their values hold much.
    pub async fn kv_list(
        &self,
        space: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now_us: u64,
    ) -> Result<KvPage, DbError> {
        let conn = &mut self.store.reader().await?;
        let limit = limit.min(MOST_ROWS);
        let wanted = KvList { space, prefix, after, limit, most_bytes: LISTED_BYTES };
        kv_list(conn, &self.id, &wanted, now_us).await
    }

    /// The spaces that hold keys, in order, after that one, at most so many. They are found by skipping
    /// from one to the next in the index; a key whose time is over holds its space until somebody comes
    /// upon it.
    pub async fn kv_spaces(&self, after: Option<&str>, limit: u32) -> Result<Vec<String>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "WITH RECURSIVE found (space) AS ( \
            SELECT MIN(space) FROM kv WHERE tenant = $1 AND space > $2 \
            UNION ALL \
            SELECT (SELECT MIN(kv.space) FROM kv WHERE kv.tenant = $1 AND kv.space > found.space) \
            FROM found WHERE found.space IS NOT NULL) \
            SELECT space FROM found WHERE space IS NOT NULL LIMIT $3";
        let args = args![self.id.as_str(), after.unwrap_or_default(), limit.min(MOST_ROWS)];
        let rows = conn.rows(sql, args).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }
}

pub(crate) async fn kv_get(
    conn: &mut Conn,
    tenant: &TenantId,
    space: &str,
    key: &str,
    now_us: u64,
) -> Result<Option<KvEntry>, DbError> {
    let sql = "SELECT key, value, expires_at_us FROM kv WHERE tenant = $1 AND space = $2 \
        AND key = $3 AND (expires_at_us IS NULL OR expires_at_us > $4)";
    let row = conn.row(sql, args![tenant.as_str(), space, key, now_us]).await?;
    row.as_ref().map(KvEntry::of_row).transpose()
}

pub(crate) async fn kv_list(
    conn: &mut Conn,
    tenant: &TenantId,
    wanted: &KvList<'_>,
    now_us: u64,
) -> Result<KvPage, DbError> {
    let end = end_of(wanted.prefix);
    let and_end = if end.is_some() { " AND key < $7" } else { "" };
    let sql = format!(
        "SELECT key, value, expires_at_us FROM kv WHERE tenant = $1 AND space = $2 \
         AND key >= $3 AND key > $4 AND (expires_at_us IS NULL OR expires_at_us > $5){and_end} \
         ORDER BY key LIMIT $6"
    );
    let mut page = KvPage::default();
    let mut bytes = 0;
    // One more than is told, to know whether there is one.
    let mut left = wanted.limit + 1;
    loop {
        let last = page.entries.last().map(|entry| entry.key.as_str());
        let after = last.or(wanted.after).unwrap_or_default();
        let at_once = left.min(AT_ONCE);
        let mut args = args![tenant.as_str(), wanted.space, wanted.prefix, after, now_us, at_once];
        args.extend(end.as_deref().map(Into::into));
        let rows = conn.rows(composed(sql.clone()), args).await?;
        for row in &rows {
            bytes += (row.text(0)?.len() + row.text(1)?.len()) as u64;
            let is_full = page.entries.len() == wanted.limit as usize;
            if is_full || (bytes > wanted.most_bytes && !page.entries.is_empty()) {
                return Ok(KvPage { has_more: true, ..page });
            }
            page.entries.push(KvEntry::of_row(row)?);
            left -= 1;
        }
        if rows.len() < at_once as usize {
            return Ok(page);
        }
    }
}

/// The first text after all that begin so; none where there is no such text. Texts are in the order
/// of their characters' numbers, as they are in both databases.
pub(super) fn end_of(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        let next = (last..=char::MAX).nth(1);
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_text() {
        assert_eq!(end_of("a").as_deref(), Some("b"));
        assert_eq!(end_of("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(end_of("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(end_of(""), None);
        assert_eq!(end_of("\u{10FFFF}"), None);
    }
}
