//! What calls that leave this machine take while they are under way: so much of each kind of room for a tenant in
//! this process. One that comes on top waits, whoever's run it is, and other tenants do not notice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluice_model::TenantId;
use tokio::sync::Semaphore;

/// A tenant's calls under way at most: each has a connection, and an answer in memory.
pub(crate) const MOST_CALLS: usize = 128;

/// Tenants that are kept in mind before those without a call are forgotten.
const MOST_TENANTS: usize = 1_024;

/// Places of one kind, by tenant.
pub(crate) struct UnderWay {
    most: usize,
    by_tenant: Mutex<HashMap<TenantId, Weak<Semaphore>>>,
}

impl UnderWay {
    /// So many places for each tenant.
    pub(crate) fn new(most: usize) -> UnderWay {
        UnderWay { most, by_tenant: Mutex::default() }
    }

    /// The places of a tenant. They are the same as long as somebody holds on to them.
    pub(crate) fn places(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut by_tenant = self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = by_tenant.get(tenant).and_then(Weak::upgrade) {
            return places;
        }
        if by_tenant.len() >= MOST_TENANTS {
            by_tenant.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(self.most));
        by_tenant.insert(tenant.clone(), Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_its_own_places_as_long_as_one_is_taken() {
        let under_way = UnderWay::new(3);
        let (one, other) = ("one".parse(), "other".parse());
        let (one, other): (TenantId, TenantId) = (one.expect("an id"), other.expect("an id"));
        let places = under_way.places(&one);
        let taken = places.try_acquire_many(3);
        assert!(taken.is_ok());
        assert!(under_way.places(&one).try_acquire().is_err());
        assert!(under_way.places(&other).try_acquire().is_ok());
        drop(taken);
        assert!(under_way.places(&one).try_acquire().is_ok());
    }
}
