//! The bytes that a tenant's runs kept.

use std::sync::Arc;

use sluice_model::{CallId, Event, EventBody, RunId};

use super::{MOST_ROWS, Tenant};
use crate::DbError;
use crate::engine::{Row, args, composed};
use crate::record::blobs;

/// Bytes that a run kept under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRow {
    /// The name, within the run.
    pub name: String,
    /// What the bytes are, as the flow said it: text that nobody trusts.
    pub media_type: String,
    /// How many there are.
    pub size_bytes: u64,
    /// SHA-256 of them, in hex.
    pub digest: String,
    /// The call that wrote them.
    pub call: CallId,
    /// When, in microseconds since the Unix epoch.
    pub at_us: u64,
}

const ROW: &str = "a.name, a.media_type, a.size_bytes, a.digest, a.call, a.at_us \
    FROM artifacts a JOIN runs r ON r.id = a.run_id WHERE a.run_id = $1 AND r.tenant = $2";

impl ArtifactRow {
    fn of_row(row: &Row) -> Result<ArtifactRow, DbError> {
        Ok(ArtifactRow {
            name: row.text(0)?.to_owned(),
            media_type: row.text(1)?.to_owned(),
            size_bytes: row.count(2)?,
            digest: row.text(3)?.to_owned(),
            call: CallId(row.count(4)?),
            at_us: row.count(5)?,
        })
    }
}

impl Tenant {
    /// What a run kept, by name.
    pub async fn artifacts(&self, run: &RunId) -> Result<Vec<ArtifactRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {ROW} ORDER BY a.name");
        let rows = conn.rows(composed(sql), args![run.as_str(), self.id.as_str()]).await?;
        rows.iter().map(ArtifactRow::of_row).collect()
    }

    /// What a run kept under a name, with the bytes.
    pub async fn artifact(
        &self,
        run: &RunId,
        name: &str,
    ) -> Result<Option<(ArtifactRow, Arc<[u8]>)>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {ROW} AND a.name = $3");
        let args = args![run.as_str(), self.id.as_str(), name];
        let Some(row) = conn.row(composed(sql), args).await? else { return Ok(None) };
        let artifact = ArtifactRow::of_row(&row)?;
        let digest = &artifact.digest;
        let bytes = blobs(conn, self.id.as_str(), vec![digest.clone()]).await?.remove(digest);
        let missing = || DbError::corrupt(format!("the bytes {digest} are missing"));
        let bytes = bytes.ok_or_else(missing)?;
        Ok(Some((artifact, bytes)))
    }

    /// Bytes beside an event of a run; none where no event of it names them.
    pub async fn payload(&self, run: &RunId, digest: &str) -> Result<Option<Arc<[u8]>>, DbError> {
        let names = |event: &Event| {
            match &event.body {
                EventBody::CallStarted { call } => call.attachment.as_ref().map(|it| &it.digest),
                EventBody::CallEnded { answer: Some(answer), .. } => {
                    answer.attachment.as_ref().map(|it| &it.digest)
                }
                _ => None,
            }
            .is_some_and(|named| named == digest)
        };
        let mut after = 0;
        loop {
            // A part at a time: a record may be larger than what should be in memory at once.
            let part = self.some_events(run, after, MOST_ROWS, None).await?;
            if part.items.iter().any(names) {
                break;
            }
            match part.items.last() {
                Some(last) if part.has_more => after = last.seq,
                _ => return Ok(None),
            }
        }
        let conn = &mut self.store.reader().await?;
        Ok(blobs(conn, self.id.as_str(), vec![digest.to_owned()]).await?.remove(digest))
    }
}
