//! The places of sockets: so many for each tenant, and so many for those that have not said yet who they
//! are. A place is free again when it is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluice_model::TenantId;
use tokio::sync::watch;

/// The places that are taken. All clones are the same.
#[derive(Clone)]
pub(crate) struct Places {
    taken: Arc<Mutex<HashMap<Option<TenantId>, usize>>>,
    all: watch::Sender<usize>,
}

/// A place that is taken.
pub(crate) struct Place {
    places: Places,
    whose: Option<TenantId>,
}

impl Places {
    pub(crate) fn new() -> Places {
        Places { taken: Arc::default(), all: watch::Sender::new(0) }
    }

    /// Takes a place where there are fewer than so many taken; of nobody where no tenant is named.
    pub(crate) fn take(&self, whose: Option<&TenantId>, most: usize) -> Option<Place> {
        let mut taken = self.taken();
        let count = taken.entry(whose.cloned()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        self.all.send_modify(|all| *all += 1);
        Some(Place { places: self.clone(), whose: whose.cloned() })
    }

    /// Resolves when none is taken.
    pub(crate) async fn empty(&self) {
        // The sender is here.
        let _ = self.all.subscribe().wait_for(|all| *all == 0).await;
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Option<TenantId>, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(count) = taken.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.whose);
            }
        }
        self.places.all.send_modify(|all| *all -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_for_each_tenant_and_given_back() {
        let places = Places::new();
        let local = TenantId::local();
        let first = places.take(Some(&local), 1);
        assert!(first.is_some() && places.take(Some(&local), 1).is_none());
        let nobodys = places.take(None, 1);
        assert!(nobodys.is_some() && places.take(None, 1).is_none());
        drop(first);
        let again = places.take(Some(&local), 1);
        assert!(again.is_some());
        drop((again, nobodys));
        assert!(places.taken().is_empty() && *places.all.borrow() == 0);
    }
}
