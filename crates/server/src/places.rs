//! Places that can be taken: so many of each holder, and so many in all. A place is free again when it is
//! dropped.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluice_model::TenantId;
use tokio::sync::watch;

/// Who watches, by a socket or by a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Viewer {
    /// Somebody of that tenant.
    Of(TenantId),
    /// Somebody at that address who has not said yet who they are.
    Stranger(IpAddr),
}

/// The places that are taken. All clones are the same.
pub(crate) struct Places<K: Eq + Hash> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    all: Arc<watch::Sender<usize>>,
    most: usize,
}

/// A place that is taken.
pub(crate) struct Place<K: Eq + Hash> {
    places: Places<K>,
    whose: K,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// So many places in all.
    pub(crate) fn new(most: usize) -> Places<K> {
        Places { taken: Arc::default(), all: Arc::new(watch::Sender::new(0)), most }
    }

    /// Takes a place where that holder has fewer than so many, and not all are taken.
    pub(crate) fn take(&self, whose: K, most: usize) -> Option<Place<K>> {
        let mut taken = self.taken();
        let count = taken.get(&whose).copied().unwrap_or_default();
        if count >= most || *self.all.borrow() >= self.most {
            return None;
        }
        taken.insert(whose.clone(), count + 1);
        self.all.send_modify(|all| *all += 1);
        Some(Place { places: self.clone(), whose })
    }

    /// Resolves when none is taken.
    pub(crate) async fn empty(&self) {
        // The sender is here.
        let _ = self.all.subscribe().wait_for(|all| *all == 0).await;
    }
}

impl<K: Eq + Hash> Places<K> {
    fn taken(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Clone for Places<K> {
    fn clone(&self) -> Places<K> {
        Places { taken: Arc::clone(&self.taken), all: Arc::clone(&self.all), most: self.most }
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
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
    fn places_are_counted_for_each_holder_and_given_back() {
        let places = Places::new(3);
        let first = places.take("a", 1);
        assert!(first.is_some() && places.take("a", 1).is_none());
        let (second, third) = (places.take("b", 2), places.take("b", 2));
        assert!(second.is_some() && third.is_some());
        assert!(places.take("c", 1).is_none(), "there are three in all");
        drop(first);
        let again = places.take("a", 1);
        assert!(again.is_some());
        drop((again, second, third));
        assert!(places.taken().is_empty() && *places.all.borrow() == 0);
    }
}
