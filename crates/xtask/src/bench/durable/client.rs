//! Whoever submits runs and waits for them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sluice_db::{Notice, RunRow, Tenant};
use sluice_executor::{Executor, Feed, Submission, Version};
use sluice_model::{
    Capability, EventBody, Limits, Outcome, RetryPolicy, RunId, RunState, TenantId,
};
use tokio::task::JoinSet;

/// The flows that are measured.
const FLOWS: &str = include_str!("flows.py");

/// How often a run is looked at when nothing was heard of it.
const NET: Duration = Duration::from_secs(1);

/// A submitter. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    executor: Executor,
    version: Arc<Version>,
    grants: Vec<Capability>,
}

impl Client {
    pub(super) async fn new(executor: Executor) -> anyhow::Result<Client> {
        let version = executor.version(&TenantId::local(), &FLOWS.into()).await?;
        let grants = ["rpc:bench.*", "ask", "kv:bench"].iter().map(|word| word.parse());
        Ok(Client { grants: grants.collect::<Result<_, _>>()?, executor, version })
    }

    pub(super) fn executor(&self) -> &Executor {
        &self.executor
    }

    pub(super) fn version(&self) -> &Version {
        &self.version
    }

    pub(super) fn tenant(&self) -> Tenant {
        self.executor.store().tenant(&TenantId::local())
    }

    pub(super) async fn submit(&self, flow: &str, input: Value) -> anyhow::Result<RunId> {
        let submission = Submission {
            tenant: TenantId::local(),
            by: None,
            version: Arc::clone(&self.version),
            flow: Some(flow.to_owned()),
            input,
            grants: self.grants.clone(),
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            deadline_us: None,
            seed: None,
            idempotency_key: None,
            trace: None,
        };
        Ok(self.executor.submit(submission).await?)
    }

    /// Submits so many runs, with so many submissions under way at a time.
    pub(super) async fn submit_many(
        &self,
        flow: &str,
        input: &Value,
        count: usize,
        at_once: usize,
    ) -> anyhow::Result<Vec<RunId>> {
        let mut submitters = JoinSet::new();
        for submitter in 0..at_once.min(count) {
            let share = count / at_once + usize::from(submitter < count % at_once);
            let (client, flow, input) = (self.clone(), flow.to_owned(), input.clone());
            submitters.spawn(async move {
                let mut runs = Vec::with_capacity(share);
                for _ in 0..share {
                    runs.push(client.submit(&flow, input.clone()).await?);
                }
                anyhow::Ok(runs)
            });
        }
        let mut runs = Vec::with_capacity(count);
        while let Some(submitted) = submitters.join_next().await {
            runs.extend(submitted??);
        }
        Ok(runs)
    }

    /// Waits for the end of a run by its row, which costs the store next to nothing.
    pub(super) async fn ended(&self, run: &RunId) -> anyhow::Result<()> {
        let tenant = self.tenant();
        let mut notices = self.executor.store().notices();
        loop {
            match tenant.run(run).await? {
                Some(RunRow { state: RunState::Ended, outcome, code, .. }) => {
                    let is_good = outcome.as_deref() == Some("succeeded");
                    anyhow::ensure!(is_good, "{run} ended with {outcome:?}, {code:?}");
                    return Ok(());
                }
                Some(_) => {}
                None => anyhow::bail!("{run} is not in the store"),
            }
            let heard = async {
                loop {
                    match notices.recv().await {
                        Ok(Notice::Events { run: of, .. }) if of != *run => {}
                        Ok(Notice::Run(_) | Notice::Queued) => {}
                        Ok(_) | Err(_) => return,
                    }
                }
            };
            // The net: the row is looked at in any case.
            let _ = tokio::time::timeout(NET, heard).await;
        }
    }

    /// Waits for the end of a run as a viewer does, who sees every event of it.
    pub(super) async fn seen_to_its_end(&self, run: RunId) -> anyhow::Result<()> {
        let mut feed = Feed::new(self.executor.store(), &TenantId::local(), run, 0);
        loop {
            let events = feed.next().await?;
            match events.last().map(|event| &event.body) {
                Some(EventBody::RunEnded { outcome: Outcome::Succeeded { .. }, .. }) => {
                    return Ok(());
                }
                Some(EventBody::RunEnded { outcome, .. }) => {
                    anyhow::bail!("a run ended otherwise: {outcome:?}")
                }
                Some(_) => {}
                None => anyhow::bail!("a record has no end"),
            }
        }
    }
}
