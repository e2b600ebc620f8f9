//! `clock`: the run's time, coarse and never going back.

use wasmtime::Result;

use crate::bindings::sluice::runtime::clock;
use crate::guest::Guest;

impl clock::Host for Guest {
    fn now_ms(&mut self) -> Result<u64> {
        Ok(self.recorder.now_ms()?)
    }
}
