//! Running a run again from a place in its record: what stands before is taken over, what differs is
//! shown, and nothing happens before somebody says so.

use std::sync::Arc;

use serde_json::Value;
use sluice_db::IdempotencyKey;
use sluice_model::{
    Capability, Code, Event, EventBody, Failure, Fork, RunId, Start, TenantId, TraceContext,
    intersection,
};

use crate::executor::Executor;
use crate::fork::{prefix, seq_of_step, steps};
use crate::replay::{Replayed, Replaying, start_of};
use crate::schema;
use crate::sources::Version;
use crate::submit::{NotSubmitted, uses, with_asking};

/// What is to be run again, and with what.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// Whose run it is.
    pub tenant: TenantId,
    /// The run.
    pub run: RunId,
    /// The step before which the record is left, as in [`seq_of_step`]; otherwise the first place
    /// where something else happens.
    pub from: Option<String>,
    /// Another version.
    pub version: Option<Arc<Version>>,
    /// Another input.
    pub input: Option<Value>,
    /// Grants beside those of the run.
    pub grants: Vec<Capability>,
    /// Who asks, in the words of the audit.
    pub by: Option<String>,
    /// What whoever asks may grant at most, those of the run included; none where that is not narrowed.
    pub most: Option<Vec<Capability>>,
}

/// What running it again would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of the first event that is not taken over; 1 above the last where all are.
    pub seq: u64,
    /// That event.
    pub recorded: Option<Event>,
    /// What happens there instead, where it was found by a replay rather than named.
    pub difference: Option<Box<Failure>>,
    /// How many events the new run begins with.
    pub taken: usize,
    start: Start,
    source: Arc<str>,
    prefix: Vec<Event>,
}

impl Plan {
    /// Whether the new run would do anything but what is recorded.
    pub fn is_needed(&self) -> bool {
        self.recorded.is_some()
    }

    /// The same as part of that trace. Otherwise the new run has one of its own.
    #[must_use]
    pub fn in_trace(mut self, trace: Option<TraceContext>) -> Plan {
        self.start.trace = trace;
        self
    }
}

impl Executor {
    /// Finds where the new run would leave the record. Nothing happens and nothing is written.
    pub async fn plan(&self, rerun: Rerun) -> Result<Plan, NotSubmitted> {
        let tenant = self.store().tenant(&rerun.tenant);
        let events = tenant.history(&rerun.run).await?;
        let Some(start) = start_of(&events) else {
            let failure =
                Failure::new(Code::FlowNotFound, format!("there is no run {}", rerun.run))
                    .hint("`sluice runs ls` lists the runs.");
            return Err(NotSubmitted::Refused(Box::new(failure)));
        };
        let version = match &rerun.version {
            Some(version) => Arc::clone(version),
            None => self.version_of(&rerun.tenant, start).await?,
        };
        let flow = version.flow(Some(&start.flow))?;
        let input = rerun.input.unwrap_or_else(|| start.input.clone());
        schema::check("the input", Code::InputInvalid, &flow.input, &input)?;
        // A record that was made elsewhere says anything of whose it is and what it was denied.
        let mut start =
            Start { tenant: rerun.tenant.clone(), withheld: Vec::new(), ..start.clone() };
        start.grants.extend(rerun.grants);
        if let Some(most) = &rerun.most {
            start.grants = with_asking(intersection(&start.grants, most));
        }
        self.shared.tenants.narrow(self.store(), &mut start).await?;
        let grants = start.grants.clone();
        let named = rerun.from.as_deref().map(|step| named(&events, step)).transpose()?;
        let until = named.unwrap_or(u64::MAX);
        let before: Vec<Event> = match named {
            // What stands before the step has to happen again, too.
            Some(seq) => first_and(&events, prefix(&events, seq)),
            None => events.clone(),
        };
        let replaying = Replaying {
            events: &before,
            version: &version,
            flow: &flow.name,
            input: &input,
            grants: &grants,
        };
        let replayed = self.replay(replaying, |_| ()).await?;
        let after_last = events.last().map_or(1, |event| event.seq + 1);
        let seq = replayed.first_difference(&before).unwrap_or(u64::MAX).min(until).min(after_last);
        let prefix = prefix(&events, seq);
        let start = Start {
            source_digest: version.digest.clone(),
            clients: version.clients.clone(),
            image_digest: self.image_digest().to_owned(),
            uses: uses(&flow.name, &flow.uses)?,
            input,
            grants,
            deadline_us: None,
            started_by: rerun.by,
            parent: None,
            trace: None,
            forked_from: Some(Fork { run: rerun.run.clone(), seq }),
            ..start
        };
        let difference = match replayed {
            Replayed::Different(failure) => Some(failure),
            Replayed::Same | Replayed::SameSoFar => None,
        };
        Ok(Plan {
            seq,
            recorded: events.iter().find(|event| event.seq == seq).cloned(),
            difference,
            taken: prefix.len(),
            start,
            source: Arc::clone(&version.source),
            prefix,
        })
    }

    /// Takes the planned run on; once for a key.
    pub async fn go_live(
        &self,
        plan: Plan,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<RunId, NotSubmitted> {
        self.take_on(plan.start, plan.source, plan.prefix, idempotency_key).await
    }

    /// The version that a run is pinned to, loaded from the store.
    pub async fn version_of(
        &self,
        tenant: &TenantId,
        start: &Start,
    ) -> Result<Arc<Version>, NotSubmitted> {
        let source = self.source(tenant, &start.source_digest).await?;
        self.pinned_version(tenant, &source, &start.clients).await
    }

    /// The version of a source in the store, with the clients that there are by now.
    pub async fn saved_version(
        &self,
        tenant: &TenantId,
        digest: &str,
    ) -> Result<Arc<Version>, NotSubmitted> {
        let source = self.source(tenant, digest).await?;
        self.version(tenant, &source).await
    }

    async fn source(&self, tenant: &TenantId, digest: &str) -> Result<Arc<str>, NotSubmitted> {
        self.store().tenant(tenant).source(digest).await?.ok_or_else(|| {
            let message = format!("the source {digest} is not in the store");
            NotSubmitted::Refused(Box::new(Failure::new(Code::PlatformError, message)))
        })
    }
}

/// The first event of a record, and some of the others.
fn first_and(events: &[Event], others: Vec<Event>) -> Vec<Event> {
    let first = events.iter().take(1).filter(|event| matches!(event.body, EventBody::RunQueued(_)));
    first.cloned().chain(others).collect()
}

fn named(events: &[Event], step: &str) -> Result<u64, Box<Failure>> {
    seq_of_step(events, step).ok_or_else(|| {
        let steps = steps(events);
        Box::new(
            Failure::new(Code::FlowNotFound, format!("the run has no step `{step}`"))
                .hint(format!("It has: {}.", steps.join(", "))),
        )
    })
}
