//! The runs of a tenant as something happens to them: of each that changed the newest summary, however
//! often it changed. Who cannot be told of each one is told to look at all.

use std::collections::HashSet;
use std::time::Duration;

use sluice_db::{DbError, Tenant};
use sluice_model::{RunId, RunSummary};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::gather::Gather;
use super::hub::Hub;

/// Runs of a batch at most.
const BATCH: usize = 100;

/// Changed runs that wait to be told at most. Beyond it, a list is cheaper.
const MOST_CHANGED: usize = 1_000;

/// How long changes gather at least, and at most where the server is busy.
const GATHER: (Duration, Duration) = (Duration::from_millis(33), Duration::from_secs(1));

/// The runs of a tenant, from now on.
pub(super) struct RunsStream {
    hub: Hub,
    tenant: Tenant,
    flow: Option<String>,
    news: Receiver<RunId>,
    changed: HashSet<RunId>,
    is_behind: bool,
    gather: Gather,
}

/// What is next of a tenant's runs.
pub(super) enum Changed {
    /// These, as they are now. None of those that changed may be of the flow.
    Runs(Vec<RunSummary>),
    /// Any.
    Gap,
}

impl RunsStream {
    /// Those of a flow, or all.
    pub(super) fn new(hub: &Hub, tenant: Tenant, flow: Option<String>) -> RunsStream {
        let news = hub.tenant(tenant.id());
        let (hub, changed) = (hub.clone(), HashSet::new());
        let gather = Gather::new(GATHER.0..=GATHER.1);
        RunsStream { hub, tenant, flow, news, changed, is_behind: false, gather }
    }

    /// Resolves when something changed. May be dropped and called again.
    pub(super) async fn ready(&mut self) {
        self.gather.sent();
        if self.changed.is_empty() && !self.is_behind {
            match self.news.recv().await {
                Ok(run) => self.note(run),
                Err(RecvError::Lagged(_)) => self.is_behind = true,
                Err(RecvError::Closed) => self.anew(),
            }
        }
        self.gather.over().await;
    }

    /// Looks at what changed.
    pub(super) async fn read(&mut self) -> Result<Changed, DbError> {
        loop {
            match self.news.try_recv() {
                Ok(run) => self.note(run),
                Err(TryRecvError::Lagged(_)) => self.is_behind = true,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => {
                    self.anew();
                    break;
                }
            }
        }
        self.gather.begin();
        if std::mem::take(&mut self.is_behind) {
            self.changed.clear();
            return Ok(Changed::Gap);
        }
        let batch: Vec<RunId> = self.changed.iter().take(BATCH).cloned().collect();
        let mut runs = Vec::with_capacity(batch.len());
        for run in batch {
            let row = self.tenant.run(&run).await?;
            self.changed.remove(&run);
            let is_wanted = |flow: &str| self.flow.as_ref().is_none_or(|wanted| wanted == flow);
            runs.extend(row.filter(|row| is_wanted(&row.flow)).map(RunSummary::from));
        }
        runs.sort_by(|one, other| one.run.as_str().cmp(other.run.as_str()));
        Ok(Changed::Runs(runs))
    }

    fn note(&mut self, run: RunId) {
        self.changed.insert(run);
        self.is_behind |= self.changed.len() > MOST_CHANGED;
    }

    /// The hub does not know what changed, or begins anew.
    fn anew(&mut self) {
        self.news = self.hub.tenant(self.tenant.id());
        self.is_behind = true;
    }
}
