//! Replay without effects: a record is gone through once more, with its own source or another, and
//! nothing is asked of anybody.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sluice_db::DbError;
use sluice_model::{
    AttemptEnd, Capability, Code, Event, EventBody, Failure, History, Limits, Outcome, Start,
    TenantId,
};
use sluice_sandbox::{Attempt, Door, Ended, FromDoor, Replay, ToDoor};

use crate::digest::seed_of_try;
use crate::executor::Executor;
use crate::sources::Version;
use crate::submit::NotSubmitted;

/// A record, and what it is replayed with.
#[derive(Clone, Debug)]
pub struct Replaying<'r> {
    /// The record, its first event included.
    pub events: &'r [Event],
    /// The version.
    pub version: &'r Version,
    /// The flow of the version.
    pub flow: &'r str,
    /// The input.
    pub input: &'r Value,
    /// What the run is granted.
    pub grants: &'r [Capability],
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// All that is recorded happened again, and the run ended as recorded.
    Same,
    /// All that is recorded happened again. The record ends before the flow does: the run is not over,
    /// or was ended from outside.
    SameSoFar,
    /// Something else happened. The failure holds the number of the event, what is recorded there, and
    /// what the flow did.
    Different(Box<Failure>),
}

impl Replayed {
    /// The number of the first event that did not happen again.
    pub fn first_difference(&self, events: &[Event]) -> Option<u64> {
        let Replayed::Different(failure) = self else { return None };
        let seq = failure.details.get("seq").and_then(Value::as_u64);
        Some(seq.unwrap_or_else(|| events.last().map_or(1, |event| event.seq)))
    }
}

/// What a run began with, which is its first event.
pub fn start_of(events: &[Event]) -> Option<&Start> {
    match &events.first()?.body {
        EventBody::RunQueued(start) => Some(start),
        _ => None,
    }
}

impl Executor {
    /// Goes through a record once more, for the tenant whose it is and within its ceilings. `heard` hears
    /// how many of its events are behind.
    pub async fn replay(
        &self,
        replaying: Replaying<'_>,
        heard: impl FnMut(usize) + Send + 'static,
    ) -> Result<Replayed, NotSubmitted> {
        let Some(start) = start_of(replaying.events) else {
            let failure =
                Failure::new(Code::ReplayDiverged, "the record does not begin with a run");
            return Ok(Replayed::Different(Box::new(failure)));
        };
        let tries = replaying.events.iter().filter(|event| is_retry(event)).count();
        let tries = u32::try_from(tries).unwrap_or(u32::MAX);
        let Some(seed) = seed_of_try(&start.seed, tries) else {
            let failure = Failure::new(Code::ReplayDiverged, "the seed of the run is none");
            return Ok(Replayed::Different(Box::new(failure)));
        };
        let uses = match replaying.version.flow(Some(replaying.flow)) {
            Ok(flow) => crate::submit::uses(&flow.name, &flow.uses),
            Err(failure) => Err(failure),
        };
        let uses = match uses {
            Ok(uses) => uses,
            Err(failure) => return Ok(Replayed::Different(failure)),
        };
        let history = History::new(replaying.events.to_vec());
        let skipped = replaying.events.len() - history.events().len();
        let attempt = Attempt {
            source: Arc::clone(&replaying.version.source),
            code: Arc::clone(&replaying.version.described.code),
            flow: replaying.flow.to_owned(),
            input: replaying.input.clone(),
            grants: replaying.grants.to_vec(),
            withheld: start.withheld.clone(),
            uses,
            limits: self.within_quota(&start.tenant, &start.limits).await?,
            seed,
            history: Arc::new(history),
            replay: Replay::Only,
        };
        let mut door = Deaf { seen: heard, skipped };
        let shared = Arc::clone(&self.shared);
        let run =
            async move { shared.sandbox.run(attempt, &mut door, std::future::pending()).await };
        let ran = self.shared.beside(&start.tenant, Box::pin(run)).await?;
        let (ended, _) = ran.map_err(|error| NotSubmitted::broken(&error))?;
        Ok(match ended {
            Ended::Suspended | Ended::Exhausted => Replayed::SameSoFar,
            Ended::Finished { outcome, .. } => match diverged(&outcome) {
                Some(failure) => Replayed::Different(failure),
                None => Replayed::Same,
            },
        })
    }
}

impl Executor {
    /// A record that was made elsewhere says anything of its limits.
    async fn within_quota(&self, tenant: &TenantId, limits: &Limits) -> Result<Limits, DbError> {
        let row = self.store().tenant(tenant).row().await?;
        Ok(row.map_or_else(|| limits.clone(), |row| limits.within(&row.quota.limits)))
    }
}

fn is_retry(event: &Event) -> bool {
    matches!(&event.body, EventBody::AttemptEnded { why: AttemptEnd::Retried { .. }, .. })
}

fn diverged(outcome: &Outcome) -> Option<Box<Failure>> {
    let failure = outcome.failure()?;
    (failure.code == Code::ReplayDiverged).then(|| Box::new(failure.clone()))
}

/// A door behind which nobody does anything.
struct Deaf<S> {
    seen: S,
    /// Events before the part that is replayed.
    skipped: usize,
}

#[async_trait]
impl<S: FnMut(usize) + Send> Door for Deaf<S> {
    fn send(&mut self, message: ToDoor) {
        if let ToDoor::Replayed { upto } = message {
            (self.seen)(self.skipped + upto + 1);
        }
    }

    async fn next(&mut self) -> FromDoor {
        std::future::pending().await
    }
}
