//! The pace of calls: how many a tenant's runs may make in a second, in this process. A call over it
//! waits for its turn and is never refused.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sluice_model::TenantId;
use tokio::time::Instant;

/// Tenants that are kept in mind before those at rest are forgotten.
const MOST_TENANTS: usize = 1_024;

/// A second's calls may come at once.
const BURST: Duration = Duration::from_secs(1);

/// Who made how many calls.
#[derive(Default)]
pub(crate) struct Pace {
    /// When each tenant's calls so far would be made if they came evenly.
    even: Mutex<HashMap<TenantId, Instant>>,
}

impl Pace {
    /// Takes a turn: the instant at which the call may be made; none where that is at once. A pace of
    /// 0 counts as 1.
    pub(crate) fn turn(&self, tenant: &TenantId, per_second: u32, now: Instant) -> Option<Instant> {
        let step = BURST / per_second.max(1);
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        if even.len() >= MOST_TENANTS && !even.contains_key(tenant) {
            even.retain(|_, at| *at > now);
        }
        let at = even.entry(tenant.clone()).or_insert(now);
        *at = (*at).max(now) + step;
        // The last call of a burst is still made at once.
        let turn = at.checked_sub(BURST)?;
        (turn > now).then_some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_evenly() {
        let (pace, now) = (Pace::default(), Instant::now());
        let tenant = TenantId::local();
        let turns: Vec<Option<Duration>> = (0..7)
            .map(|_| pace.turn(&tenant, 4, now).map(|turn| turn.duration_since(now)))
            .collect();
        let later = |ms| Some(Duration::from_millis(ms));
        let expected = [None, None, None, None, later(250), later(500), later(750)];
        assert_eq!(turns, expected);
        // Whoever waits long enough has a whole burst again, and no more.
        let later = now + Duration::from_mins(1);
        let turns = (0..5).filter(|_| pace.turn(&tenant, 4, later).is_none()).count();
        assert_eq!(turns, 4);
    }

    #[test]
    fn tenants_do_not_wait_for_each_other() {
        let (pace, now) = (Pace::default(), Instant::now());
        let other: TenantId = "other".parse().expect("a name of a tenant");
        assert_eq!(pace.turn(&TenantId::local(), 1, now), None);
        assert!(pace.turn(&TenantId::local(), 1, now).is_some());
        assert_eq!(pace.turn(&other, 1, now), None);
        assert!(pace.turn(&other, 0, now).is_some());
    }
}
