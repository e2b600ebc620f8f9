//! The executor of this process, and what commands ask of it.

use std::sync::Arc;

use sluice_executor::{
    Executor, NotSubmitted, Plan, Replayed, Replaying, Rerun, Settings, SpanSink, Submission,
    Version, start_of,
};
use sluice_model::{Event, Failure, RunId, TenantId};
use sluice_server::Telemetry;

use super::{Local, Records};

/// Which runs a machine takes up when it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Whatever the store holds.
    Everything,
    /// The one that it submits, and what that starts.
    Its,
}

/// An executor over the store.
pub struct Machine {
    executor: Executor,
    records: Records,
}

impl Machine {
    /// Puts the parts together. Nothing is taken up before it works. Spans that are over go to
    /// `telemetry`.
    pub fn new(
        records: Records,
        local: Local,
        only: Only,
        concurrency: Option<u32>,
        telemetry: Option<Telemetry>,
    ) -> Machine {
        let mut settings = match only {
            Only::Its => Settings { own_only: true, ..Settings::default() },
            Only::Everything => Settings::shared(),
        };
        settings.spans = telemetry.map(|telemetry| Arc::new(telemetry) as Arc<dyn SpanSink>);
        if let Some(concurrency) = concurrency {
            settings.concurrency = concurrency;
        }
        let executor = Executor::new(records.store().clone(), local.sandbox, settings);
        Machine { executor, records }
    }

    /// The executor itself, for the edge.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The store beside it.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Digest of the runtime image.
    pub fn image_digest(&self) -> &str {
        self.executor.image_digest()
    }

    /// Works until `stop` resolves, and leaves in good order.
    pub async fn work(&self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        Ok(self.executor.work(stop).await?)
    }

    /// Works from now on, beside whoever holds the future, which tells how it failed.
    pub fn work_beside(&self) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let executor = self.executor.clone();
        let work = tokio::spawn(async move { executor.work(std::future::pending()).await });
        async move { Ok(work.await??) }
    }

    /// Loads a source. The inner error is the source's.
    pub async fn version(
        &self,
        source: &Arc<str>,
    ) -> anyhow::Result<Result<Arc<Version>, Box<Failure>>> {
        match self.executor.version(&TenantId::local(), source).await {
            Ok(version) => Ok(Ok(version)),
            Err(NotSubmitted::Refused(failure)) => Ok(Err(failure)),
            Err(NotSubmitted::Store(error)) => Err(error.into()),
        }
    }

    /// Loads a source of the store.
    pub async fn version_of(&self, digest: &str) -> Result<Arc<Version>, NotSubmitted> {
        self.executor.version_of(&TenantId::local(), digest).await
    }

    /// Takes a run on.
    pub async fn submit(&self, submission: Submission) -> Result<RunId, NotSubmitted> {
        self.executor.submit(submission).await
    }

    /// Finds out what running a run again would do.
    pub async fn plan(&self, rerun: Rerun) -> Result<Plan, NotSubmitted> {
        self.executor.plan(rerun).await
    }

    /// Takes a planned run on.
    pub async fn go_live(&self, plan: Plan) -> Result<RunId, NotSubmitted> {
        self.executor.go_live(plan).await
    }

    /// Goes through a record once more. `seen` hears how many of its events are behind.
    pub async fn replay(
        &self,
        events: &[Event],
        version: &Version,
        mut seen: impl FnMut(usize),
    ) -> anyhow::Result<Replayed> {
        let Some(start) = start_of(events) else {
            anyhow::bail!("the record does not begin with a run");
        };
        let replaying = Replaying {
            events,
            version,
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
