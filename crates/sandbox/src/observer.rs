//! What the guest was told since its previous event: readings of the clock, and calls given back.
//! Compact: a reading that its default already says is not noted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluice_model::{CallId, Observed};

/// Changes of the clock that may be pending before it gets coarser.
const FINE_CHANGES: u64 = 1_000;

/// What was told and is not part of an event yet. The driver takes it when the guest is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<Mutex<Observed>>);

impl Told {
    /// Takes what was told so far.
    pub(crate) fn take(&self) -> Observed {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Milliseconds since the Unix epoch.
    pub(crate) ms: u64,
    /// Whether it differs from the default, so that a record names it.
    pub(crate) noted: bool,
}

/// Counts what the guest asks since its previous event, and notes what it is told.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    told: Told,
    /// The default of the next reading: the last one, and never less than the guest's last event.
    clock_ms: u64,
    readings: u64,
    nexts: u64,
}

impl Observer {
    pub(crate) fn new(told: Told) -> Observer {
        Observer { told, ..Observer::default() }
    }

    /// A reading of the clock at that time. The more changes are pending, the coarser it is, so a loop
    /// that only looks at the clock makes a short list.
    pub(crate) fn read(&mut self, now_ms: u64) -> Reading {
        let index = self.count_reading();
        let mut told = self.told.lock();
        let least_change = 1 + told.clock.len() as u64 / FINE_CHANGES;
        let noted = now_ms >= self.clock_ms.saturating_add(least_change);
        if noted {
            told.clock.push((index, now_ms));
            self.clock_ms = now_ms;
        }
        Reading { ms: self.clock_ms, noted }
    }

    /// A reading that a record tells: `ms` where it names this one.
    pub(crate) fn read_again(&mut self, ms: Option<u64>) -> Reading {
        self.clock_ms = self.clock_ms.max(ms.unwrap_or_default());
        Reading { ms: self.clock_ms, noted: ms.is_some() }
    }

    /// Which reading since the previous event this is.
    pub(crate) fn count_reading(&mut self) -> u64 {
        self.readings += 1;
        self.readings - 1
    }

    /// Which `next` since the previous event this is.
    pub(crate) fn count_next(&mut self) -> u64 {
        self.nexts += 1;
        self.nexts - 1
    }

    /// Notes that the `next` that was counted last gave these calls.
    pub(crate) fn deliver(&mut self, calls: Vec<CallId>) {
        if !calls.is_empty() {
            self.told.lock().delivered.push((self.nexts.saturating_sub(1), calls));
        }
    }

    /// The guest made an event at that time: takes what it was told before, and counts anew.
    pub(crate) fn event(&mut self, at_us: u64) -> Observed {
        self.clock_ms = self.clock_ms.max(at_us / 1_000);
        self.readings = 0;
        self.nexts = 0;
        self.told.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_readings_that_differ_are_noted_and_an_event_counts_anew() {
        let mut observer = Observer::default();
        let readings: Vec<_> = [5, 5, 7, 6].map(|now_ms| observer.read(now_ms).ms).into();
        assert_eq!(readings, [5, 5, 7, 7], "it never goes back");
        observer.count_next();
        observer.count_next();
        observer.deliver(vec![CallId(3)]);
        let told = observer.event(9_999);
        assert_eq!(told.clock, [(0, 5), (2, 7)]);
        assert_eq!(told.delivered, [(1, vec![CallId(3)])]);
        assert_eq!(observer.read(8), Reading { ms: 9, noted: false });
        assert_eq!(observer.read(10), Reading { ms: 10, noted: true });
        assert_eq!(observer.event(0).clock, [(1, 10)]);
    }

    #[test]
    fn a_busy_loop_makes_a_list_that_grows_ever_slower() {
        let told = Told::default();
        let mut observer = Observer::new(told.clone());
        for now_ms in 1..=60_000 {
            observer.read(now_ms);
        }
        let clock = told.take().clock;
        assert!((2_000..=12_000).contains(&clock.len()), "{}", clock.len());
    }
}
