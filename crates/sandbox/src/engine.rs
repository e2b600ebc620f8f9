//! The WebAssembly engine: settings that every guest runs under, and the clock that interrupts them.

use std::thread;
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel};
use wasmtime::{PoolingAllocationConfig, RegallocAlgorithm};

use crate::SandboxError;

/// Names these settings in the digest of an image; to be changed with them.
pub(crate) const SETTINGS_VERSION: &str = "wasmtime 48, settings 1";

/// How often a guest is interrupted to let others run and to look at its budget.
const TICK: Duration = Duration::from_millis(10);

/// Stack of the interpreter's C code. CPython's own guard raises `RecursionError` well before this
/// is full (it takes up to 6 MiB with the profile-guided build); with less, nested `repr` traps.
pub(crate) const WASM_STACK_BYTES: usize = 8 << 20;

/// The wasm stack and room for the host functions on top of it.
const ASYNC_STACK_BYTES: usize = WASM_STACK_BYTES + (2 << 20);

/// Guests alive at once in one process: more than an executor ever has, since an attempt without a slot would
/// end as a fault of ours. Each reserves address space, not memory.
const SLOTS: u32 = 544;

/// Memory that a slot keeps between guests instead of giving it back page by page: resetting it by
/// copying costs less than the page faults that it saves (docs/decisions/0006).
const KEEP_RESIDENT_BYTES: usize = 16 << 20;

/// Makes an engine and starts the thread that ticks for it; the thread ends with the engine.
pub(crate) fn engine() -> Result<Engine, SandboxError> {
    let engine = Engine::new(&config()).map_err(SandboxError::engine)?;
    let ticked = engine.weak();
    thread::Builder::new()
        .name("sluice-epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = ticked.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .map_err(SandboxError::engine)?;
    Ok(engine)
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(SLOTS)
        .total_core_instances(SLOTS * 3)
        .total_memories(SLOTS)
        .total_tables(SLOTS * 2)
        .total_stacks(SLOTS)
        .max_memories_per_component(1)
        .max_tables_per_component(2)
        .max_core_instances_per_component(4)
        .table_elements(20_000)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(512 << 10)
        .pagemap_scan(Enabled::Auto);

    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        // A NaN's bits would tell machines apart, and a replay must not.
        .cranelift_nan_canonicalization(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        // The booted interpreter is one sparse image of some 50 MiB, mapped and never copied.
        .memory_guaranteed_dense_image_size(1 << 30)
        .wasm_backtrace_max_frames(None);
    config
}
