//! Boots the interpreter once and freezes it: core module in, core module with the booted memory out.

use std::sync::Arc;

use wasmtime::{Config, Engine, Instance, Linker, Module, OptLevel, Store};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

use super::archive::Archive;
use super::wasi::{self, BootWorld};
use crate::SandboxError;

/// Why a boot did not come to its end: what the interpreter wrote, and the trap.
fn boot_failed(world: &BootWorld, error: &wasmtime::Error) -> SandboxError {
    SandboxError::Boot {
        output: String::from_utf8_lossy(&world.output).into_owned(),
        reason: match world.exit_status {
            Some(status) => format!("it exited with status {status}"),
            None => format!("{error:#}"),
        },
    }
}

/// Runs `wizer-initialize` of the interpreter on the files of `archive` and returns the interpreter
/// as it was then. `booting` is called when the module is compiled and the boot begins.
///
/// The code runs once, so it is compiled for a fast compilation; the stack is as deep as the
/// deepest import of the standard library needs.
pub(super) fn snapshot(
    interpreter: &[u8],
    archive: Arc<Archive>,
    hash_seed: u32,
    booting: impl FnOnce(),
) -> Result<Vec<u8>, SandboxError> {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::None).max_wasm_stack(64 << 20).async_stack_size(80 << 20);
    let engine = Engine::new(&config).map_err(SandboxError::engine)?;

    let wizer = Wizer::new();
    let (context, instrumented) =
        wizer.instrument(interpreter).map_err(SandboxError::build("instrument"))?;
    let module =
        Module::new(&engine, &instrumented).map_err(SandboxError::build("compile for booting"))?;
    booting();

    let environ = vec![format!("PYTHONHASHSEED={hash_seed}")];
    let mut store = Store::new(&engine, BootWorld::new(archive, environ));
    let mut linker = Linker::new(&engine);
    wasi::add_to_linker(&mut linker, &module).map_err(SandboxError::build("link"))?;
    linker.define_unknown_imports_as_traps(&module).map_err(SandboxError::build("link"))?;

    let booted = boot(&linker, &mut store, &module, wizer.get_init_func());
    let instance = booted.map_err(|error| boot_failed(store.data(), &error))?;

    let mut state = Booted { store: &mut store, instance };
    ready(wizer.snapshot(&context, &mut state)).map_err(SandboxError::build("snapshot"))
}

fn boot(
    linker: &Linker<BootWorld>,
    store: &mut Store<BootWorld>,
    module: &Module,
    initialize: &str,
) -> wasmtime::Result<Instance> {
    let instance = linker.instantiate(&mut *store, module)?;
    if let Ok(constructors) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
        constructors.call(&mut *store, ())?;
    }
    instance.get_typed_func::<(), ()>(&mut *store, initialize)?.call(&mut *store, ())?;
    Ok(instance)
}

/// Polls a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// The booted instance as wizer reads it.
struct Booted<'a> {
    store: &'a mut Store<BootWorld>,
    instance: Instance,
}

impl InstanceState for Booted<'_> {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&mut *self.store, name);
        match global.map(|global| global.get(&mut *self.store)) {
            Some(wasmtime::Val::I32(value)) => SnapshotVal::I32(value),
            Some(wasmtime::Val::I64(value)) => SnapshotVal::I64(value),
            Some(wasmtime::Val::F32(value)) => SnapshotVal::F32(value),
            Some(wasmtime::Val::F64(value)) => SnapshotVal::F64(value),
            other => panic!("wizer asked for the global `{name}` of a type it refuses: {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self.instance.get_memory(&mut *self.store, name);
        contents(memory.map_or(&[], |memory| memory.data(&*self.store)));
    }
}
