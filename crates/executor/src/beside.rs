//! Guests beside the runs: sources that are loaded, records that are gone through again. A few at once,
//! shared among tenants as the places of runs are, and charged to their tenants alike.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice_db::Places;
use sluice_model::{Code, Failure, TenantId};
use tokio::sync::Notify;

use crate::fresh::now_us;
use crate::lanes::Guest;
use crate::shared::Shared;
use crate::submit::NotSubmitted;

/// At once, in one process.
const PLACES: u32 = 8;

/// How long one waits for a place before it is told to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// CPU time below which no charge is written down: it costs about what a commit does.
const FREE: Duration = Duration::from_millis(10);

/// Who has how many places.
#[derive(Default)]
pub(crate) struct Beside {
    held: Mutex<HashMap<TenantId, u32>>,
    freed: Notify,
}

impl Beside {
    fn held(&self) -> MutexGuard<'_, HashMap<TenantId, u32>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_enter(&self, tenant: &TenantId) -> bool {
        let mut held = self.held();
        let free = PLACES.saturating_sub(held.values().sum());
        let places = Places::new(free, held.iter().map(|(of, count)| (of.clone(), *count)));
        let has_place = places.of(tenant) > 0;
        if has_place {
            *held.entry(tenant.clone()).or_default() += 1;
        }
        has_place
    }

    async fn enter(&self, tenant: &TenantId) {
        loop {
            let freed = self.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // Whoever leaves between a look and the wait is heard.
            freed.as_mut().enable();
            if self.try_enter(tenant) {
                return;
            }
            freed.await;
        }
    }

    fn leave(&self, tenant: &TenantId) {
        let mut held = self.held();
        if let Some(count) = held.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                held.remove(tenant);
            }
        }
        drop(held);
        self.freed.notify_waiters();
    }
}

/// A place, given back however it ends.
struct Place<'b> {
    beside: &'b Beside,
    tenant: &'b TenantId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.beside.leave(self.tenant);
    }
}

impl Shared {
    /// Brings a guest to its end that is not an attempt of a run. Refused where the tenant has used up its
    /// CPU time of the day, or finds no place for a while.
    pub(crate) async fn beside<T: Send + 'static>(
        self: &Arc<Shared>,
        tenant: &TenantId,
        guest: Guest<T>,
    ) -> Result<T, NotSubmitted> {
        if let Some(refused) = self.store.tenant(tenant).cpu_used_up(now_us()).await? {
            return Err(refused.into());
        }
        if tokio::time::timeout(LONGEST_WAIT, self.beside.enter(tenant)).await.is_err() {
            let failure = Failure::new(Code::RateLimited, "too many sources are loaded at once")
                .hint("Send the request again in some seconds, and fewer at a time.");
            return Err(Box::new(failure).into());
        }
        let _place = Place { beside: &self.beside, tenant };
        let (done, taken) = self.lanes.run_metered(tenant, guest).await;
        if taken >= FREE {
            let taken_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
            self.store.tenant(tenant).charge_cpu(taken_us, now_us()).await?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tenant_leaves_a_place_for_others_and_waits_for_its_own() {
        let (busy, other) = (TenantId::local(), "other".parse().expect("it is a name"));
        let beside = Beside::default();
        let taken = (0..20).take_while(|_| beside.try_enter(&busy)).count();
        assert_eq!(taken, 7);
        assert!(beside.try_enter(&other) && !beside.try_enter(&busy));
        let waits = beside.enter(&busy);
        let leaves = async {
            beside.leave(&busy);
            beside.leave(&other);
        };
        tokio::join!(waits, leaves);
        assert_eq!(beside.held().get(&busy), Some(&7));
    }
}
