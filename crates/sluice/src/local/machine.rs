//! The executor of this process, over the store of this machine.

use std::sync::Arc;

use async_trait::async_trait;
use sluice_executor::{
    Executor, NotSubmitted, Replayed, Replaying as ExecutorReplaying, Rerun as ExecutorRerun,
    Settings, SpanSink, Submission, Version, start_of,
};
use sluice_model::{Description, RunId, Scrub, TenantId};
use sluice_server::Telemetry;

use super::{Keys, Local, LocalRecords, now_us, outside, person};
use crate::site::{Machine, NewRun, Planned, Records, Refusable, Replaying, Rerun, Work};

/// Which runs a machine takes up when it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Whatever the store holds.
    Everything,
    /// The one that it submits, and what that starts.
    Its,
}

/// An executor over the store.
pub struct LocalMachine {
    executor: Executor,
    records: LocalRecords,
}

impl LocalMachine {
    /// Puts the parts together. Nothing is taken up before it works. Spans that are over go to
    /// `telemetry`; `scrub` learns the secrets that runs use.
    pub fn new(
        records: LocalRecords,
        local: Local,
        only: Only,
        concurrency: Option<u32>,
        telemetry: Option<Telemetry>,
        (scrub, keys): (Scrub, Keys),
    ) -> anyhow::Result<LocalMachine> {
        let mut settings = match only {
            Only::Its => Settings { own_only: true, ..Settings::default() },
            Only::Everything => Settings::shared(),
        };
        settings.spans = telemetry.map(|telemetry| Arc::new(telemetry) as Arc<dyn SpanSink>);
        if let Some(concurrency) = concurrency {
            settings.concurrency = concurrency;
        }
        settings.outside = Some(outside(records.store(), scrub, keys)?);
        let executor = Executor::new(records.store().clone(), local.sandbox, settings);
        Ok(LocalMachine { executor, records })
    }

    /// The executor itself, for the edge.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The store beside it.
    pub fn store(&self) -> &LocalRecords {
        &self.records
    }

    /// Works until `stop` resolves, and leaves in good order.
    pub async fn work(&self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        Ok(self.executor.work(stop).await?)
    }

    /// Loads a source, or finds it loaded.
    async fn version(&self, source: &Arc<str>) -> Refusable<Arc<Version>> {
        told_apart(self.executor.version(&TenantId::local(), source).await)
    }
}

/// What the executor did not do, told apart by whose fault that is.
fn told_apart<T>(done: Result<T, NotSubmitted>) -> Refusable<T> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(NotSubmitted::Refused(failure)) => Ok(Err(failure)),
        Err(NotSubmitted::Store(error)) => Err(error.into()),
    }
}

#[async_trait]
impl Machine for LocalMachine {
    fn records(&self) -> &dyn Records {
        &self.records
    }

    fn work_beside(&self) -> Work {
        let executor = self.executor.clone();
        let work = tokio::spawn(async move { executor.work(std::future::pending()).await });
        Box::pin(async move { Ok(work.await??) })
    }

    async fn image_digest(&self) -> anyhow::Result<String> {
        Ok(self.executor.image_digest().to_owned())
    }

    async fn load(&self, source: &Arc<str>) -> Refusable<Description> {
        let version = self.version(source).await?;
        Ok(version.map(|version| version.described.description.clone()))
    }

    async fn submit(&self, run: NewRun) -> Refusable<RunId> {
        let version = match self.version(&run.source).await? {
            Ok(version) => version,
            Err(failure) => return Ok(Err(failure)),
        };
        let in_us = |ms: u64| now_us().saturating_add(ms.saturating_mul(1_000));
        let submission = Submission {
            tenant: TenantId::local(),
            by: Some(person()),
            version,
            flow: Some(run.flow),
            input: run.input,
            grants: run.grants,
            limits: run.limits,
            retry: run.retry,
            deadline_us: run.deadline_ms.map(in_us),
            seed: run.seed,
            idempotency_key: run.idempotency_key.map(Into::into),
            trace: None,
        };
        told_apart(self.executor.submit(submission).await)
    }

    async fn plan(&self, rerun: &Rerun) -> Refusable<Planned> {
        let version = match &rerun.source {
            Some(source) => match self.version(source).await? {
                Ok(version) => Some(version),
                Err(failure) => return Ok(Err(failure)),
            },
            None => None,
        };
        let plan = self.executor.plan(ExecutorRerun {
            tenant: TenantId::local(),
            run: rerun.run.clone(),
            from: rerun.from.clone(),
            version,
            input: rerun.input.clone(),
            grants: rerun.grants.clone(),
            by: Some(person()),
            most: None,
        });
        Ok(told_apart(plan.await)?.map(|plan| Planned {
            taken: plan.taken,
            seq: plan.seq,
            recorded: plan.recorded.clone(),
            difference: plan.difference.clone(),
            is_needed: plan.is_needed(),
            kept: Some(Box::new(plan)),
        }))
    }

    async fn go_live(&self, _rerun: &Rerun, planned: Planned) -> Refusable<RunId> {
        match planned.kept {
            Some(plan) => told_apart(self.executor.go_live(*plan, None).await),
            None => anyhow::bail!("the plan was made elsewhere"),
        }
    }

    async fn replay(
        &self,
        replaying: Replaying<'_>,
        seen: &mut (dyn FnMut(usize) + Send),
    ) -> anyhow::Result<Replayed> {
        let Some(start) = start_of(replaying.events) else {
            anyhow::bail!("the record of {} does not begin with a run", replaying.run);
        };
        let version = if let Some(source) = replaying.source {
            self.version(source).await?
        } else {
            let tenant = TenantId::local();
            told_apart(self.executor.version_of(&tenant, start).await)?
        };
        let version = match version {
            Ok(version) => version,
            Err(failure) => return Ok(Replayed::Different(failure)),
        };
        let replaying = ExecutorReplaying {
            events: replaying.events,
            version: &version,
            flow: &start.flow,
            input: &start.input,
            grants: &start.grants,
        };
        let (passed, mut passing) = tokio::sync::mpsc::unbounded_channel();
        // The receiver lives as long as the replay.
        let replayed = self.executor.replay(replaying, move |behind| {
            let _ = passed.send(behind);
        });
        let mut replayed = std::pin::pin!(replayed);
        let replayed = loop {
            tokio::select! {
                biased;
                Some(behind) = passing.recv() => seen(behind),
                replayed = &mut replayed => break replayed,
            }
        };
        while let Ok(behind) = passing.try_recv() {
            seen(behind);
        }
        Ok(replayed?)
    }
}
