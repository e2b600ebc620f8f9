//! `clock`: the run's time, coarse and never going back.

use wasmtime::Result;

use crate::bindings::sluice::runtime::clock;
use crate::guest::Guest;
use crate::recorder;

impl clock::Host for Guest {
    fn now_ms(&mut self) -> Result<u64> {
        self.clock_ms = self.clock_ms.max(recorder::now_us() / 1_000);
        Ok(self.clock_ms)
    }
}
