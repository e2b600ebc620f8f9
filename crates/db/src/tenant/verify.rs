//! Whether a record is still what was written: its chain of hashes, the bytes that it names, and the
//! row that says where it ends.

use std::fmt;
use std::sync::Arc;

use sluice_model::{EventBody, RunId};

use super::Tenant;
use crate::DbError;
use crate::engine::{Conn, Row, args, composed};
use crate::record::{self, COLUMNS, Tip, attachment_of, blobs, from_json, named, sha256};

/// What a check of a record found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The events that were checked and are as they were written.
    pub events: u64,
    /// What is wrong first.
    pub first_bad: Option<Flaw>,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// There is no such run.
    NoRun,
    /// An event is not there.
    Missing {
        /// Its number.
        seq: u64,
    },
    /// An event, or one before it, is not what was written.
    Changed {
        /// Its number.
        seq: u64,
    },
    /// Bytes that an event names are not there.
    NoBytes {
        /// The event's number.
        seq: u64,
        /// SHA-256 of the bytes, in hex.
        digest: String,
    },
    /// Bytes that an event names are not what was written.
    BytesChanged {
        /// The event's number.
        seq: u64,
        /// What their SHA-256 should be, in hex.
        digest: String,
    },
    /// The events are as they were written, and the row of the run says something else.
    Row {
        /// What.
        what: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::NoRun => write!(f, "there is no such run"),
            Flaw::Missing { seq } => write!(f, "event {seq} is missing"),
            Flaw::Changed { seq } => write!(f, "event {seq} is not what was written"),
            Flaw::NoBytes { seq, digest } => {
                write!(f, "the bytes {digest} that event {seq} names are missing")
            }
            Flaw::BytesChanged { seq, digest } => {
                write!(f, "the bytes {digest} that event {seq} names are not what was written")
            }
            Flaw::Row { what } => write!(f, "the row of the run does not agree: {what}"),
        }
    }
}

/// Events that are read at once.
const PAGE: u32 = 500;

impl Tenant {
    /// Checks the record of a run.
    pub async fn verify(&self, run: &RunId) -> Result<Verified, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql =
            "SELECT seq, hash, state, outcome, imported FROM runs WHERE id = $1 AND tenant = $2";
        let key: Arc<str> = run.as_str().into();
        let row = conn.row(sql, args![Arc::clone(&key), self.id.as_str()]).await?;
        let Some(row) = row else {
            return Ok(Verified { events: 0, first_bad: Some(Flaw::NoRun) });
        };
        let mut check = Check { tenant: self.id.as_str(), tip: Tip::START, outcome: None };
        let first_bad = check.run(conn, &key, &row).await?;
        Ok(Verified { events: check.tip.seq, first_bad })
    }
}

struct Check<'t> {
    tenant: &'t str,
    /// The last event that is as it was written.
    tip: Tip,
    outcome: Option<&'static str>,
}

impl Check<'_> {
    async fn run(
        &mut self,
        conn: &mut Conn,
        key: &Arc<str>,
        run: &Row,
    ) -> Result<Option<Flaw>, DbError> {
        let last = run.count(0)?;
        let sql = format!(
            "SELECT {COLUMNS}, hash FROM events WHERE run_id = $1 AND seq > $2 AND seq <= $3 \
             ORDER BY seq LIMIT $4"
        );
        while self.tip.seq < last {
            let args = args![Arc::clone(key), self.tip.seq, last, PAGE];
            let rows = conn.rows(composed(sql.clone()), args).await?;
            if rows.is_empty() {
                return Ok(Some(Flaw::Missing { seq: self.tip.seq + 1 }));
            }
            for row in &rows {
                if let Some(flaw) = self.event(conn, row).await? {
                    return Ok(Some(flaw));
                }
            }
        }
        self.row(run)
    }

    async fn event(&mut self, conn: &mut Conn, row: &Row) -> Result<Option<Flaw>, DbError> {
        let seq = self.tip.seq + 1;
        if row.int(0)? != crate::engine::int(seq) {
            return Ok(Some(Flaw::Missing { seq }));
        }
        let changed = Ok(Some(Flaw::Changed { seq }));
        let (Ok(at_us), Ok(observed), Ok(body), Ok(written)) =
            (row.count(1), row.text_or_null(2), row.text(3), row.hash(4))
        else {
            return changed;
        };
        let hash = record::hash(&self.tip.hash, seq, at_us, observed, body);
        if hash != written {
            return changed;
        }
        let text = match named(body) {
            None => None,
            Some(digest) => match bytes(conn, self.tenant, seq, digest).await? {
                Ok(bytes) => Some(bytes),
                Err(flaw) => return Ok(Some(flaw)),
            },
        };
        let text = match &text {
            None => Ok(body),
            Some(bytes) => std::str::from_utf8(bytes),
        };
        let Ok(Ok(body)) = text.map(from_json::<EventBody>) else { return changed };
        if let Some(attachment) = attachment_of(&body)
            && let Err(flaw) = bytes(conn, self.tenant, seq, &attachment.digest).await?
        {
            return Ok(Some(flaw));
        }
        self.outcome = match &body {
            EventBody::RunEnded { outcome, .. } => Some(outcome.as_str()),
            _ => None,
        };
        self.tip = Tip { seq, hash };
        Ok(None)
    }

    fn row(&self, run: &Row) -> Result<Option<Flaw>, DbError> {
        let (hash, state, outcome) = (run.hash(1)?, run.text(2)?, run.text_or_null(3)?);
        let is_imported = run.int(4)? != 0;
        let what = if hash != self.tip.hash {
            "the hash of the last event".to_owned()
        } else if outcome != self.outcome {
            format!(
                "the outcome is {} and the record's is {}",
                outcome.unwrap_or("none"),
                self.outcome.unwrap_or("none")
            )
        } else if (state == "ended") != self.outcome.is_some() && !is_imported {
            format!("the state is {state}")
        } else {
            return Ok(None);
        };
        Ok(Some(Flaw::Row { what }))
    }
}

async fn bytes(
    conn: &mut Conn,
    tenant: &str,
    seq: u64,
    digest: &str,
) -> Result<Result<Arc<[u8]>, Flaw>, DbError> {
    let digest = digest.to_owned();
    Ok(match blobs(conn, tenant, vec![digest.clone()]).await?.remove(&digest) {
        None => Err(Flaw::NoBytes { seq, digest }),
        Some(bytes) if sha256(&bytes) != digest => Err(Flaw::BytesChanged { seq, digest }),
        Some(bytes) => Ok(bytes),
    })
}
