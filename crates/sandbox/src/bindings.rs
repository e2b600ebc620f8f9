//! The interfaces of `wit/` as Rust traits, generated.

#![allow(clippy::pedantic, reason = "generated from wit/")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "guest",
    imports: {
        "sluice:runtime/calls.next": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
