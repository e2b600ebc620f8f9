//! So many in a second, for each of many: a bucket that fills with time, and from which one is taken each
//! time. A second's worth may be taken at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Buckets beyond which those that are full again are forgotten.
const MANY: usize = 10_000;

/// A bucket for each key that was seen lately.
pub(super) struct Buckets<K> {
    /// How long it takes until there is one more in a bucket.
    each: Duration,
    state: Mutex<State<K>>,
}

struct State<K> {
    /// When each bucket is full again.
    full_at: HashMap<K, Instant>,
    sweep_at: usize,
}

impl<K: Clone + Eq + Hash> Buckets<K> {
    pub(super) fn new(per_second: u32) -> Buckets<K> {
        let state = State { full_at: HashMap::new(), sweep_at: MANY };
        Buckets { each: Duration::from_secs(1) / per_second.max(1), state: Mutex::new(state) }
    }

    /// Takes one; else how long it takes until there is one.
    pub(super) fn take(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        let full_at = state.full_at.get(key).copied().unwrap_or(now).max(now);
        self.there_is_one(full_at, now)?;
        if state.full_at.len() >= state.sweep_at {
            state.full_at.retain(|_, full_at| *full_at > now);
            // Where all are in use, looking at them again soon would help nobody.
            state.sweep_at = MANY.max(2 * state.full_at.len());
        }
        state.full_at.insert(key.clone(), full_at + self.each);
        Ok(())
    }

    /// The same without taking it.
    pub(super) fn look(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let full_at = self.state().full_at.get(key).copied().unwrap_or(now);
        self.there_is_one(full_at, now)
    }

    fn there_is_one(&self, full_at: Instant, now: Instant) -> Result<(), Duration> {
        let missing = full_at.saturating_duration_since(now) + self.each;
        match missing.checked_sub(Duration::from_secs(1)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_a_seconds_worth_and_fills_again() {
        let (buckets, begin) = (Buckets::new(4), Instant::now());
        for _ in 0..4 {
            assert_eq!(buckets.look(&"a", begin), Ok(()));
            assert_eq!(buckets.take(&"a", begin), Ok(()));
        }
        assert_eq!(buckets.look(&"a", begin), Err(Duration::from_millis(250)));
        assert_eq!(buckets.take(&"a", begin), Err(Duration::from_millis(250)));
        assert_eq!(buckets.take(&"b", begin), Ok(()));
        let later = begin + Duration::from_millis(250);
        assert_eq!(buckets.take(&"a", later), Ok(()));
        assert!(buckets.take(&"a", later).is_err());
        let much_later = begin + Duration::from_mins(1);
        assert!((0..4).all(|_| buckets.take(&"a", much_later).is_ok()));
        assert!(buckets.take(&"a", much_later).is_err());
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (buckets, begin) = (Buckets::new(1), Instant::now());
        for key in 0..MANY {
            assert_eq!(buckets.take(&key, begin), Ok(()));
        }
        let later = begin + Duration::from_secs(2);
        assert_eq!(buckets.take(&MANY, later), Ok(()));
        assert_eq!(buckets.state().full_at.len(), 1);
    }
}
