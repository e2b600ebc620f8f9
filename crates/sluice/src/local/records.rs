//! The records of the store of this machine: those of the tenant `local`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sluice_db::{AnswerRefused, AskFilter, AskState, FlowFilter, RunFilter, Store, Tenant};
use sluice_executor::{Feed as ExecutorFeed, RecordError, Redaction};
use sluice_model::{AskId, Event, FlowDescription, RunId, TenantId};

use super::{Hearing, cannot_open, now_us};
use crate::exit::Usage;
use crate::site::{Answered, Ask, Asks, Feed, News, Records, Runs, SavedFlow, Summary};

/// What the store holds for the tenant of this machine.
#[derive(Clone)]
pub struct LocalRecords {
    store: Store,
    tenant: Tenant,
}

impl LocalRecords {
    /// Opens the store; makes it where there is none.
    pub async fn open(url: &str) -> anyhow::Result<LocalRecords> {
        let store = Store::open(url).await.map_err(cannot_open)?;
        let tenant = store.tenant(&TenantId::local());
        Ok(LocalRecords { store, tenant })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// What the store tells from now on.
    pub fn hearing(&self) -> Hearing {
        Hearing::of(&self.store)
    }

    async fn source(&self, digest: &str) -> anyhow::Result<Arc<str>> {
        match self.tenant.source(digest).await? {
            Some(source) => Ok(source),
            None => anyhow::bail!("the source {digest} is not in the store"),
        }
    }
}

#[async_trait]
impl Feed for ExecutorFeed {
    async fn next(&mut self) -> anyhow::Result<News> {
        let events = ExecutorFeed::next(self).await?;
        Ok(if events.is_empty() { News::End } else { News::Events(events) })
    }
}

#[async_trait]
impl Records for LocalRecords {
    fn place(&self) -> String {
        self.store.url_for_display()
    }

    fn is_served(&self) -> bool {
        false
    }

    async fn find(&self, run: &RunId) -> anyhow::Result<Option<Summary>> {
        Ok(self.tenant.run(run).await?.map(Summary::from))
    }

    async fn runs(&self, runs: &Runs) -> anyhow::Result<Vec<Summary>> {
        let filter = RunFilter {
            state: runs.state,
            outcome: runs.outcome.clone(),
            flow: runs.flow.clone(),
            parent: runs.parent.clone(),
            root: runs.root.clone(),
            before: runs.before.clone(),
            limit: Some(runs.limit),
        };
        Ok(self.tenant.runs(&filter).await?.into_iter().map(Summary::from).collect())
    }

    async fn record(&self, run: &RunId) -> anyhow::Result<Vec<Event>> {
        Ok(self.tenant.history(run).await?)
    }

    fn feed(&self, run: &RunId) -> Box<dyn Feed> {
        Box::new(ExecutorFeed::new(&self.store, &TenantId::local(), run.clone(), 0))
    }

    async fn source_of(&self, run: &Summary) -> anyhow::Result<Arc<str>> {
        self.source(&run.source_digest).await
    }

    async fn cancel(&self, run: &RunId, reason: &str) -> anyhow::Result<bool> {
        Ok(self.tenant.cancel(run, reason, now_us()).await?)
    }

    async fn verify(&self, run: &RunId) -> anyhow::Result<(u64, Option<String>)> {
        let verified = self.tenant.verify(run).await?;
        Ok((verified.events, verified.first_bad.map(|flaw| flaw.to_string())))
    }

    async fn export(&self, run: &RunId, redact: Option<&[String]>) -> anyhow::Result<String> {
        let redaction =
            Redaction { by_name: redact.is_some(), words: redact.unwrap_or_default().to_vec() };
        Ok(sluice_executor::export(&self.tenant, run, &redaction).await?)
    }

    async fn import(&self, text: &str) -> anyhow::Result<RunId> {
        match sluice_executor::import(&self.tenant, text).await {
            Ok(run) => Ok(run),
            Err(RecordError::Store(error)) => Err(error.into()),
            Err(error) => Err(Usage::new(error.to_string())
                .hint("a record is what `sluice runs export` wrote")
                .into()),
        }
    }

    async fn asks(&self, asks: &Asks) -> anyhow::Result<Vec<Ask>> {
        let filter = AskFilter {
            run: asks.run.clone(),
            state: (!asks.all).then_some(AskState::Open),
            before: asks.before.clone(),
            limit: Some(asks.limit),
            ..AskFilter::default()
        };
        Ok(self.tenant.asks(&filter).await?.into_iter().map(Ask::from).collect())
    }

    async fn find_ask(&self, ask: &AskId) -> anyhow::Result<Option<Ask>> {
        Ok(self.tenant.ask(ask).await?.map(Ask::from))
    }

    async fn answer(&self, ask: &AskId, value: &Value, by: &str) -> anyhow::Result<Answered> {
        Ok(match self.tenant.answer(ask, value, by, now_us()).await {
            Ok(()) => Answered::Taken,
            Err(AnswerRefused::NotFound(_)) => Answered::NotFound,
            Err(AnswerRefused::AlreadyAnswered(_)) => Answered::Already,
            Err(AnswerRefused::NotForYou { .. }) => Answered::NotFor,
            Err(AnswerRefused::Closed(_)) => Answered::Closed,
            Err(error @ AnswerRefused::TooLarge { .. }) => return Err(error.into()),
            Err(AnswerRefused::Db(error)) => return Err(error.into()),
        })
    }

    async fn flows(&self, after: Option<&str>, limit: u32) -> anyhow::Result<Vec<SavedFlow>> {
        let filter = FlowFilter {
            prefix: String::new(),
            text: None,
            after: after.map(str::to_owned),
            limit: Some(limit),
        };
        Ok(self.tenant.flows(&filter).await?.into_iter().map(SavedFlow::from).collect())
    }

    async fn flow(&self, name: &str) -> anyhow::Result<Option<SavedFlow>> {
        Ok(self.tenant.flow(name).await?.map(SavedFlow::from))
    }

    async fn flow_versions(&self, name: &str) -> anyhow::Result<Vec<SavedFlow>> {
        let versions = self.tenant.flow_versions(name).await?;
        Ok(versions.into_iter().map(SavedFlow::from).collect())
    }

    async fn source_of_flow(&self, flow: &SavedFlow) -> anyhow::Result<Arc<str>> {
        self.source(&flow.source_digest).await
    }

    async fn save_flows(
        &self,
        flows: &[FlowDescription],
        source: &Arc<str>,
    ) -> anyhow::Result<Vec<SavedFlow>> {
        let mut saved = Vec::new();
        for flow in flows {
            let described = serde_json::to_value(flow)?;
            let row = self.tenant.save_flow(&flow.name, source, &described, now_us()).await?;
            saved.push(row.into());
        }
        Ok(saved)
    }
}
