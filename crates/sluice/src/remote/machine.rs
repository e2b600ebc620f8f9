//! A server that runs flows.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_model::{Description, Failure, FailureKind, RunId};

use super::refused::told_apart;
use super::{Remote, RemoteRecords};
use crate::exit::Usage;
use crate::local::{Replayed, hex};
use crate::site::{Machine, NewRun, Planned, Records, Refusable, Replaying, Rerun, Summary, Work};

/// A server at work.
pub struct RemoteMachine {
    remote: Remote,
    records: RemoteRecords,
}

impl RemoteMachine {
    /// That server.
    pub fn new(remote: Remote) -> RemoteMachine {
        RemoteMachine { records: RemoteRecords::new(remote.clone()), remote }
    }

    fn post(&self, parts: &[&str], body: &Value) -> anyhow::Result<RequestBuilder> {
        Ok(self.remote.to(Method::POST, parts)?.json(body))
    }

    async fn rerun<T: for<'de> Deserialize<'de>>(
        &self,
        rerun: &Rerun,
        go_live: bool,
    ) -> Refusable<T> {
        let body = json!({
            "from": rerun.from,
            "source": rerun.source,
            "input": rerun.input,
            "grants": rerun.grants,
            "go_live": go_live,
        });
        let request = self.post(&["runs", rerun.run.as_str(), "reruns"], &body)?;
        told_apart(self.remote.ask(request).await)
    }
}

#[async_trait]
impl Machine for RemoteMachine {
    fn records(&self) -> &dyn Records {
        &self.records
    }

    fn work_beside(&self) -> Work {
        Box::pin(std::future::pending())
    }

    async fn image_digest(&self) -> anyhow::Result<String> {
        #[derive(Deserialize)]
        struct Me {
            image_digest: String,
        }
        let me: Me = self.remote.ask(self.remote.to(Method::GET, &["me"])?).await?;
        Ok(me.image_digest)
    }

    async fn load(&self, source: &Arc<str>) -> Refusable<Description> {
        #[derive(Deserialize)]
        struct Validated {
            description: Option<Description>,
            failure: Option<Box<Failure>>,
        }
        let request = self.post(&["validate"], &json!({ "source": source }))?;
        let validated: Validated = match told_apart(self.remote.ask(request).await)? {
            Ok(validated) => validated,
            Err(failure) => return Ok(Err(failure)),
        };
        match (validated.description, validated.failure) {
            (Some(description), _) => Ok(Ok(description)),
            (None, Some(failure)) => Ok(Err(failure)),
            (None, None) => anyhow::bail!("the server says nothing of the source"),
        }
    }

    async fn submit(&self, run: NewRun) -> Refusable<RunId> {
        let body = json!({
            "source": run.source,
            "flow": run.flow,
            "input": run.input,
            "grants": run.grants,
            "limits": run.limits,
            "retry": run.retry,
            "deadline_ms": run.deadline_ms,
            "seed": run.seed.map(|seed| hex(&seed)),
        });
        let mut request = self.post(&["runs"], &body)?;
        if let Some(key) = &run.idempotency_key {
            let key = HeaderValue::from_str(key)
                .map_err(|_| Usage::new("the key has letters that a server does not take"))?;
            request = request.header("Idempotency-Key", key);
        }
        let begun: Result<Summary, _> = told_apart(self.remote.ask(request).await)?;
        Ok(begun.map(|run| run.run))
    }

    async fn plan(&self, rerun: &Rerun) -> Refusable<Planned> {
        self.rerun(rerun, false).await
    }

    async fn go_live(&self, rerun: &Rerun, _planned: Planned) -> Refusable<RunId> {
        #[derive(Deserialize)]
        struct GoneLive {
            run: Option<RunId>,
        }
        match self.rerun::<GoneLive>(rerun, true).await? {
            Ok(gone) => Ok(Ok(gone.run.context("the server did not go live")?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn replay(
        &self,
        replaying: Replaying<'_>,
        _seen: &mut (dyn FnMut(usize) + Send),
    ) -> anyhow::Result<Replayed> {
        #[derive(Deserialize)]
        struct Report {
            result: String,
            failure: Option<Box<Failure>>,
        }
        let body = json!({ "source": replaying.source });
        let request = self.post(&["runs", replaying.run.as_str(), "replay"], &body)?;
        let report: Report = match told_apart(self.remote.ask(request).await)? {
            Ok(report) => report,
            Err(failure) if failure.kind == FailureKind::SourceError => {
                return Ok(Replayed::Different(failure));
            }
            Err(failure) => anyhow::bail!("{}", failure.message),
        };
        match (report.result.as_str(), report.failure) {
            (_, Some(failure)) => Ok(Replayed::Different(failure)),
            ("same", None) => Ok(Replayed::Same),
            ("same_so_far", None) => Ok(Replayed::SameSoFar),
            (other, None) => anyhow::bail!("the server says `{other}` of the replay"),
        }
    }
}
