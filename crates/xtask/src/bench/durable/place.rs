//! A store, and an executor over it that works in this process.

use sluice_db::Store;
use sluice_executor::{Executor, ExecutorError, Guard, Outside, Settings};
use sluice_model::{Quota, Scrub, TenantId};
use sluice_sandbox::{ImageSource, Sandbox};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::Client;
use crate::places;

/// Runs of one tenant that are measured never meet its quota.
pub(in crate::bench) fn quota() -> Quota {
    Quota {
        running: 1_000_000,
        queued: 10_000_000,
        cpu_ms_per_day: 1 << 40,
        stored_bytes: 1 << 50,
        calls_per_second: 1_000_000_000,
        ..Quota::default()
    }
}

/// An executor that is open, and may be at work.
pub(super) struct Place {
    pub(super) client: Client,
    work: Option<Work>,
}

struct Work {
    stop: oneshot::Sender<()>,
    working: JoinHandle<Result<(), ExecutorError>>,
}

impl Place {
    /// An executor that only submits and looks.
    pub(super) async fn open(url: &str, settings: Settings) -> anyhow::Result<Place> {
        let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
        let sandbox = Sandbox::new(source.open(&mut |stage| eprintln!("{stage} ..."))?)?;
        let store = Store::open(url).await?;
        store.admin().set_quota(&TenantId::local(), &quota()).await?;
        let client = Client::new(Executor::new(store, sandbox, settings)).await?;
        Ok(Place { client, work: None })
    }

    /// One that takes up runs, and whose runs reach the service `bench` at that address, which gives its document.
    pub(super) async fn reaching_out(url: &str, service: &str) -> anyhow::Result<Place> {
        let store = Store::open(url).await?;
        let outside = Outside::new(store, Guard::default(), None, Scrub::new());
        let checked = outside.check_service("bench", Some(service)).await;
        anyhow::ensure!(checked.is_ok(), "the service gives no document");
        let settings = Settings { outside: Some(outside), ..Settings::default() };
        Place::at_work(url, settings).await
    }

    /// One that takes up runs, too.
    pub(super) async fn at_work(url: &str, settings: Settings) -> anyhow::Result<Place> {
        let mut place = Place::open(url, settings).await?;
        place.work();
        Ok(place)
    }

    /// Begins to take up runs.
    pub(super) fn work(&mut self) {
        let executor = self.client.executor().clone();
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or(()) };
        let working = tokio::spawn(async move { executor.work(stopped).await });
        self.work = Some(Work { stop, working });
    }

    /// Ends in good order.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        if let Some(Work { stop, working }) = self.work {
            // Work that ended by itself says why below.
            let _ = stop.send(());
            working.await??;
        }
        self.client.executor().store().clone().close().await;
        Ok(())
    }
}
