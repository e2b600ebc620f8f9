//! Idempotency keys: a request that is repeated finds the run of the first, and a key that was used for
//! another request is refused.

use sluice_model::{Code, Failure, RunId};

use super::Tenant;
use crate::engine::{Row, args};
use crate::{DbError, KeepError};

/// What a repeated request finds the run of the first by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The same key is the same run.
    pub key: String,
    /// SHA-256 of the request, in hex. Where it is absent, requests are not compared.
    pub request: Option<String>,
}

impl From<String> for IdempotencyKey {
    fn from(key: String) -> IdempotencyKey {
        IdempotencyKey { key, request: None }
    }
}

impl IdempotencyKey {
    /// Finds the row that [`IdempotencyKey::run_of`] reads.
    pub(super) const RUN: &str =
        "SELECT id, request_digest FROM runs WHERE tenant = $1 AND idempotency_key = $2";

    /// The run that was begun with the key, where it was begun by the same request.
    pub(super) fn run_of(&self, row: &Row) -> Result<Result<RunId, Box<Failure>>, DbError> {
        let run: RunId = row.parse(0)?;
        if self.request.is_some() && self.request.as_deref() != row.text_or_null(1)? {
            let message = format!("the idempotency key was used for {run}, by another request");
            let failure = Failure::new(Code::Conflict, message);
            return Ok(Err(Box::new(failure.hint("Take a fresh key for each run."))));
        }
        Ok(Ok(run))
    }
}

impl Tenant {
    /// The run that was begun with a key. Refused with `conflict` where it was begun by another request.
    pub async fn run_of_key(&self, key: &IdempotencyKey) -> Result<Option<RunId>, KeepError> {
        let conn = &mut self.store.reader().await?;
        let args = args![self.id.as_str(), key.key.as_str()];
        match conn.row(IdempotencyKey::RUN, args).await? {
            None => Ok(None),
            Some(row) => key.run_of(&row)?.map(Some).map_err(KeepError::Refused),
        }
    }
}
