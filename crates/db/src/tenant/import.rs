//! Records that were made elsewhere: to be looked at, replayed and run again, never to go on.

use std::sync::Arc;

use sluice_model::{Event, EventBody, Failure, RunId, TenantId};

use super::Tenant;
use crate::engine::args;
use crate::queue::no_room;
use crate::record::{self, Stored, Tip};
use crate::writer::{Tx, Work};
use crate::{DbError, KeepError, NewEvent, Notice};

/// A record that was made elsewhere.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The run's id here, which nobody has.
    pub id: RunId,
    /// Its events, in order, with the bytes beside them as far as they are at hand. The first says
    /// what the run is pinned to.
    pub events: Vec<Event>,
    /// The source that the run is pinned to.
    pub source: Arc<str>,
    /// When it is imported, in microseconds since the Unix epoch.
    pub at_us: u64,
}

impl Tenant {
    /// Takes a record in: the run is this tenant's, whosever it was, and counts as ended, with whatever
    /// outcome the record has. Refused where the tenant has stored all that it may.
    pub async fn import(&self, mut imported: Imported) -> Result<RunId, KeepError> {
        let not_first = || DbError::Statement("the record does not begin with a run".to_owned());
        let start = match imported.events.first_mut().map(|event| &mut event.body) {
            Some(EventBody::RunQueued(start)) => {
                start.tenant = self.id.clone();
                (**start).clone()
            }
            _ => return Err(not_first().into()),
        };
        let first_at_us = imported.events.first().map_or(0, |event| event.at_us);
        let mut import = Import {
            tenant: self.id.clone(),
            key: imported.id.as_str().into(),
            id: imported.id,
            flow: start.flow,
            source_digest: start.source_digest,
            image_digest: start.image_digest,
            source: imported.source,
            at_us: imported.at_us,
            created_at_us: first_at_us,
            ended_at_us: imported.at_us,
            outcome: None,
            code: None,
            cpu_time_us: 0,
            attempts: 0,
            tip: Tip::START,
            stored: Vec::with_capacity(imported.events.len()),
        };
        for Event { at_us, observed, body, .. } in imported.events {
            match &body {
                EventBody::AttemptStarted { attempt, .. } => import.attempts = *attempt,
                EventBody::RunEnded { outcome, usage } => {
                    import.ended_at_us = at_us;
                    import.outcome = Some(outcome.as_str());
                    import.code = outcome.failure().map(|failure| failure.code.as_str());
                    import.cpu_time_us = usage.cpu_time_us;
                }
                _ => {}
            }
            import.stored.push(import.tip.push(NewEvent { at_us, observed, body })?);
        }
        self.store.write(import).await?.map_err(KeepError::Refused)
    }
}

struct Import {
    tenant: TenantId,
    id: RunId,
    key: Arc<str>,
    flow: String,
    source_digest: String,
    image_digest: String,
    source: Arc<str>,
    at_us: u64,
    created_at_us: u64,
    ended_at_us: u64,
    outcome: Option<&'static str>,
    code: Option<&'static str>,
    cpu_time_us: u64,
    attempts: u32,
    tip: Tip,
    stored: Vec<Stored>,
}

impl Work for Import {
    type Output = Result<RunId, Box<Failure>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        let tenant = self.tenant.as_str();
        if let Some(refused) = no_room(tx, tenant).await? {
            return Ok(Err(refused));
        }
        record::write_source(tx, tenant, &self.source_digest, &self.source).await?;
        let sql = "INSERT INTO runs (id, tenant, flow, source_digest, image_digest, state, outcome, \
            code, created_at_us, ended_at_us, attempts, seq, hash, cpu_time_us, imported) \
            VALUES ($1, $2, $3, $4, $5, 'ended', $6, $7, $8, $9, $10, $11, $12, $13, 1)";
        let args = args![
            Arc::clone(&self.key),
            tenant,
            self.flow.as_str(),
            self.source_digest.as_str(),
            self.image_digest.as_str(),
            self.outcome,
            self.code,
            self.created_at_us,
            self.ended_at_us,
            self.attempts,
            self.tip.seq,
            &self.tip.hash[..],
            self.cpu_time_us,
        ];
        tx.run(sql, args).await?;
        record::write(tx, tenant, &self.key, &self.stored).await?;
        tx.tally.at(tenant, self.at_us).events += self.stored.len() as u64;
        tx.tally.store(tenant, record::bytes_of(&self.stored));
        let (tenant, run) = (self.tenant.clone(), self.id.clone());
        tx.tell(Notice::Events { tenant, run, seq: self.tip.seq });
        Ok(Ok(self.id.clone()))
    }

    fn rows(&self) -> usize {
        self.stored.len()
    }
}
