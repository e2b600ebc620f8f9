//! `entropy`: the run's randomness, a stream from its recorded seed.

use rand_chacha::rand_core::Rng;
use wasmtime::Result;

use crate::bindings::sluice::runtime::entropy;
use crate::guest::Guest;

impl entropy::Host for Guest {
    fn next(&mut self) -> Result<u64> {
        Ok(self.random.next_u64())
    }
}
