//! Tells those who watch a run, or all runs of a tenant, that there is more to read. One task listens to
//! the store for all of them, so that a commit costs the same however many watch.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluice_db::{Notice, Store};
use sluice_model::{RunId, TenantId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::tail::Tail;

/// Runs of a tenant that a watcher may be behind before it has to look at all of them.
const MOST_BEHIND: usize = 1_024;

/// How many entries nobody watches any more are kept before they are cleared away.
const SWEEP_AT: usize = 256;

/// Who is to be told.
#[derive(Clone)]
pub(crate) struct Hub {
    watched: Arc<Mutex<Watched>>,
}

#[derive(Default)]
struct Watched {
    runs: HashMap<RunId, WatchedRun>,
    tenants: HashMap<TenantId, broadcast::Sender<RunId>>,
    sweep_at: usize,
    /// What the tails of all runs keep.
    tail_bytes: Arc<AtomicUsize>,
}

struct WatchedRun {
    /// How often something was heard of it.
    changes: watch::Sender<u64>,
    tail: Arc<Tail>,
}

impl Hub {
    /// Begins to listen.
    pub(crate) fn over(store: &Store) -> Hub {
        let hub = Hub { watched: Arc::default() };
        let watched = Arc::downgrade(&hub.watched);
        let mut notices = store.notices();
        tokio::spawn(async move {
            loop {
                let notice = match notices.recv().await {
                    Ok(notice) => notice,
                    Err(RecvError::Lagged(_)) => Notice::Elsewhere,
                    Err(RecvError::Closed) => return,
                };
                let Some(watched) = watched.upgrade() else { return };
                lock(&watched).tell(notice);
            }
        });
        hub
    }

    /// Changes with each commit to that run.
    pub(crate) fn run(&self, run: &RunId) -> watch::Receiver<u64> {
        self.record(run).0
    }

    /// The same, and the newest events of the run.
    pub(super) fn record(&self, run: &RunId) -> (watch::Receiver<u64>, Arc<Tail>) {
        let mut watched = lock(&self.watched);
        watched.sweep();
        let Watched { runs, tail_bytes, .. } = &mut *watched;
        let watched = runs.entry(run.clone()).or_insert_with(|| WatchedRun {
            changes: watch::Sender::new(0),
            tail: Arc::new(Tail::new(Arc::clone(tail_bytes))),
        });
        (watched.changes.subscribe(), Arc::clone(&watched.tail))
    }

    /// The runs of a tenant as something is committed to them. A receiver that lagged is to look at all.
    pub(crate) fn tenant(&self, tenant: &TenantId) -> broadcast::Receiver<RunId> {
        let mut watched = lock(&self.watched);
        watched.sweep();
        let sender = watched.tenants.entry(tenant.clone());
        sender.or_insert_with(|| broadcast::channel(MOST_BEHIND).0).subscribe()
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    fn tell(&mut self, notice: Notice) {
        match notice {
            Notice::Events { tenant, run, .. } => {
                if let Some(watched) = self.runs.get(&run) {
                    watched.changes.send_modify(|heard| *heard += 1);
                }
                if let Some(watchers) = self.tenants.get(&tenant) {
                    // Whoever watched may just have gone.
                    let _ = watchers.send(run);
                }
            }
            Notice::Elsewhere => {
                for watched in self.runs.values() {
                    watched.changes.send_modify(|heard| *heard += 1);
                }
                // A channel that is gone reads as one that has lagged: watchers subscribe anew and look
                // at everything.
                self.tenants.clear();
            }
            Notice::Queued | Notice::Run(_) => {}
        }
    }

    fn sweep(&mut self) {
        if self.runs.len() + self.tenants.len() < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.runs.retain(|_, watched| watched.changes.receiver_count() > 0);
        self.tenants.retain(|_, watchers| watchers.receiver_count() > 0);
        self.sweep_at = 2 * (self.runs.len() + self.tenants.len());
    }
}
