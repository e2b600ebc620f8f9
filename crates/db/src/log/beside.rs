//! What a leased run writes beside its events: children, questions, artifacts.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{Answer, AskId, Attachment, CallId, Question, RunId};

use super::{Lease, RunWriter};
use crate::engine::args;
use crate::record::{blobs, to_json, write_blob};
use crate::tenant::{NewRun, Submit};
use crate::writer::{Tx, Work};
use crate::{ChildError, DbError, WriteError, wake};

/// Holds the fence for the rest of the transaction, and notes that the run leaves something to be
/// cleared away. False where the lease is void.
pub(super) async fn hold(tx: &mut Tx, lease: &Lease) -> Result<bool, DbError> {
    let sql = "UPDATE runs SET leaves = 1 WHERE id = $1 AND fence = $2 AND state = 'running'";
    Ok(tx.run(sql, args![Arc::clone(&lease.key), lease.fence]).await? == 1)
}

impl RunWriter {
    /// Takes a child run on, or finds the one that this call made before.
    pub async fn create_child(&self, new: NewRun) -> Result<RunId, ChildError> {
        let (source_digest, submit) = Submit::new(&self.store, new)?;
        let submit = submit.held(self.lease.clone());
        let Some(submitted) = self.store.write(submit).await? else {
            return Err(ChildError::Fenced);
        };
        let submitted = submitted.map_err(ChildError::Refused)?;
        self.store.note_source(&self.lease.tenant, &source_digest);
        Ok(submitted.run)
    }

    /// Asks a child run to end that the flow gave up. Returns whether this asked: not where it has
    /// ended, or was asked before.
    pub async fn cancel_child(
        &self,
        child: &RunId,
        reason: &str,
        at_us: u64,
    ) -> Result<bool, WriteError> {
        let cancel = CancelChild {
            lease: self.lease.clone(),
            child: child.clone(),
            reason: reason.to_owned(),
            at_us,
        };
        self.store.write(cancel).await?.ok_or(WriteError::Fenced)
    }

    /// Puts a question up, or finds the one that this call put up before.
    pub async fn create_ask(
        &self,
        id: AskId,
        call: CallId,
        question: Question,
        at_us: u64,
        due_at_us: Option<u64>,
    ) -> Result<AskId, WriteError> {
        let ask = CreateAsk {
            lease: self.lease.clone(),
            id,
            call,
            text: to_json(&question)?,
            assignee: question.assignee,
            at_us,
            due_at_us,
        };
        self.store.write(ask).await?.ok_or(WriteError::Fenced)
    }

    /// Takes a question back. Where it was answered before, the answer counts, and is returned.
    pub async fn close_ask(&self, call: CallId) -> Result<Option<Value>, WriteError> {
        let close = CloseAsk { lease: self.lease.clone(), call };
        self.store.write(close).await?.ok_or(WriteError::Fenced)
    }

    /// Keeps bytes with the run under a name, in the place of what was there. Without an attachment
    /// they are none. Answers `{name, media_type, size_bytes, digest}`.
    pub async fn write_artifact(
        &self,
        call: CallId,
        name: String,
        media_type: String,
        attachment: Option<Attachment>,
        at_us: u64,
    ) -> Result<Answer, WriteError> {
        let bytes = attachment.map_or_else(|| Arc::from([]), |attachment| attachment.bytes);
        let digest = crate::record::sha256(&bytes);
        let answer = described(&name, &media_type, bytes.len() as u64, &digest);
        let write = WriteArtifact {
            lease: self.lease.clone(),
            call,
            name,
            media_type,
            bytes,
            digest,
            at_us,
        };
        self.store.write(write).await?.ok_or(WriteError::Fenced)?;
        Ok(answer)
    }

    /// What the run kept under a name, with what writing it answered; none where it kept nothing.
    pub async fn read_artifact(&self, name: &str) -> Result<Option<Answer>, WriteError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT media_type, size_bytes, digest FROM artifacts \
            WHERE run_id = $1 AND name = $2";
        let Some(row) = conn.row(sql, args![Arc::clone(&self.lease.key), name]).await? else {
            return Ok(None);
        };
        let (size_bytes, digest) = (row.count(1)?, row.text(2)?.to_owned());
        let Answer { value, .. } = described(name, row.text(0)?, size_bytes, &digest);
        let bytes =
            blobs(conn, self.lease.tenant.as_str(), vec![digest.clone()]).await?.remove(&digest);
        let bytes =
            bytes.ok_or_else(|| DbError::corrupt(format!("the bytes {digest} are missing")))?;
        Ok(Some(Answer { value, attachment: Some(Attachment { digest, size_bytes, bytes }) }))
    }
}

fn described(name: &str, media_type: &str, size_bytes: u64, digest: &str) -> Answer {
    Answer::of(json!({
        "name": name,
        "media_type": media_type,
        "size_bytes": size_bytes,
        "digest": digest,
    }))
}

struct CancelChild {
    lease: Lease,
    child: RunId,
    reason: String,
    at_us: u64,
}

impl Work for CancelChild {
    type Output = Option<bool>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<bool>, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        let Lease { tenant, .. } = &self.lease;
        let (child, reason) = (self.child.as_str(), &self.reason);
        wake::cancel(tx, tenant.as_str(), child, reason, self.at_us).await.map(Some)
    }
}

struct CreateAsk {
    lease: Lease,
    id: AskId,
    call: CallId,
    text: String,
    assignee: Option<String>,
    at_us: u64,
    due_at_us: Option<u64>,
}

impl Work for CreateAsk {
    type Output = Option<AskId>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<AskId>, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        let sql = "INSERT INTO asks (id, tenant, run_id, call, question, assignee, state, \
            created_at_us, due_at_us) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8) \
            ON CONFLICT (run_id, call) DO NOTHING";
        let args = args![
            self.id.as_str(),
            self.lease.tenant.as_str(),
            Arc::clone(&self.lease.key),
            self.call.0,
            self.text.as_str(),
            self.assignee.as_deref(),
            self.at_us,
            self.due_at_us,
        ];
        if tx.run(sql, args).await? == 1 {
            return Ok(Some(self.id.clone()));
        }
        let sql = "SELECT id FROM asks WHERE run_id = $1 AND call = $2";
        let row = tx.row(sql, args![Arc::clone(&self.lease.key), self.call.0]).await?;
        row.map(|row| row.parse(0)).transpose()
    }
}

struct CloseAsk {
    lease: Lease,
    call: CallId,
}

impl Work for CloseAsk {
    type Output = Option<Option<Value>>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Option<Value>>, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        let key = &self.lease.key;
        let sql = "UPDATE asks SET state = 'closed' \
            WHERE run_id = $1 AND call = $2 AND state = 'open'";
        if tx.run(sql, args![Arc::clone(key), self.call.0]).await? == 1 {
            return Ok(Some(None));
        }
        let sql = "SELECT answer FROM asks \
            WHERE run_id = $1 AND call = $2 AND state = 'answered'";
        let row = tx.row(sql, args![Arc::clone(key), self.call.0]).await?;
        Ok(Some(row.map(|row| row.json(0)).transpose()?))
    }
}

struct WriteArtifact {
    lease: Lease,
    call: CallId,
    name: String,
    media_type: String,
    bytes: Arc<[u8]>,
    digest: String,
    at_us: u64,
}

impl Work for WriteArtifact {
    type Output = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<Option<()>, DbError> {
        if !hold(tx, &self.lease).await? {
            return Ok(None);
        }
        write_blob(tx, self.lease.tenant.as_str(), &self.digest, &self.bytes).await?;
        let sql = "INSERT INTO artifacts (run_id, name, media_type, size_bytes, digest, call, at_us) \
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run_id, name) DO UPDATE SET \
            media_type = excluded.media_type, size_bytes = excluded.size_bytes, \
            digest = excluded.digest, call = excluded.call, at_us = excluded.at_us";
        let args = args![
            Arc::clone(&self.lease.key),
            self.name.as_str(),
            self.media_type.as_str(),
            self.bytes.len() as u64,
            self.digest.as_str(),
            self.call.0,
            self.at_us,
        ];
        tx.run(sql, args).await?;
        tx.tally.store(self.lease.tenant.as_str(), self.bytes.len() as u64);
        Ok(Some(()))
    }
}
