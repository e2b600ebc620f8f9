//! Values of secrets that were used of late, so that what takes one out of texts is made once for a version. They
//! have bounds in bytes, for each tenant and for all: what was not used for longest goes first, and at once what is
//! set anew or removed here. What a call has in use is its own to hold.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sluice_model::TenantId;
use sluice_outbound::vault::Secret;

/// What the values of one tenant take in memory at most, with all that looks for them. A value of the largest kind
/// may take as much by itself, and then it is made again for each call.
const MOST_OF_TENANT: usize = 8 << 20;

/// What those of all tenants take at most.
const MOST_OF_ALL: usize = 64 << 20;

/// The most values.
const MOST_VALUES: usize = 1_024;

/// How long a value is kept that nobody uses.
const KEPT: Duration = Duration::from_mins(10);

#[derive(Default)]
pub(super) struct Opened(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_name: HashMap<(TenantId, String), Entry>,
    uses: u64,
    /// Since room was made last.
    has_grown: bool,
}

struct Entry {
    /// Another text for each version.
    sealed: String,
    value: Secret,
    last_use: u64,
    used_at: Instant,
}

impl Opened {
    /// A value in use: the one that is kept of that version, or this one, which is kept from now on.
    pub(super) fn used(
        &self,
        tenant: &TenantId,
        name: &str,
        sealed: &str,
        value: Secret,
        now: Instant,
    ) -> Secret {
        let mut kept = self.kept();
        kept.by_name.retain(|_, entry| now.saturating_duration_since(entry.used_at) < KEPT);
        kept.uses += 1;
        let last_use = kept.uses;
        let key = (tenant.clone(), name.to_owned());
        if let Some(entry) = kept.by_name.get_mut(&key).filter(|entry| entry.sealed == sealed) {
            (entry.last_use, entry.used_at) = (last_use, now);
            return entry.value.clone();
        }
        let entry =
            Entry { sealed: sealed.to_owned(), value: value.clone(), last_use, used_at: now };
        kept.by_name.insert(key, entry);
        kept.has_grown = true;
        value
    }

    /// Forgets what is too much.
    pub(super) fn make_room(&self) {
        let mut kept = self.kept();
        if !std::mem::take(&mut kept.has_grown) {
            return;
        }
        let mut latest: Vec<_> =
            kept.by_name.iter().map(|(key, it)| (Reverse(it.last_use), key, it)).collect();
        latest.sort_unstable_by_key(|(last_use, ..)| *last_use);
        let (mut all, mut by_tenant, mut stay) = (0, HashMap::<&TenantId, usize>::new(), 0);
        let mut gone = Vec::new();
        for (_, key, entry) in latest {
            let weight = entry.value.weight() + entry.sealed.len();
            let of_tenant = by_tenant.entry(&key.0).or_default();
            let fits = *of_tenant + weight <= MOST_OF_TENANT && all + weight <= MOST_OF_ALL;
            if fits && stay < MOST_VALUES {
                (*of_tenant, all, stay) = (*of_tenant + weight, all + weight, stay + 1);
            } else {
                gone.push(key.clone());
            }
        }
        for key in gone {
            kept.by_name.remove(&key);
        }
    }

    /// Forgets a secret that is no more what it was.
    pub(super) fn forget(&self, tenant: &TenantId, name: &str) {
        self.kept().by_name.remove(&(tenant.clone(), name.to_owned()));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use sluice_model::Scrub;

    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().expect("a tenant")
    }

    /// One of the largest values, another one for each number.
    fn large(number: usize) -> String {
        format!("{number:08}{}", "x".repeat(64_000))
    }

    /// Uses a value as a call does, to its end.
    fn use_once(opened: &Opened, log: &Scrub, tenant: &TenantId, (name, value): (&str, &str)) {
        let secret = Secret::new(value.to_owned()).expect("a value");
        let sealed = value.get(..8).unwrap_or_default();
        let secret = opened.used(tenant, name, sealed, secret, Instant::now());
        log.lend(secret.scrub());
        opened.make_room();
        assert_eq!(log.text(value), "[redacted]", "a value in use is taken out of the log");
    }

    fn weight(opened: &Opened) -> usize {
        opened.kept().by_name.values().map(|entry| entry.value.weight()).sum()
    }

    #[test]
    fn a_tenant_that_sets_and_uses_secrets_for_ever_takes_no_more_than_its_share() {
        let (opened, log) = (Opened::default(), Scrub::new());
        let (quiet, loud) = (tenant("quiet"), tenant("loud"));
        use_once(&opened, &log, &quiet, ("KEY", "a-quiet-secret"));
        for number in 0..40 {
            use_once(&opened, &log, &loud, ("ONE", &large(number)));
        }
        assert_eq!(opened.kept().by_name.len(), 2, "one version is kept");
        for number in 0..40 {
            use_once(&opened, &log, &loud, (&number.to_string(), &large(number)));
            assert!(weight(&opened) <= MOST_OF_TENANT + (1 << 20), "{}", weight(&opened));
        }
        assert_eq!(log.text("a-quiet-secret"), "[redacted]", "others keep theirs");
        assert_eq!(log.text(&large(39)), "[redacted]", "the latest stays");
        assert_ne!(log.text(&large(0)), "[redacted]", "the oldest goes, from the log too");
    }

    #[test]
    fn a_value_goes_with_its_secret_unless_a_call_has_it_in_use() {
        let (opened, log, acme) = (Opened::default(), Scrub::new(), tenant("acme"));
        let secret = || Secret::new("one-and-only".to_owned()).expect("a value");
        let in_use = opened.used(&acme, "KEY", "v1", secret(), Instant::now());
        log.lend(in_use.scrub());
        opened.forget(&acme, "KEY");
        assert!(opened.kept().by_name.is_empty());
        assert_eq!(log.text("one-and-only"), "[redacted]");
        drop(in_use);
        assert_eq!(log.text("one-and-only"), "one-and-only", "nobody has it in the clear");
    }

    #[test]
    fn what_nobody_uses_is_kept_for_a_while() {
        let (opened, acme) = (Opened::default(), tenant("acme"));
        let secret = || Secret::new("one-and-only".to_owned()).expect("a value");
        let now = Instant::now();
        let first = opened.used(&acme, "A", "a1", secret(), now);
        let second = opened.used(&acme, "A", "a1", secret(), now + KEPT / 2);
        assert!(std::ptr::eq(first.scrub(), second.scrub()), "it is made once for a version");
        opened.used(&acme, "B", "b1", secret(), now + KEPT);
        assert_eq!(opened.kept().by_name.len(), 2);
        opened.used(&acme, "B", "b1", secret(), now + KEPT * 2);
        assert_eq!(opened.kept().by_name.len(), 1);
    }
}
