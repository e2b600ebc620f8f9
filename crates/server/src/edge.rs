//! What every handler works with.

use std::sync::Arc;

use sluice_db::{DbError, Store};
use sluice_executor::{CalmThreads, Executor, Version};
use sluice_model::TenantId;
use tokio::sync::watch;

use crate::auth::{Rates, Standing};
use crate::live::Hub;
use crate::metrics::Metrics;
use crate::places::{Places, Viewer};
use crate::problem::Problem;
use crate::settings::Settings;

/// The edge of one server. All clones are the same one.
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

struct Inner {
    executor: Executor,
    settings: Settings,
    rates: Rates,
    standing: Standing,
    hub: Hub,
    places: Places<Viewer>,
    metrics: Metrics,
    stopping: watch::Sender<bool>,
    /// What those who watch are served on.
    viewers: CalmThreads,
}

/// How much less urgent those who watch are than runs and requests: a quarter of a processor that both
/// want, by the kernel's weights (`sched_prio_to_weight`: 1024 and 335).
const VIEWERS_NICENESS: u8 = 5;

impl Edge {
    /// The edge over an executor and its store. Within a runtime: it begins to listen to the store.
    pub fn new(executor: Executor, settings: Settings) -> Edge {
        let hub = Hub::over(executor.store());
        let rates = Rates::new(&settings);
        let (standing, places) = (Standing::new(), Places::new(usize::MAX));
        let metrics = Metrics::new(settings.telemetry.as_ref());
        let stopping = watch::Sender::new(false);
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let viewers = CalmThreads::new("sluice-viewers", processors, VIEWERS_NICENESS);
        let inner =
            Inner { executor, settings, rates, standing, hub, places, metrics, stopping, viewers };
        Edge { inner: Arc::new(inner) }
    }

    /// Serves somebody who watches, without any haste.
    pub(crate) fn attend(&self, watching: impl Future<Output = ()> + Send + 'static) {
        match self.inner.viewers.handle() {
            Some(threads) => drop(threads.spawn(watching)),
            None => drop(tokio::spawn(watching)),
        }
    }

    /// The executor.
    pub fn executor(&self) -> &Executor {
        &self.inner.executor
    }

    /// The store.
    pub fn store(&self) -> &Store {
        self.inner.executor.store()
    }

    /// How it is set.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// How often somebody may ask.
    pub(crate) fn rates(&self) -> &Rates {
        &self.inner.rates
    }

    /// Whether those who stay may still do so.
    pub(crate) fn standing(&self) -> &Standing {
        &self.inner.standing
    }

    /// The sockets and streams that are open.
    pub(crate) fn places(&self) -> &Places<Viewer> {
        &self.inner.places
    }

    /// Who is told when records grow.
    pub(crate) fn hub(&self) -> &Hub {
        &self.inner.hub
    }

    /// Streams end, and what waits is answered with what there is.
    pub fn stop(&self) {
        self.inner.stopping.send_replace(true);
    }

    /// Resolves when the server begins to stop.
    pub async fn stopping(&self) {
        let mut stopping = self.inner.stopping.subscribe();
        // The sender lives as long as the edge.
        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
    }

    /// Loads a source for a tenant, or says what is wrong with it.
    pub(crate) async fn version(
        &self,
        tenant: &TenantId,
        source: &str,
    ) -> Result<Arc<Version>, Problem> {
        Ok(self.executor().version(tenant, &Arc::from(source)).await?)
    }

    /// Loads the newest version of a saved flow.
    pub(crate) async fn saved(
        &self,
        tenant: &TenantId,
        flow: &str,
    ) -> Result<Arc<Version>, Problem> {
        let kept = self.store().tenant(tenant).flow(flow).await?;
        let kept = kept.ok_or_else(|| no_flow(flow))?;
        Ok(self.executor().saved_version(tenant, &kept.source_digest).await?)
    }

    /// Whether the store answers.
    pub(crate) async fn is_ready(&self) -> Result<(), DbError> {
        self.store().admin().tenant(&TenantId::local()).await.map(|_| ())
    }
}

/// There is no such flow.
pub(crate) fn no_flow(flow: &str) -> Problem {
    let flow: String = flow.chars().take(80).collect();
    Problem::not_found(format!("flow `{flow}`")).hint(
        "`GET /v1/flows` lists the saved flows; `POST /v1/runs` runs a source without saving it.",
    )
}
