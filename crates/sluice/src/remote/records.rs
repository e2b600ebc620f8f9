//! The records of a tenant on a server.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sluice_model::{AskId, Code, Event, FlowDescription, RunId, RunState};

use super::Remote;
use super::refused::{Refused, found};
use super::stream::Stream;
use crate::exit::Usage;
use crate::local::without_words;
use crate::site::{Answered, Ask, Asks, Feed, Records, Runs, SavedFlow, Summary};

/// Things of a list that a server gives at once.
const MOST_AT_ONCE: u32 = 500;

/// Versions of a flow that are listed, as of those in a store.
const MOST_VERSIONS: u32 = 1_000;

/// What a server holds for the tenant of whoever asks.
pub struct RemoteRecords {
    remote: Remote,
}

/// A part of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl RemoteRecords {
    /// Of that server.
    pub fn new(remote: Remote) -> RemoteRecords {
        RemoteRecords { remote }
    }

    fn get(&self, parts: &[&str]) -> anyhow::Result<RequestBuilder> {
        self.remote.to(Method::GET, parts)
    }

    fn post(&self, parts: &[&str], body: &Value) -> anyhow::Result<RequestBuilder> {
        Ok(self.remote.to(Method::POST, parts)?.json(body))
    }

    /// A list from a cursor on, part by part.
    async fn list<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        query: &[(&str, Option<&str>)],
        mut after: Option<String>,
        limit: u32,
    ) -> anyhow::Result<Vec<T>> {
        let mut items = Vec::new();
        let mut left = limit;
        while left > 0 {
            let request = self.get(parts)?.query(query);
            let request = request.query(&[("limit", left.min(MOST_AT_ONCE))]);
            let page: Page<T> = self.remote.ask(request.query(&[("after", &after)])).await?;
            left = left.saturating_sub(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
            items.extend(page.items);
            if page.next.is_none() {
                break;
            }
            after = page.next;
        }
        Ok(items)
    }

    async fn source_at(&self, parts: &[&str]) -> anyhow::Result<Arc<str>> {
        #[derive(Deserialize)]
        struct WithSource {
            source: Arc<str>,
        }
        let found: WithSource = self.remote.ask(self.get(parts)?).await?;
        Ok(found.source)
    }
}

#[async_trait]
impl Records for RemoteRecords {
    fn place(&self) -> String {
        self.remote.base().to_string()
    }

    fn is_served(&self) -> bool {
        true
    }

    async fn find(&self, run: &RunId) -> anyhow::Result<Option<Summary>> {
        found(self.remote.ask(self.get(&["runs", run.as_str()])?).await)
    }

    async fn runs(&self, runs: &Runs) -> anyhow::Result<Vec<Summary>> {
        let query = [
            ("state", runs.state.map(RunState::as_str)),
            ("outcome", runs.outcome.as_deref()),
            ("flow", runs.flow.as_deref()),
            ("parent", runs.parent.as_ref().map(RunId::as_str)),
            ("root", runs.root.as_ref().map(RunId::as_str)),
        ];
        let after = runs.before.as_ref().map(ToString::to_string);
        self.list(&["runs"], &query, after, runs.limit).await
    }

    async fn record(&self, run: &RunId) -> anyhow::Result<Vec<Event>> {
        self.list(&["runs", run.as_str(), "events"], &[], None, u32::MAX).await
    }

    fn feed(&self, run: &RunId) -> Box<dyn Feed> {
        Box::new(Stream::new(self.remote.clone(), run.clone()))
    }

    async fn source_of(&self, run: &Summary) -> anyhow::Result<Arc<str>> {
        self.source_at(&["runs", run.run.as_str(), "source"]).await
    }

    async fn cancel(&self, run: &RunId, reason: &str) -> anyhow::Result<bool> {
        let before = self.find(run).await?;
        let is_due =
            before.is_some_and(|run| run.state != RunState::Ended && run.cancel_reason.is_none());
        let request = self.post(&["runs", run.as_str(), "cancel"], &json!({ "reason": reason }))?;
        let after: Option<Summary> = found(self.remote.ask(request).await)?;
        Ok(is_due && after.is_some_and(|run| run.cancel_reason.is_some()))
    }

    async fn verify(&self, run: &RunId) -> anyhow::Result<(u64, Option<String>)> {
        #[derive(Deserialize)]
        struct Verified {
            events: u64,
            flaw: Option<String>,
        }
        let request = self.get(&["runs", run.as_str(), "verify"])?;
        let verified: Verified = self.remote.ask(request).await?;
        Ok((verified.events, verified.flaw))
    }

    async fn export(&self, run: &RunId, redact: Option<&[String]>) -> anyhow::Result<String> {
        let request = self.get(&["runs", run.as_str(), "export"])?;
        let file = self.remote.text(request.query(&[("redact", redact.is_some())])).await?;
        // The words stay here: they are secrets, and a path is no place for those.
        match redact {
            Some(words) if !words.is_empty() => Ok(without_words(&file, words)?),
            _ => Ok(file),
        }
    }

    async fn import(&self, text: &str) -> anyhow::Result<RunId> {
        let request = self.remote.to(Method::POST, &["records"])?;
        let request = request.header(CONTENT_TYPE, "application/x-ndjson").body(text.to_owned());
        let taken: anyhow::Result<Summary> = self.remote.ask(request).await;
        match taken {
            Ok(run) => Ok(run.run),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if refused.failure.code == Code::RequestInvalid => {
                    Err(Usage::new(refused.failure.message.trim_start_matches("``: "))
                        .hint("a record is what `sluice runs export` wrote")
                        .into())
                }
                _ => Err(error),
            },
        }
    }

    async fn asks(&self, asks: &Asks) -> anyhow::Result<Vec<Ask>> {
        let query = [
            ("state", (!asks.all).then_some("open")),
            ("run", asks.run.as_ref().map(RunId::as_str)),
        ];
        let after = asks.before.as_ref().map(ToString::to_string);
        self.list(&["asks"], &query, after, asks.limit).await
    }

    async fn find_ask(&self, ask: &AskId) -> anyhow::Result<Option<Ask>> {
        found(self.remote.ask(self.get(&["asks", ask.as_str()])?).await)
    }

    async fn answer(&self, ask: &AskId, value: &Value, by: &str) -> anyhow::Result<Answered> {
        let body = json!({ "value": value, "answered_by": by });
        let request = self.post(&["asks", ask.as_str(), "answer"], &body)?;
        let taken: anyhow::Result<Ask> = self.remote.ask(request).await;
        let Err(error) = taken else { return Ok(Answered::Taken) };
        match error.downcast_ref::<Refused>() {
            Some(refused) if refused.failure.code == Code::NotFound => Ok(Answered::NotFound),
            Some(refused) if refused.failure.code == Code::Conflict => {
                let now =
                    self.find_ask(ask).await?.context("the question is not there any more")?;
                Ok(match now.state.as_str() {
                    "open" => Answered::NotFor,
                    "answered" => Answered::Already,
                    _ => Answered::Closed,
                })
            }
            _ => Err(error),
        }
    }

    async fn flows(&self, after: Option<&str>, limit: u32) -> anyhow::Result<Vec<SavedFlow>> {
        self.list(&["flows"], &[], after.map(str::to_owned), limit).await
    }

    async fn flow(&self, name: &str) -> anyhow::Result<Option<SavedFlow>> {
        found(self.remote.ask(self.get(&["flows", name])?).await)
    }

    async fn flow_versions(&self, name: &str) -> anyhow::Result<Vec<SavedFlow>> {
        let versions = self.list(&["flows", name, "versions"], &[], None, MOST_VERSIONS).await;
        Ok(found(versions)?.unwrap_or_default())
    }

    async fn source_of_flow(&self, flow: &SavedFlow) -> anyhow::Result<Arc<str>> {
        self.source_at(&["flows", &flow.name, "versions", &flow.version.to_string()]).await
    }

    async fn save_flows(
        &self,
        _flows: &[FlowDescription],
        source: &Arc<str>,
    ) -> anyhow::Result<Vec<SavedFlow>> {
        #[derive(Deserialize)]
        struct Saved {
            flows: Vec<SavedFlow>,
        }
        let request = self.post(&["flows"], &json!({ "source": source }))?;
        let saved: Saved = self.remote.ask(request).await?;
        Ok(saved.flows)
    }
}
