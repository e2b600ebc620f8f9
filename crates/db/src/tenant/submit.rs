//! Submitting: a run with its source and its first events enters the store in one transaction.

use std::sync::Arc;

use sluice_model::{Code, Event, EventBody, Failure, Observed, RunId, Start, TenantId};

use super::{IdempotencyKey, Tenant};
use crate::engine::args;
use crate::log::{Lease, Projection};
use crate::queue::{Allowed, Taken, standing};
use crate::record::{self, Stored, Tip};
use crate::writer::{Allowance, Tx, Work};
use crate::{Claim, DbError, KeepError, Leased, NewEvent, Notice, Store, crash_point};

/// A run that is to be taken on.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id, which nobody has.
    pub id: RunId,
    /// What it is pinned to.
    pub start: Start,
    /// The source of `start.source_digest`.
    pub source: Arc<str>,
    /// When it is submitted, in microseconds since the Unix epoch.
    pub at_us: u64,
    /// From when on it may be taken up.
    pub due_at_us: u64,
    /// The same key is the same run.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Events that its record goes on with after the first; they are numbered anew.
    pub prefix: Vec<Event>,
    /// Who takes it up at once, as far as the tenant's quota lets that be.
    pub claim: Option<Claim>,
}

/// A run that was taken on.
pub struct Submitted {
    /// The run.
    pub run: RunId,
    /// Whether it was not there before.
    pub is_new: bool,
    /// The lease, where it was claimed and is new.
    pub leased: Option<Leased>,
}

impl Tenant {
    /// Takes a run on. When this returns, it is in the store. A key that was used before returns the
    /// run that it was used for, or is refused with `conflict` where that was another request.
    pub async fn submit(&self, new: NewRun) -> Result<Submitted, KeepError> {
        if new.start.tenant != self.id {
            let text = format!("a run of `{}` is submitted to `{}`", new.start.tenant, self.id);
            return Err(DbError::Statement(text).into());
        }
        let start = Arc::new(new.start.clone());
        let (source_digest, submit) = Submit::new(&self.store, new)?;
        let (before, tip) = ((submit.attempts, submit.cpu_time_us), submit.tip);
        let done = self.store.write(submit).await?;
        // Without a lease to be held it is never void.
        let done = done.ok_or(DbError::Closed)?.map_err(KeepError::Refused)?;
        self.store.note_source(&self.id, &source_digest);
        let leased = done.leased.map(|allowed| {
            let taken = Taken::as_submitted(done.run.clone(), &start, before, tip, allowed);
            taken.leased(&self.store, start)
        });
        Ok(Submitted { run: done.run, is_new: done.is_new, leased })
    }
}

/// How many queued runs are counted for between two counts, at most: a share of what is left, so that
/// a queue far from its quota costs no counting, and one near it is counted each time.
const SHARE_OF_LEFT: u64 = 16;

/// How long a full queue is taken to be full, unless a run of it is taken up here. Counting a long queue
/// costs more than a submission, and whoever has filled theirs must not keep the writer from others.
const STAYS_FULL_US: u64 = 100_000;

/// A submission as the writer does it.
pub(crate) struct Submit {
    id: RunId,
    key: Arc<str>,
    start: Start,
    source: Option<Arc<str>>,
    at_us: u64,
    due_at_us: u64,
    idempotency_key: Option<IdempotencyKey>,
    claim: Option<Claim>,
    attempts: u32,
    /// CPU time that its record tells of already.
    cpu_time_us: u64,
    tip: Tip,
    stored: Vec<Stored>,
    /// The lease of the parent, which must hold.
    held: Option<Lease>,
}

/// What became of a submission.
pub(crate) struct Done {
    pub(crate) run: RunId,
    is_new: bool,
    /// What it may take, where it was taken up at once.
    leased: Option<Allowed>,
}

impl Submit {
    /// The submission, and the digest of the source that is stored when it is done.
    pub(crate) fn new(store: &Store, new: NewRun) -> Result<(String, Submit), DbError> {
        let digest = new.start.source_digest.clone();
        let first = NewEvent {
            at_us: new.at_us,
            observed: Observed::default(),
            body: EventBody::RunQueued(Box::new(new.start.clone())),
        };
        let prefix = new.prefix.into_iter().map(|event| NewEvent {
            at_us: event.at_us,
            observed: event.observed,
            body: event.body,
        });
        let events: Vec<NewEvent> = [first].into_iter().chain(prefix).collect();
        let attempts = Projection::of(&events, 0).started.map_or(0, |(attempt, _)| attempt);
        let cpu_time_us = events.iter().map(cpu_time_us).sum();
        let mut tip = Tip::START;
        let stored = events.into_iter().map(|event| tip.push(event)).collect::<Result<_, _>>()?;
        let is_known = store.knows_source(&new.start.tenant, &digest);
        let submit = Submit {
            key: new.id.as_str().into(),
            id: new.id,
            start: new.start,
            source: (!is_known).then_some(new.source),
            at_us: new.at_us,
            due_at_us: new.due_at_us,
            idempotency_key: new.idempotency_key,
            claim: new.claim,
            attempts,
            cpu_time_us,
            tip,
            stored,
            held: None,
        };
        Ok((digest, submit))
    }

    /// The same under the lease of the parent.
    pub(crate) fn held(mut self, lease: Lease) -> Submit {
        self.held = Some(lease);
        self
    }

    /// The run that was submitted before with the same key, or for the same call.
    async fn earlier(&self, tx: &mut Tx) -> Result<Option<Result<RunId, Box<Failure>>>, DbError> {
        if let Some(key) = &self.idempotency_key {
            let args = args![self.tenant(), key.key.as_str()];
            if let Some(row) = tx.row(IdempotencyKey::RUN, args).await? {
                return key.run_of(&row).map(Some);
            }
        }
        if let Some(parent) = &self.start.parent {
            let sql = "SELECT id FROM runs WHERE parent_run = $1 AND parent_call = $2";
            if let Some(row) = tx.row(sql, args![parent.run.as_str(), parent.call.0]).await? {
                return row.parse(0).map(|run| Some(Ok(run)));
            }
        }
        Ok(None)
    }

    fn tenant(&self) -> &str {
        self.start.tenant.as_str()
    }

    /// Whether the tenant may have one more run in the queue.
    async fn may_queue(&self, tx: &mut Tx, most: u64) -> Result<bool, DbError> {
        if let Some(Allowance { left, full_at_us }) = tx.allowances.get_mut(self.tenant()) {
            if *left > 0 {
                *left -= 1;
                return Ok(true);
            }
            let since = full_at_us.and_then(|full_at_us| self.at_us.checked_sub(full_at_us));
            if since.is_some_and(|since_us| since_us < STAYS_FULL_US) {
                return Ok(false);
            }
        }
        let sql = "SELECT COUNT(*) FROM runs WHERE tenant = $1 AND state = 'queued'";
        let row = tx.row(sql, args![self.tenant()]).await?;
        let left = most.saturating_sub(row.map_or(Ok(0), |row| row.count(0))?);
        let full_at_us = (left == 0).then_some(self.at_us);
        let allowance = Allowance { left: left / SHARE_OF_LEFT, full_at_us };
        tx.allowances.insert(self.tenant().to_owned(), allowance);
        Ok(left > 0)
    }

    async fn insert(&self, tx: &mut Tx, claim: Option<&Claim>) -> Result<bool, DbError> {
        let start = &self.start;
        let (parent, forked) = (start.parent.as_ref(), start.forked_from.as_ref());
        let sql = "INSERT INTO runs (id, tenant, flow, source_digest, image_digest, state, \
            created_at_us, due_at_us, deadline_us, fence, worker, attempts, parent_run, \
            parent_call, root_run, depth, forked_from_run, forked_from_seq, seq, hash, \
            idempotency_key, request_digest, cpu_time_us, started_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
            $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) \
            ON CONFLICT DO NOTHING";
        let args = args![
            Arc::clone(&self.key),
            self.tenant(),
            start.flow.as_str(),
            start.source_digest.as_str(),
            start.image_digest.as_str(),
            if claim.is_some() { "running" } else { "queued" },
            self.at_us,
            claim.map_or(self.due_at_us, |claim| claim.lease_until_us),
            start.deadline_us,
            u64::from(claim.is_some()),
            claim.map(|claim| claim.worker.as_str()),
            self.attempts,
            parent.map(|parent| parent.run.as_str()),
            parent.map(|parent| parent.call.0),
            parent.map(|parent| parent.root.as_str()),
            parent.map_or(0, |parent| parent.depth),
            forked.map(|fork| fork.run.as_str()),
            forked.map(|fork| fork.seq),
            self.tip.seq,
            &self.tip.hash[..],
            self.idempotency_key.as_ref().map(|key| key.key.as_str()),
            self.idempotency_key.as_ref().and_then(|key| key.request.as_deref()),
            self.cpu_time_us,
            start.started_by.as_deref(),
        ];
        Ok(tx.run(sql, args).await? == 1)
    }
}

impl Work for Submit {
    /// None where the parent's lease is void.
    type Output = Option<Result<Done, Box<Failure>>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Output, DbError> {
        if let Some(lease) = &self.held {
            let sql = "SELECT 1 FROM runs WHERE id = $1 AND fence = $2 AND state = 'running'";
            let sql = crate::engine::composed(format!("{sql}{}", tx.for_update()));
            if tx.row(sql, args![Arc::clone(&lease.key), lease.fence]).await?.is_none() {
                return Ok(None);
            }
        }
        let has_key = self.idempotency_key.is_some() || self.start.parent.is_some();
        let found = |run| Done { run, is_new: false, leased: None };
        if has_key && let Some(earlier) = self.earlier(tx).await? {
            return Ok(Some(earlier.map(found)));
        }
        let Some(standing) = standing(tx, self.tenant(), self.at_us).await? else {
            return Ok(Some(Err(Box::new(no_tenant(&self.start.tenant)))));
        };
        if let Some(failure) = standing.refusal(&self.start.limits) {
            return Ok(Some(Err(Box::new(failure))));
        }
        let claim = self.claim.as_ref().filter(|_| standing.places() > 0);
        let queued = standing.quota.queued;
        if claim.is_none() && !self.may_queue(tx, queued.into()).await? {
            return Ok(Some(Err(Box::new(over_quota(queued)))));
        }
        if let Some(source) = &self.source {
            let digest = &self.start.source_digest;
            record::write_source(tx, self.tenant(), digest, source).await?;
        }
        if !self.insert(tx, claim).await? {
            // Another process was faster.
            if let Some(earlier) = self.earlier(tx).await? {
                return Ok(Some(earlier.map(found)));
            }
            return Err(DbError::Statement(format!("there is a run {} already", self.id)));
        }
        record::write(tx, self.tenant(), &self.key, &self.stored).await?;
        crash_point("submit");
        let counts = tx.tally.at(self.tenant(), self.at_us);
        counts.runs += 1;
        counts.events += self.stored.len() as u64;
        tx.tally.store(self.tenant(), record::bytes_of(&self.stored));
        let (tenant, run) = (self.start.tenant.clone(), self.id.clone());
        tx.tell(Notice::Events { tenant, run, seq: self.tip.seq });
        if claim.is_none() {
            tx.tell(Notice::Queued);
        }
        let leased = claim.map(|_| Allowed::of(&standing));
        Ok(Some(Ok(Done { run: self.id.clone(), is_new: true, leased })))
    }

    fn rows(&self) -> usize {
        self.stored.len()
    }
}

/// CPU time that an event of an earlier attempt tells of.
fn cpu_time_us(event: &NewEvent) -> u64 {
    match &event.body {
        EventBody::AttemptEnded { usage, .. } => usage.cpu_time_us,
        _ => 0,
    }
}

fn over_quota(most: u32) -> Failure {
    Failure::new(Code::QuotaExceeded, format!("the tenant has {most} runs in the queue"))
        .hint("Wait until some were taken up, or ask for a larger quota.")
        .detail("quota", "queued")
        .detail("limit", most)
}

fn no_tenant(tenant: &TenantId) -> Failure {
    Failure::new(Code::QuotaExceeded, format!("there is no tenant `{tenant}`"))
        .hint("Whoever runs this Sluice makes tenants.")
}
