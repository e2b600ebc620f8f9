//! A tenant's flows: names for sources, each with all its versions.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use sluice_model::Failure;

use super::kv::end_of;
use super::kv_change::too_large;
use super::{Large, MOST_BYTES, MOST_ROWS, Part, Tenant};
use crate::engine::{Arg, Row, args, composed};
use crate::queue::no_room;
use crate::record::{sha256, to_json, write_source};
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError};

/// One version of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowVersion {
    /// The flow's name.
    pub name: String,
    /// Which version, from 1.
    pub version: u64,
    /// SHA-256 of the source, in hex.
    pub source_digest: String,
    /// What the source holds, as it was saved.
    pub description: Value,
    /// When it was saved, in microseconds since the Unix epoch.
    pub created_at_us: u64,
}

/// Which flows are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowFilter {
    /// Only names that begin so.
    pub prefix: String,
    /// Only flows that have this in their name or their summary, whatever its case.
    pub text: Option<String>,
    /// Only names after this one.
    pub after: Option<String>,
    /// At most so many; 100 where it is absent, and at most 1,000.
    pub limit: Option<u32>,
}

/// The longest text that flows are found by, in bytes.
const MOST_TEXT: usize = 1_000;

const ROW: &str = "v.name, v.version, v.source_digest, v.description, v.created_at_us";

/// What is large in a row.
const SIZE: &str = "OCTET_LENGTH(v.description)";

const CURRENT: &str = "FROM flows f JOIN flow_versions v \
    ON v.tenant = f.tenant AND v.name = f.name AND v.version = f.current";

impl FlowVersion {
    fn of_row(row: &Row) -> Result<FlowVersion, DbError> {
        Ok(FlowVersion {
            name: row.text(0)?.to_owned(),
            version: row.count(1)?,
            source_digest: row.text(2)?.to_owned(),
            description: row.json(3)?,
            created_at_us: row.count(4)?,
        })
    }
}

impl Tenant {
    /// Saves a source under a flow's name, as its current version. A source that is the current one
    /// already makes no new version. Refused where the tenant has stored all that it may.
    pub async fn save_flow(
        &self,
        name: &str,
        source: &Arc<str>,
        description: &Value,
        at_us: u64,
    ) -> Result<FlowVersion, KeepError> {
        let saved = self.replace_flow(name, source, description, |_| true, at_us).await?;
        saved.ok_or_else(|| DbError::corrupt("a flow that was saved is not there").into())
    }

    /// The same where the number of the current version, if there is one, is as it should be; none where
    /// it is not: nothing is saved then.
    pub async fn replace_flow(
        &self,
        name: &str,
        source: &Arc<str>,
        description: &Value,
        is_expected: impl Fn(Option<u64>) -> bool + Send + Sync + 'static,
        at_us: u64,
    ) -> Result<Option<FlowVersion>, KeepError> {
        let described = to_json(description)?;
        if let Some(refused) = too_large("the description of the flow", described.len()) {
            return Err(KeepError::Refused(refused));
        }
        let save = SaveFlow {
            tenant: self.id.as_str().into(),
            name: name.into(),
            source: Arc::clone(source),
            digest: sha256(source.as_bytes()),
            description: described,
            words: words(name, description),
            is_expected: Box::new(is_expected),
            at_us,
        };
        self.store.write(save).await?.map_err(KeepError::Refused)
    }

    /// The current version of a flow.
    pub async fn flow(&self, name: &str) -> Result<Option<FlowVersion>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {ROW} {CURRENT} WHERE f.tenant = $1 AND f.name = $2");
        let row = conn.row(composed(sql), args![self.id.as_str(), name]).await?;
        row.as_ref().map(FlowVersion::of_row).transpose()
    }

    /// The current versions of flows, by their names.
    pub async fn flows(&self, filter: &FlowFilter) -> Result<Vec<FlowVersion>, DbError> {
        let Some((rest, mut args)) = self.flows_of(filter) else { return Ok(Vec::new()) };
        args.push(filter.limit.unwrap_or(100).min(MOST_ROWS).into());
        let sql = format!("SELECT {ROW} {rest} LIMIT ${}", args.len());
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(sql), args).await?;
        rows.iter().map(FlowVersion::of_row).collect()
    }

    /// The same, as many as fit into one answer.
    pub async fn some_flows(&self, filter: &FlowFilter) -> Result<Part<FlowVersion>, DbError> {
        let Some((rest, args)) = self.flows_of(filter) else {
            return Ok(Part { items: Vec::new(), has_more: false });
        };
        let conn = &mut self.store.reader().await?;
        let limit = filter.limit.unwrap_or(100);
        Large { size: SIZE, rest, args, most_bytes: MOST_BYTES }
            .part(conn, ROW, limit, FlowVersion::of_row)
            .await
    }

    /// What follows the columns in a query for these flows; none where there are none for sure.
    fn flows_of(&self, filter: &FlowFilter) -> Option<(String, Vec<Arg>)> {
        // Every name comes after the empty one.
        let after = filter.after.as_deref().unwrap_or_default();
        let mut args = args![self.id.as_str(), after, filter.prefix.as_str()];
        let mut more = String::new();
        if let Some(end) = end_of(&filter.prefix) {
            args.push(end.into());
            // Writing to a string does not fail.
            let _ = write!(more, " AND f.name < ${}", args.len());
        }
        if let Some(text) = &filter.text {
            // No name or summary has a zero byte, and the databases bear neither it nor any length.
            if text.contains('\0') || text.len() > MOST_TEXT {
                return None;
            }
            args.push(containing(text).into());
            // As above.
            let _ = write!(more, " AND v.words LIKE ${} ESCAPE '!'", args.len());
        }
        let rest = format!(
            "{CURRENT} WHERE f.tenant = $1 AND f.name > $2 AND f.name >= $3{more} ORDER BY f.name"
        );
        Some((rest, args))
    }

    /// One version of a flow.
    pub async fn flow_version(
        &self,
        name: &str,
        version: u64,
    ) -> Result<Option<FlowVersion>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!(
            "SELECT {ROW} FROM flow_versions v \
             WHERE v.tenant = $1 AND v.name = $2 AND v.version = $3"
        );
        let row = conn.row(composed(sql), args![self.id.as_str(), name, version]).await?;
        row.as_ref().map(FlowVersion::of_row).transpose()
    }

    /// The versions of a flow, newest first.
    pub async fn flow_versions(&self, name: &str) -> Result<Vec<FlowVersion>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!(
            "SELECT {ROW} FROM flow_versions v WHERE v.tenant = $1 AND v.name = $2 \
             ORDER BY v.version DESC LIMIT $3"
        );
        let rows = conn.rows(composed(sql), args![self.id.as_str(), name, MOST_ROWS]).await?;
        rows.iter().map(FlowVersion::of_row).collect()
    }

    /// The same before that version, at most so many, and as many as fit into one answer.
    pub async fn some_flow_versions(
        &self,
        name: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Part<FlowVersion>, DbError> {
        let rest = "FROM flow_versions v WHERE v.tenant = $1 AND v.name = $2 AND v.version < $3 \
            ORDER BY v.version DESC";
        let args = args![self.id.as_str(), name, before.unwrap_or(u64::MAX)];
        let conn = &mut self.store.reader().await?;
        let large = Large { size: SIZE, rest: rest.to_owned(), args, most_bytes: MOST_BYTES };
        large.part(conn, ROW, limit, FlowVersion::of_row).await
    }

    /// The source of a digest, as far as a run or a flow version of the tenant was ever pinned to it.
    pub async fn source(&self, digest: &str) -> Result<Option<Arc<str>>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT s.source FROM tenant_sources t JOIN sources s ON s.digest = t.digest \
            WHERE t.tenant = $1 AND t.digest = $2";
        let row = conn.row(sql, args![self.id.as_str(), digest]).await?;
        row.map(|row| row.text(0).map(Into::into)).transpose()
    }
}

/// What a flow is found by: its name and its summary, in small letters.
pub(crate) fn words(name: &str, description: &Value) -> String {
    let summary = description.get("summary").and_then(Value::as_str).unwrap_or_default();
    format!("{name}\n{summary}").to_lowercase().replace('\0', " ")
}

/// The pattern of `LIKE` for texts with this in them.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

struct SaveFlow {
    tenant: Arc<str>,
    name: Arc<str>,
    source: Arc<str>,
    digest: String,
    description: String,
    words: String,
    is_expected: Box<dyn Fn(Option<u64>) -> bool + Send + Sync>,
    at_us: u64,
}

impl Work for SaveFlow {
    type Output = Result<Option<FlowVersion>, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        if let Some(refused) = no_room(tx, &self.tenant).await? {
            return Ok(Err(refused));
        }
        self.save(tx).await.map(Ok)
    }
}

impl SaveFlow {
    async fn save(&self, tx: &mut Tx) -> Result<Option<FlowVersion>, DbError> {
        let key = || args![Arc::clone(&self.tenant), Arc::clone(&self.name)];
        let sql =
            format!("SELECT current FROM flows WHERE tenant = $1 AND name = $2{}", tx.for_update());
        let held = tx.row(composed(sql), key()).await?;
        if !(self.is_expected)(held.map(|row| row.count(0)).transpose()?) {
            return Ok(None);
        }
        // Holds the name until the transaction ends, whoever else saves it.
        let sql = "INSERT INTO flows (tenant, name, current) VALUES ($1, $2, 0) \
            ON CONFLICT (tenant, name) DO UPDATE SET current = flows.current";
        tx.run(sql, key()).await?;
        let sql = format!("SELECT {ROW} {CURRENT} WHERE f.tenant = $1 AND f.name = $2");
        let current = tx.row(composed(sql), key()).await?;
        let current = current.as_ref().map(FlowVersion::of_row).transpose()?;
        // Another process may have saved the first version in the meantime.
        if !(self.is_expected)(current.as_ref().map(|current| current.version)) {
            return Ok(None);
        }
        let last = match current {
            Some(current) if current.source_digest == self.digest => return Ok(Some(current)),
            Some(current) => current.version,
            None => 0,
        };
        write_source(tx, &self.tenant, &self.digest, &self.source).await?;
        let sql = "INSERT INTO flow_versions \
            (tenant, name, version, source_digest, description, created_at_us, words) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (description, words) = (self.description.as_str(), self.words.as_str());
        let mut args = key();
        args.extend(args![last + 1, self.digest.as_str(), description, self.at_us, words]);
        tx.tally.store(&self.tenant, description.len() as u64);
        tx.run(sql, args).await?;
        let sql = "UPDATE flows SET current = $3 WHERE tenant = $1 AND name = $2";
        let mut args = key();
        args.extend(args![last + 1]);
        tx.run(sql, args).await?;
        Ok(Some(FlowVersion {
            name: self.name.to_string(),
            version: last + 1,
            source_digest: self.digest.clone(),
            description: crate::record::from_json(&self.description)?,
            created_at_us: self.at_us,
        }))
    }
}
