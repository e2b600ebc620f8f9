//! The ceilings that the engine itself asks about: memory, tables, CPU time.

use sluice_model::{Code, Limits};
use wasmtime::{ResourceLimiter, UpdateDeadline};

use crate::meter::Meter;
use crate::stop::Stop;

/// The interpreter's table has 4,500 elements and does not grow.
const TABLE_ELEMENTS: usize = 20_000;

/// Memory and CPU time of one guest.
#[derive(Debug)]
pub(crate) struct Budget {
    memory_limit: u64,
    cpu_limit_us: u64,
    /// Set once the guest was refused memory: if it fails after that, this is why.
    pub(crate) memory_refused: bool,
    meter: Meter,
}

impl Budget {
    pub(crate) fn new(limits: &Limits, meter: Meter) -> Budget {
        Budget {
            memory_limit: limits.memory_bytes,
            cpu_limit_us: limits.cpu_time_ms.saturating_mul(1_000),
            memory_refused: false,
            meter,
        }
    }

    /// The failure of a guest that used up its memory.
    pub(crate) fn memory_exceeded(&self) -> Stop {
        let limit = self.memory_limit;
        let message = format!("the flow needs more than {} MiB of memory", limit >> 20);
        Stop::limit(Code::LimitMemory, message, limit)
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired as u64 > self.memory_limit {
            self.memory_refused = true;
            return Ok(false);
        }
        self.meter.hold_memory(desired as u64);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

/// Called every tick of the engine while a guest computes: ends it when its CPU time is used up,
/// and lets others have the thread otherwise.
pub(crate) fn on_tick(budget: &Budget) -> wasmtime::Result<UpdateDeadline> {
    if budget.meter.cpu_time_now_us() > budget.cpu_limit_us {
        let limit_ms = budget.cpu_limit_us / 1_000;
        let message = format!("the flow used its {limit_ms} ms of CPU time");
        return Err(Stop::limit(Code::LimitCpuTime, message, limit_ms).into());
    }
    Ok(UpdateDeadline::Yield(1))
}
