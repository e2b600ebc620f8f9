//! The image as a whole: reproducible, and whole again after each use.

use wasmparser::{Parser, Payload};
use wasmtime::{Linker, Module, Store};

use super::ImageSource;
use crate::engine;

fn component(hash_seed: u32) -> Vec<u8> {
    let source = ImageSource { cache_dir: "unused".into(), hash_seed };
    source.component(&mut |_| ()).expect("the image builds")
}

#[test]
fn the_same_parts_and_seed_make_the_same_image_byte_for_byte() {
    let image = component(1);
    assert!(image == component(1), "two builds from the same parts differ");
    assert!(image != component(2), "the hash seed is not in the image");
}

#[test]
fn the_digest_covers_the_hash_seed() {
    let digest = |hash_seed| ImageSource { cache_dir: "unused".into(), hash_seed }.digest();
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

/// The interpreter within a component: its first core module.
fn interpreter(component: &[u8]) -> &[u8] {
    let is_module = |payload: Payload<'_>| match payload {
        Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
        _ => None,
    };
    let range = Parser::new(0)
        .parse_all(component)
        .find_map(|payload| is_module(payload.expect("a component of our own")))
        .expect("it holds a module");
    &component[range]
}

#[test]
fn a_slot_that_was_written_all_over_is_the_image_again() {
    const PATTERN: u8 = 0xA5;
    let engine = engine::engine().expect("the engine starts");
    let component = component(0);
    let module = Module::new(&engine, interpreter(&component)).expect("the interpreter compiles");
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module).expect("its imports can be traps");
    let with_memory = |work: &mut dyn FnMut(&mut [u8])| {
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = linker.instantiate(&mut store, &module).expect("an instance");
        let memory = instance.get_memory(&mut store, "memory").expect("its memory");
        work(memory.data_mut(&mut store));
        memory.grow(&mut store, 256).expect("16 MiB more");
        work(&mut memory.data_mut(&mut store)[..]);
    };

    let mut pristine = Vec::new();
    with_memory(&mut |memory| {
        if pristine.is_empty() {
            pristine = memory.to_vec();
        }
    });
    for step in [1, 4_096, 65_536] {
        with_memory(&mut |memory| memory.iter_mut().step_by(step).for_each(|byte| *byte = PATTERN));
        with_memory(&mut |memory| {
            assert!(memory[..pristine.len()] == pristine, "the image is not as it was");
            assert!(
                memory[pristine.len()..].iter().all(|byte| *byte == 0),
                "new memory is not zero"
            );
        });
    }
}
