//! A tenant's keys and values, as people read them.

use serde_json::Value;
use sluice_model::TenantId;

use super::{Large, MOST_BYTES, MOST_ROWS, Part, Tenant};
use crate::DbError;
use crate::engine::{Conn, Row, args};

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

    /// The keys of a space that begin so, in order, after that key, at most so many, and as many as fit
    /// into one answer.
    pub async fn kv_list(
        &self,
        space: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now_us: u64,
    ) -> Result<Part<KvEntry>, DbError> {
        let conn = &mut self.store.reader().await?;
        let wanted = KvList { space, prefix, after, limit, most_bytes: MOST_BYTES };
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
) -> Result<Part<KvEntry>, DbError> {
    let KvList { space, prefix, after, limit, most_bytes } = *wanted;
    let mut args = args![tenant.as_str(), space, prefix, after.unwrap_or_default(), now_us];
    let end = match end_of(prefix) {
        Some(end) => {
            args.push(end.into());
            " AND key < $6"
        }
        None => "",
    };
    let rest = format!(
        "FROM kv WHERE tenant = $1 AND space = $2 AND key >= $3 AND key > $4 \
         AND (expires_at_us IS NULL OR expires_at_us > $5){end} ORDER BY key"
    );
    let large = Large { size: "OCTET_LENGTH(key) + OCTET_LENGTH(value)", rest, args, most_bytes };
    large.part(conn, "key, value, expires_at_us", limit, KvEntry::of_row).await
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
