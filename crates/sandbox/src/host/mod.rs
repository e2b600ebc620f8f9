//! The imports of a guest, one module an interface of `wit/`. Every argument is hostile: each
//! function first checks and measures what it was given, and stops the run otherwise.

pub(crate) mod calls;
mod clock;
mod entropy;
pub(crate) mod process;
mod trace;

use wasmtime::component::Linker;

use crate::SandboxError;
use crate::bindings;
use crate::bindings::sluice::runtime::types;
use crate::guest::Guest;

impl types::Host for Guest {}

/// Gives guests our interfaces and nothing else.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> Result<(), SandboxError> {
    bindings::Guest::add_to_linker::<Guest, Guest>(linker, |guest| guest)
        .map_err(SandboxError::engine)
}
