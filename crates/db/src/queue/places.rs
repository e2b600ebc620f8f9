//! The places of a worker, shared among tenants: whoever comes late still finds one.

use std::collections::BTreeMap;

use sluice_model::TenantId;

/// How many times as many places as are free a tenant may hold.
const TIMES: u32 = 7;

/// The places of a worker.
///
/// A tenant may hold seven times as many as are free, so one tenant alone gets seven of eight, and `n` that
/// want all there is get 7/(7n + 1) each: some places are always free for whoever comes next, without a
/// number set aside. The rule is that of dynamic queue thresholds (Choudhury and Hahne, "Dynamic queue
/// length thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking, 1998).
#[derive(Clone, Debug, Default)]
pub struct Places {
    free: u32,
    held: BTreeMap<TenantId, u32>,
    /// How many are to be given at this time.
    most: u32,
}

impl Places {
    /// So many free places, beside those that tenants hold.
    pub fn new(free: u32, held: impl IntoIterator<Item = (TenantId, u32)>) -> Places {
        Places { free, held: held.into_iter().collect(), most: free }
    }

    /// The same, of which no more than so many are given now.
    #[must_use]
    pub fn at_most(self, most: u32) -> Places {
        Places { most: most.min(self.free), ..self }
    }

    /// How many can be given now, whoever takes them.
    pub fn left(&self) -> u32 {
        self.most
    }

    /// How many more a tenant may take. As long as any is free, a tenant without one gets one.
    pub fn of(&self, tenant: &TenantId) -> u32 {
        let held = self.held.get(tenant).copied().unwrap_or(0);
        let above = (self.free * TIMES).saturating_sub(held);
        above.div_ceil(TIMES + 1).min(self.most)
    }

    /// A tenant takes so many.
    pub(super) fn take(&mut self, tenant: &TenantId, count: u32) {
        self.free = self.free.saturating_sub(count);
        self.most = self.most.saturating_sub(count);
        *self.held.entry(tenant.clone()).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tenants hold after each took one as long as it might.
    fn filled(places: u32, tenants: u32) -> Vec<u32> {
        let names: Vec<TenantId> =
            (0..tenants).map(|n| format!("t{n}").parse().expect("it is a name")).collect();
        let mut places = Places::new(places, []);
        while let Some(next) = names
            .iter()
            .filter(|name| places.of(name) > 0)
            .min_by_key(|name| places.held.get(*name).copied().unwrap_or(0))
        {
            places.take(&next.clone(), 1);
        }
        names.iter().map(|name| places.held.get(name).copied().unwrap_or(0)).collect()
    }

    #[test]
    fn one_tenant_gets_most_and_never_all() {
        assert_eq!(filled(64, 1), [56]);
        let two = filled(64, 2);
        assert_eq!(two, [30, 30]);
        assert!(filled(64, 5).iter().sum::<u32>() < 64);
    }

    #[test]
    fn few_places_are_used() {
        assert_eq!(filled(1, 1), [1]);
        assert_eq!(filled(2, 1), [2]);
        assert_eq!(filled(8, 1), [7]);
    }

    #[test]
    fn a_newcomer_finds_a_place_as_long_as_one_is_free() {
        let (busy, new) = ("a".parse().expect("a name"), "b".parse().expect("a name"));
        let mut places = Places::new(8, [(busy, 56)]);
        assert_eq!(places.of(&"a".parse().expect("a name")), 0);
        assert!(places.of(&new) >= 1);
        places.take(&new, 7);
        assert_eq!((places.left(), places.of(&"c".parse().expect("a name"))), (1, 1));
    }
}
