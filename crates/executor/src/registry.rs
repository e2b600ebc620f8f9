//! The attempts that are alive in this process, and how to reach them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluice_db::Places;
use sluice_model::{RunId, TenantId};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::poke::Poke;

/// The live attempts by run.
#[derive(Default)]
pub(crate) struct Registry {
    live: Mutex<HashMap<RunId, (u64, UnboundedSender<Poke>)>>,
    /// How many attempts each tenant has.
    held: Mutex<HashMap<TenantId, u32>>,
    count: AtomicUsize,
    /// Told when there may be work in the queue.
    pub(crate) queued: Notify,
}

impl Registry {
    fn live(&self) -> MutexGuard<'_, HashMap<RunId, (u64, UnboundedSender<Poke>)>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<TenantId, u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an attempt under its fence. What was entered for the same run before is told that it
    /// has lost the run.
    pub(crate) fn enter(
        &self,
        tenant: &TenantId,
        run: &RunId,
        fence: u64,
    ) -> UnboundedReceiver<Poke> {
        let (sender, receiver) = unbounded_channel();
        if let Some((_, earlier)) = self.live().insert(run.clone(), (fence, sender)) {
            // It may be over by now.
            let _ = earlier.send(Poke::Lost);
        }
        *self.held().entry(tenant.clone()).or_default() += 1;
        self.count.fetch_add(1, Ordering::Relaxed);
        receiver
    }

    /// The attempt is over.
    pub(crate) fn leave(&self, tenant: &TenantId, run: &RunId, fence: u64) {
        let mut live = self.live();
        if live.get(run).is_some_and(|(entered, _)| *entered == fence) {
            live.remove(run);
        }
        drop(live);
        self.give_back(tenant);
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Sets a place aside for a tenant, where it may have one more; it is given back when it is dropped.
    pub(crate) fn reserve(
        registry: &Arc<Registry>,
        tenant: &TenantId,
        concurrency: u32,
    ) -> Option<Reserved> {
        let mut held = registry.held();
        if places(&held, concurrency).of(tenant) == 0 {
            return None;
        }
        *held.entry(tenant.clone()).or_default() += 1;
        Some(Reserved { registry: Arc::clone(registry), tenant: tenant.clone() })
    }

    fn give_back(&self, tenant: &TenantId) {
        let mut held = self.held();
        if let Some(count) = held.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                held.remove(tenant);
            }
        }
    }

    /// The places of a process that has so many attempts at once.
    pub(crate) fn places(&self, concurrency: u32) -> Places {
        places(&self.held(), concurrency)
    }

    /// The runs with their fences.
    pub(crate) fn leases(&self) -> Vec<(RunId, u64)> {
        self.live().iter().map(|(run, (fence, _))| (run.clone(), *fence)).collect()
    }

    /// Tells one attempt, if it is here.
    pub(crate) fn poke(&self, run: &RunId, poke: Poke) {
        if let Some((_, sender)) = self.live().get(run) {
            // An attempt that is just over needs no message.
            let _ = sender.send(poke);
        }
    }

    /// Tells them all.
    pub(crate) fn poke_all(&self, poke: Poke) {
        for (_, sender) in self.live().values() {
            // As above.
            let _ = sender.send(poke);
        }
    }
}

fn places(held: &HashMap<TenantId, u32>, concurrency: u32) -> Places {
    let free = concurrency.saturating_sub(held.values().sum());
    Places::new(free, held.iter().map(|(tenant, count)| (tenant.clone(), *count)))
}

/// A place that is set aside.
pub(crate) struct Reserved {
    registry: Arc<Registry>,
    tenant: TenantId,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.registry.give_back(&self.tenant);
    }
}
